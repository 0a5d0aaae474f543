"""A server in a process of its own that does made-up work: made_server.py FOLDER RESULTS."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from made_work import MadeWork

from avaffect.serve.run import run
from avaffect.serve.settings import Settings


def main(folder: Path, results: Path) -> None:
    """Serve on any free port, and print the address."""
    settings = Settings(folder=folder, port=0)
    run(settings, ready=lambda address: print(address, flush=True), make=partial(MadeWork, results))  # noqa: T201


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

"""Work for the processes of a crew under test: as the request says."""

from __future__ import annotations

import logging
import os
import signal
import time
from pathlib import Path
from typing import Any

from avaffect.errors import MediaError
from avaffect.progress import Hook

log = logging.getLogger("avaffect.tests")


def do(request: str, hook: Hook) -> Any:
    """``VERB:ARGUMENT``."""
    verb, _, argument = request.partition(":")
    if verb == "die":
        os.kill(os.getpid(), getattr(signal, argument))
    if verb == "fail":
        raise MediaError(f"{argument} is broken")
    if verb == "odd":
        raise ZeroDivisionError(argument)
    if verb == "sleep":
        Path(argument).write_text(str(os.getpid()))
        time.sleep(60)
    if verb == "tell":
        log.warning("said of %s", argument)
        hook(argument, 1.0, 2.0)
    return os.getpid() if verb == "pid" else argument


def make() -> Any:
    """The work, for a new process."""
    return do

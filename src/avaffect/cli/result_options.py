"""Options of the verbs that read results, and how they write their files."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import AvaffectError
from ..files import writable_file, writable_folder
from .printed import Console

if TYPE_CHECKING:
    from ..exchange import Result

log = logging.getLogger(__name__)

Results = Annotated[
    list[Path],
    typer.Argument(
        help="Tables that avaffect wrote (csv, parquet, jsonl), or folders of them.", show_default=False
    ),
]
EditList = Annotated[
    Path | None,
    typer.Option(
        "--edits",
        help="Who is who, who is left out, and spans that do not count: a table with the columns file, edit"
        " (name, merge, drop, exclude or baseline), track, start, end, name; or JSON.",
        show_default=False,
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace files that are there (never an input).")
]


@contextmanager
def results_of(results: Sequence[Path], edits: Path | None) -> Iterator[list[Result]]:
    """Results under the edits. At the end, edits that were passed over are said, and the exit code is 2."""
    from ..exchange import read_results

    amiss: list[str] = []
    yield read_results(results, edits, amiss=amiss)
    for line in amiss:
        log.error("passed over: %s", line)
    if amiss:
        raise typer.Exit(2)


def check_outputs(paths: Sequence[Path], inputs: Sequence[Path], *, overwrite: bool) -> None:
    """Before the work: make the folder of the files, and raise a `DataError` if one may not be written."""
    for folder in dict.fromkeys(path.parent for path in paths):
        writable_folder(folder, "give another folder with --out")
    files = [path for path in inputs if path.is_file()]
    tables = [table for path in inputs if path.is_dir() for table in path.rglob("*") if table.is_file()]
    for path in paths:
        # A folder of results may take more files, only none that is there.
        writable_file(path, inputs=[*files, *(t for t in tables if t == path)], overwrite=overwrite)


def parts_of(text: str, option: str, wanted: str, count: int | None = None) -> list[str]:
    """The parts of an option's value with commas between.

    Raises
    ------
    AvaffectError
        If one is empty, or there are not ``count``; ``wanted`` is what was expected.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(parts) or count not in (None, len(parts)):
        raise AvaffectError(f"{option} {text or repr(text)}: expected {wanted}")
    return parts


def print_lines(*lines: str) -> None:
    """Print lines as they are, unwrapped."""
    console = Console()
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

"""Options of the verbs that read results, and how they write their files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import AvaffectError, in_short
from ..files import writable_file, writable_folder
from ..progress import Hook, silent
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
def results_of(
    results: Sequence[Path], edits: Path | None, *, whole: bool = False
) -> Iterator[tuple[list[Result], list[str]]]:
    """Results under the edits, see `avaffect.exchange.read_results`, and a list that takes what goes wrong.

    At the end, what was passed over (tables that cannot be read, edits that fit nothing, the list's other
    lines) is said, and the exit code is 2.
    """
    from ..exchange import read_results

    amiss: list[str] = []
    yield read_results(results, edits, amiss=amiss, whole=whole), amiss
    for line in amiss:
        log.error("passed over: %s", line)
    if amiss:
        raise typer.Exit(2)


def write_each(
    results: Sequence[Result],
    paths: Sequence[Path],
    write: Callable[[Result, Path], object],
    amiss: list[str],
    hook: Hook = silent,
) -> list[tuple[Result, Path]]:
    """Write a file of each result, and go on past any that fails, with a line in ``amiss``.

    Parameters
    ----------
    results : sequence of Result
    paths : sequence of Path
        One for each.
    write : callable
        Called as ``write(result, path)``.
    amiss : list of str
    hook : callable
        As `avaffect.batch.attempt_each` calls it.

    Returns
    -------
    list of (Result, Path)
        Those that were written.

    Raises
    ------
    AvaffectError
        If all fail.
    """
    from ..batch import attempt_each

    pairs = list(zip(results, paths, strict=True))
    done, errors = [], []
    for pair, made in attempt_each(pairs, lambda one: write(*one), path=lambda one: one[0].table, hook=hook):
        if isinstance(made, AvaffectError):
            errors.append(str(made))
        else:
            done.append(pair)
    if errors and not done:
        raise AvaffectError(in_short(errors))
    amiss += errors
    return done


def check_outputs(paths: Sequence[Path], inputs: Sequence[Path | None], *, overwrite: bool) -> None:
    """Before the work: make the folder of the files, and raise a `DataError` if one may not be written.

    Parameters
    ----------
    paths : sequence of Path
        The files to write.
    inputs : sequence of Path or None
        What is read: files, and folders whose tables are. None is no input.
    overwrite : bool
        Replace what is there and no input.
    """
    from ..evaluate.read import TRACE_ENDINGS

    for folder in dict.fromkeys(path.parent for path in paths):
        writable_folder(folder, "give another folder with --out")
    given = [path for path in inputs if path is not None]
    files = [path for path in given if path.is_file()]
    folders = [path.resolve() for path in given if path.is_dir()]
    for path in paths:
        # A folder of results may take more files; a table in it is read, whichever of its formats.
        read = path.suffix.lower() in TRACE_ENDINGS and set(folders) & set(path.resolve().parents)
        writable_file(path, inputs=[*files, *[path] * bool(read)], overwrite=overwrite)


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

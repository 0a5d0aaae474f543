"""Options of the verbs that read results, and how they write their files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ..errors import AvaffectError, in_short
from ..files import writable_file, writable_folder
from ..progress import Hook, silent
from .printed import Console

if TYPE_CHECKING:
    from ..exchange import Result

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Made = TypeVar("Made")

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
def passing_over() -> Iterator[list[str]]:
    """A list that takes what goes wrong; at the end each line of it is said, and the exit code is 2.

    They are said before an error, too: one may be the reason of the other.
    """
    amiss: list[str] = []
    try:
        yield amiss
    finally:
        for line in amiss:
            log.error("passed over: %s", line)
    if amiss:
        raise typer.Exit(2)


@contextmanager
def results_of(results: Sequence[Path], edits: Path | None) -> Iterator[tuple[list[Result], list[str]]]:
    """Results under the edits, see `avaffect.exchange.read_results`, and the list of `passing_over`.

    It has the tables that cannot be read, edits that fit nothing, and what the verb adds.
    """
    from ..exchange import read_results

    with passing_over() as amiss:
        yield read_results(results, edits, amiss=amiss), amiss


def going_on(
    items: Sequence[Item],
    work: Callable[[Item], Made],
    amiss: list[str],
    *,
    path: Callable[[Item], str | Path],
    hook: Hook = silent,
) -> list[tuple[Item, Made]]:
    """Do some work on each item, and go on past any that fails, with a line in ``amiss``.

    The parameters are those of `avaffect.batch.attempt_each`.

    Returns
    -------
    list of (item, result)
        Of those that did not fail.

    Raises
    ------
    AvaffectError
        If all fail.
    """
    from ..batch import attempt_each

    done, errors = [], []
    for item, made in attempt_each(items, work, path=path, hook=hook):
        if isinstance(made, AvaffectError):
            errors.append(str(made))
        else:
            done.append((item, made))
    if errors and not done:
        raise AvaffectError(in_short(errors))
    amiss += errors
    return done


def write_each(
    results: Sequence[Result],
    paths: Sequence[Path],
    write: Callable[[Result, Path], object],
    amiss: list[str],
    hook: Hook = silent,
) -> list[tuple[Result, Path]]:
    """Write a file of each result by ``write(result, path)``; those that were written. See `going_on`."""
    pairs = list(zip(results, paths, strict=True))
    done = going_on(pairs, lambda one: write(*one), amiss, path=lambda one: one[0].table, hook=hook)
    return [pair for pair, _ in done]


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
    from ..evaluate.tables import TRACE_ENDINGS

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

"""Results that lie in a folder, as traces."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from ..arguments import checks_types
from ..errors import AvaffectError, DataError, in_short
from ..evaluate.tables import TRACE_ENDINGS, PassedOver, pass_over, read_best, tables_by_name
from ..result_names import key
from ..trace import Edits, Trace, read_trace
from ..trace.meta import models
from .edit_list import edits_of, read_edits

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """One recording's result.

    Attributes
    ----------
    trace : Trace
        Of one file.
    table : Path
        The table that it was read from.
    given : Path
        What it was found by: the table, or a folder that it lies in.
    """

    trace: Trace
    table: Path
    given: Path

    @property
    def root(self) -> Path:
        """The folder that was given, below which the table lies; of a table given by name, its own."""
        return self.table.parent if self.given == self.table else self.given

    @property
    def file(self) -> str:
        """The recording, as the trace names it."""
        return self.trace.files[0]


@checks_types
def read_results(
    given: Sequence[str | Path],
    edits: str | Path | None = None,
    *,
    amiss: list[str] | None = None,
) -> list[Result]:
    """Read results: tables that avaffect wrote, or folders of them.

    Parameters
    ----------
    given : sequence of path
        If one recording is there in several formats, the most exact that can be read is. A table of several
        recordings is taken apart; one without any row is logged. One that cannot be read is logged and left
        out, as long as there is another. Results of different models are logged.
    edits : path, optional
        Names, people left out and spans that do not count, see `read_edits`. One that is of no such
        recording, person or time is passed over and logged.
    amiss : list of str, optional
        Gets a line on each table that is left out and on edits that are passed over; they are not logged
        then.

    Raises
    ------
    DataError
        If there are none, none can be read, a recording is there twice, or the edits
        are of none of them.
    """
    tables = [(Path(path), formats) for path in given for formats in tables_of(Path(path))]
    found, damaged = _read(tables)
    if not found:
        raise no_results(given)
    made = models(result.trace.meta for result in found)
    if len(made) > 1 + ("unknown" in made):
        told = ", ".join(f"{model} ({count} recording{'s' * (count > 1)})" for model, count in made.items())
        log.warning("results of different models are put together: %s; give those of one model", told)
    tell([f"left out: {line}" for line in damaged] if amiss is None else damaged, amiss)
    seen: dict[str, Path] = {}
    for result in found:
        if result.file in seen:
            raise DataError(
                f"{result.file} is in {seen[result.file]} and in {result.table}; give one of them"
            )
        seen[result.file] = result.table
    if edits is None:
        return found
    whole = any(Path(path).is_dir() for path in given)
    known, lines = edits_of(read_edits(edits), list(seen), edits, whole=whole)
    done = []
    for result in found:
        trace, wrong = _edited(result.trace, known.get(result.file, Edits()))
        done.append(replace(result, trace=trace))
        lines += [f"{edits}: {line}" for line in wrong]
    tell(lines, amiss)
    return done


def tell(lines: Sequence[str], amiss: list[str] | None) -> None:
    """Add lines to the list, which whoever gave it tells; without one, log them."""
    if amiss is not None:
        amiss += lines
        return
    for line in lines:
        log.warning("%s", line)


def _edited(trace: Trace, edits: Edits) -> tuple[Trace, list[str]]:
    """The trace with those edits that are of it, and a line on each other one."""
    try:
        return trace.edited(edits), []
    except DataError:
        pass
    fit = Edits()
    wrong: dict[str, None] = {}
    for one in edits.each():
        try:
            trace.edited(fit | one)
        except DataError as error:
            wrong[str(error)] = None
        else:
            fit |= one
    return trace.edited(fit), list(wrong)


def recording_of(result: Result, media: Path | None = None) -> Path:
    """The recording that a result is of: where it was, or in a folder, or the file given."""
    if media is None:
        return Path(result.file)
    if not media.is_dir():
        return media
    place = PurePath(result.file.replace("\\", "/"))
    ends = (Path(*place.parts[k:]) for k in range(1 if place.is_absolute() else 0, len(place.parts)))
    return next((media / end for end in ends if (media / end).is_file()), media / place.name)


def result_paths(results: Sequence[Result], out: Path, ending: str) -> list[Path]:
    """Where files made of results go: folders below the given one are kept, no two have one name.

    Raises
    ------
    DataError
        If two would have one name.
    """
    several = Counter(result.table for result in results)
    paths = []
    for result in results:
        place = result.table.relative_to(result.root)
        stem = place.stem if several[result.table] == 1 else PurePath(result.file.replace("\\", "/")).stem
        paths.append(out / place.parent / f"{stem}{ending}")
    twice = [path for path, count in Counter(map(key, paths)).items() if count > 1]
    if twice:
        raise DataError(f"two results would be {twice[0]}; convert them into folders of their own")
    return paths


def no_results(given: Sequence[str | Path]) -> DataError:
    """The error of inputs that hold no results."""
    return DataError(f"no results in {', '.join(map(str, given))}; expected tables that avaffect wrote")


def tables_of(path: Path) -> list[list[Path]]:
    """The tables that an input stands for, each in the formats that are there, the most exact first."""
    if path.is_dir():
        if found := tables_by_name(path):
            return found
        raise no_results([path])
    return [[path]]


def _read(tables: Sequence[tuple[Path, list[Path]]]) -> tuple[list[Result], list[str]]:
    """The results in tables, and a line on each table that cannot be read while there are others.

    Raises
    ------
    AvaffectError
        If none can be read.
    """
    found: list[Result] = []
    passed: list[PassedOver] = []
    for given, formats in tables:
        try:
            table, trace = read_best(formats, _read_one, passed)
        except AvaffectError as error:
            if len(tables) == 1:
                raise
            pass_over(PassedOver("", str(error)), passed)
        else:
            found += [Result(trace.file(file), table, given) for file in trace.files]
    lines = [one.why for one in passed]
    if lines and not found:
        raise DataError(in_short(lines))
    return found, lines


def _read_one(table: Path) -> Trace:
    if not table.exists():
        raise DataError(f"{table}: no such file or folder; give a table that avaffect wrote, or its folder")
    if table.suffix.lower() not in TRACE_ENDINGS:
        raise DataError(f"{table}: is no table of results; expected {', '.join(TRACE_ENDINGS)}")
    trace = read_trace(table)
    if not trace.files:
        log.warning("%s: has no row, and is left out", table)
    return trace

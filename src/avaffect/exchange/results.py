"""Results that lie in a folder, as traces."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from ..arguments import checks_types
from ..errors import DataError
from ..evaluate.read import TRACE_ENDINGS, best_tables
from ..result_names import key
from ..trace import Edits, Trace, read_trace
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
    root : Path
        The folder that was given, below which the table lies; of a table given by name, its own.
    """

    trace: Trace
    table: Path
    root: Path

    @property
    def file(self) -> str:
        """The recording, as the trace names it."""
        return self.trace.files[0]


@checks_types
def read_results(
    given: Sequence[str | Path], edits: str | Path | None = None, *, amiss: list[str] | None = None
) -> list[Result]:
    """Read results: tables that avaffect wrote, or folders of them.

    Parameters
    ----------
    given : sequence of path
        If one recording is there in several formats, the most exact is read. A table of several recordings
        is taken apart; one without any row is logged.
    edits : path, optional
        Names, people left out and spans that do not count, see `read_edits`. One that is of no such
        recording, person or time is passed over and logged.
    amiss : list of str, optional
        Gets the lines on edits that are passed over, instead of the log.

    Raises
    ------
    DataError
        If there are none, a recording is there twice, or the edits are of none of them.
    """
    found = [result for path in given for result in _read(Path(path))]
    if not found:
        raise DataError(f"no results in {', '.join(map(str, given))}; expected tables that avaffect wrote")
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
    if amiss is not None:
        amiss += lines
    else:
        for line in lines:
            log.warning("%s", line)
    return done


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


def _read(path: Path) -> Iterator[Result]:
    tables = best_tables(path) if path.is_dir() else [path]
    for table in tables:
        if table.suffix.lower() not in TRACE_ENDINGS:
            raise DataError(f"{table}: is no table of results; expected {', '.join(TRACE_ENDINGS)}")
        trace = read_trace(table)
        if not trace.files:
            log.warning("%s: has no row, and is left out", table)
        for file in trace.files:
            yield Result(trace.file(file), table, path if path.is_dir() else table.parent)

"""The list of people and spans of many recordings: who is called what, who is left out, what does not count.

As a table (any separator, for a spreadsheet), one row for each edit::

    file,edit,track,start,end,name
    P01.mp4,name,1,,,Ana
    P01.mp4,merge,3,,,1
    P01.mp4,drop,2,,,
    P01.mp4,exclude,,12,15.5,
    P01.mp4,baseline,1,0,10,

(person 3 is person 1), or as JSON, by file: ``{"P01.mp4": {"names": {"1": "Ana"}, "merged": {"3": 1},
"dropped": [2], "excluded": [[12, 15.5, null]], "baseline": [[0, 10, 1]]}}``.
"""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..arguments import checks_types
from ..corpus.labels.files import TABLES
from ..corpus.labels.names import by_file
from ..corpus.labels.read import rows_by_name
from ..corpus.labels.table import LabelTable, numbers, read_table
from ..corpus.labels.times import clock
from ..errors import DataError, nearest
from ..files import replacing
from ..predict.speakers import naming_column
from ..schema import LARGEST_TEXT, short
from ..text import listed, read_text
from ..trace import Edits, Span
from ..trace.names import recordings

log = logging.getLogger(__name__)

COLUMNS = ("file", "edit", "track", "start", "end", "name")
KINDS = ("name", "merge", "drop", "exclude", "baseline")
_ABOUT_PEOPLE = {
    "name": "a track and a name",
    "merge": "a track, and as name the number of the person that it is",
    "drop": "a track",
}
"""Edits without a span, and what they expect."""
_LARGEST = 50 * LARGEST_TEXT


@checks_types
def read_edits(path: str | Path) -> dict[str, Edits]:
    """Read the edits of many recordings, by the names that the file gives them.

    Raises
    ------
    DataError
        If it is neither such a table nor such JSON, or a row does not fit.
    """
    path = Path(path)
    if path.suffix.lower() == ".json":
        return _from_json(path)
    if path.suffix.lower() not in TABLES:
        raise DataError(f"{path}: cannot tell its format; expected .csv with {','.join(COLUMNS)}, or .json")
    table = read_table(path)
    naming = naming_column(table, ",".join(COLUMNS))
    if "edit" not in table.names:
        raise DataError(f"{path}: no column 'edit'; expected the header {','.join(COLUMNS)}")
    return {name: _of_rows(table, rows) for name, rows in rows_by_name(table, naming).items()}


@checks_types
def write_edits(path: str | Path, edits: Mapping[str, Edits]) -> Path:
    """Write the edits of many recordings: a ``.json`` file, else a table with commas.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    path = Path(path)
    with replacing(path) as temporary:
        if path.suffix.lower() == ".json":
            whole = {name: each.as_dict() for name, each in edits.items()}
            temporary.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        else:
            with temporary.open("w", newline="", encoding="utf-8") as file:
                rows = [row for name, each in edits.items() for row in _rows(name, each)]
                csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
    return path


@checks_types
def edits_of(
    edits: Mapping[str, Edits], files: Sequence[str], where: object, *, whole: bool = True
) -> tuple[dict[str, Edits], list[str]]:
    """The edits by the file that each name means, and a line on what is passed over.

    Parameters
    ----------
    edits : mapping of str to Edits
        By a recording's name or path, with or without its ending.
    files : sequence of str
        The recordings, as traces name them.
    where : path
        Where the edits were read, for messages.
    whole : bool
        The recordings are all that there are, so that every name must mean one. Else the edits may be of more
        recordings than were asked for.

    Raises
    ------
    DataError
        If a name may mean two files, two names mean one, or, of the whole, no name means any.
    """
    slashed = {file.replace("\\", "/"): file for file in files}
    found, missing = by_file(edits, slashed, where)
    if whole and edits and not found:
        raise DataError(
            f"{where}: names none of the recordings, but {missing[0]!r}; file is a recording's name"
        )
    if not found:
        log.warning(
            "%s: has nothing about %s; it names %s", where, recordings(files), listed(missing) or "nobody"
        )
    amiss = [f"{where}: names what is not there: {listed(missing)}"] if whole and missing else []
    return {slashed[file]: each for file, each in found.items()}, amiss


def _from_json(path: Path) -> dict[str, Edits]:
    try:
        whole = json.loads(read_text(path, "the edits", largest=_LARGEST), object_pairs_hook=_once_each)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not valid JSON ({error})") from error
    if not isinstance(whole, dict):
        raise DataError(f'{path}: expected {{"FILE": {{"names": ..., "excluded": ...}}}}')
    found = {name: Edits.from_json(json.dumps(each), f"{path}: {name}") for name, each in whole.items()}
    for name, edits in found.items():
        if len(edits.names) < len(whole[name].get("names", ())):  # "1" and "01"
            raise DataError(f"{path}: {name}: names a person twice; keep one name for each")
    return found


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The keys and values of a JSON object; json itself takes the last of two that have one key."""
    keys = [key for key, _ in pairs]
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise ValueError(f"the key {short(twice[0])} is there twice; keep one")
    return dict(pairs)


def _of_rows(table: LabelTable, rows: np.ndarray) -> Edits:
    """The edits of one recording."""
    kinds = table.text("edit")
    names = table.text("name") if "name" in table.names else [""] * len(table)
    tracks = table.column("track") if "track" in table.names else np.full(len(table), np.nan)
    starts, ends = (_times(table, name) for name in ("start", "end"))
    found: dict[str, dict[Any, Any]] = {kind: {} for kind in KINDS}
    for row in rows:
        kind, where = kinds[row].lower(), f"{table.path}: data row {row + 1}"
        if kind not in KINDS:
            raise DataError(f"{where} has edit {kinds[row]!r}; {nearest(kind, KINDS)}")
        track, name = _track(tracks[row], where), names[row]
        if kind in _ABOUT_PEOPLE:
            fits = {"name": bool(name), "merge": name.isdecimal(), "drop": True}
            if track is None or not fits[kind]:
                raise DataError(f"{where} has edit {kind!r}; expected {_ABOUT_PEOPLE[kind]}")
            if found[kind].setdefault(track, name) != name:
                raise DataError(
                    f"{where}: {kind} of person {track} is {name!r} and {found[kind][track]!r}; keep one"
                )
        elif not 0 <= starts[row] < ends[row]:
            raise DataError(f"{where} is no span; expected a start, and an end after it")
        else:
            found[kind][Span(float(starts[row]), float(ends[row]), track)] = None
    try:
        merged = {number: int(into) for number, into in found["merge"].items()}
        spans = tuple(found["exclude"]), tuple(found["baseline"])
        return Edits(found["name"], tuple(found["drop"]), *spans, merged)
    except DataError as error:
        raise DataError(f"{table.path}: {error}") from error


def _times(table: LabelTable, name: str) -> np.ndarray:
    """Seconds, or times of the clock, of the rows that have any: (n,), else NaN."""
    if name not in table.names:
        return np.full(len(table), np.nan)
    clocks = [clock(cell) for cell in table.text(name)]
    rest = ["" if time is not None else cell for cell, time in zip(table.text(name), clocks, strict=True)]
    plain = numbers(rest, name, table.path, table.options.decimal)
    return np.array([p if c is None else c for p, c in zip(plain, clocks, strict=True)])


def _track(value: float, where: str) -> int | None:
    if np.isnan(value):
        return None
    if value < 0 or value % 1:
        raise DataError(f"{where} has track {value:g}; expected a person's number, or none")
    return int(value)


def _rows(name: str, edits: Edits) -> list[tuple[object, ...]]:
    named = [(name, "name", number, "", "", called) for number, called in sorted(edits.names.items())]
    merged = [(name, "merge", number, "", "", into) for number, into in sorted(edits.merged.items())]
    dropped = [(name, "drop", number, "", "", "") for number in edits.dropped]
    spans = [
        (name, kind, "" if span.track is None else span.track, repr(span.start), repr(span.end), "")
        for kind, several in (("exclude", edits.excluded), ("baseline", edits.baseline))
        for span in several
    ]
    return [*named, *merged, *dropped, *spans]

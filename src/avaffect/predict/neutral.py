"""When people are neutral: spans as they are typed, or from a table."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..corpus.labels.files import TABLES
from ..corpus.labels.names import by_file
from ..corpus.labels.read import rows_by_name
from ..corpus.labels.table import read_table
from ..corpus.labels.times import clock
from ..errors import DataError
from ..trace.spans import Span
from .speakers import naming_column

log = logging.getLogger(__name__)

HEADER = "file,start,end or file,start,end,track"

Given = str | Path | Sequence[str | tuple[float, float]]
"""A table, a span, or spans."""


def parse_span(text: str) -> Span:
    """START-END in seconds, or as times of the clock.

    Raises
    ------
    DataError
        If it is none.

    >>> parse_span("2.5-10"), parse_span("1:00-01:30.5")
    (Span(start=2.5, end=10.0, track=None), Span(start=60.0, end=90.5, track=None))
    """
    start, _, end = text.partition("-")
    try:
        times = [_seconds(part.strip()) for part in (start, end)]
    except ValueError:
        times = [np.nan, np.nan]
    if not 0 <= times[0] < times[1] < np.inf:
        raise DataError(
            f"baseline={text!r}: expected START-END in seconds or hh:mm:ss, such as 0-10 or 1:00-1:30,"
            " or a .csv with the header file,start,end"
        )
    return Span(times[0], times[1])


def baselines(given: Given, files: Sequence[str]) -> dict[str, tuple[Span, ...]]:
    """The spans of each recording; those that a table does not name have none, and the log says so.

    Parameters
    ----------
    given : str, path or sequence
        Spans hold for every recording: "START-END" (`parse_span`), or (start, end) in seconds. A table has
        the columns ``file,start,end``, with ``track`` for a span of one person.
    files : sequence of str
        Absolute paths with "/".

    Raises
    ------
    DataError
        If a span is none, the table cannot be read, or it names none of the recordings.
    """
    several = [given] if isinstance(given, str | Path) else list(given)
    tables = [
        Path(one) for one in several if isinstance(one, str | Path) and Path(one).suffix.lower() in TABLES
    ]
    if tables and len(several) > 1:
        raise DataError(f"baseline: {tables[0]} and other spans were given; give one table, or spans")
    if tables:
        return _from_table(tables[0], files)
    spans = [parse_span(str(one)) if isinstance(one, str | Path) else Span(*one) for one in several]
    return dict.fromkeys(files, tuple(dict.fromkeys(spans)))


def _from_table(path: Path, files: Sequence[str]) -> dict[str, tuple[Span, ...]]:
    table = read_table(path)
    naming = naming_column(table, HEADER)
    starts, ends = table.time, table.ends
    if ends is None:
        raise DataError(f"{path}: no column of ends; expected the header {HEADER}")
    tracks = table.column("track") if "track" in table.names else np.full(len(table), np.nan)
    for row in np.flatnonzero(~((starts >= 0) & (starts < ends))):
        raise DataError(f"{path}: data row {row + 1} is no span; expected a begin, and an end after it")
    for row in np.flatnonzero((tracks < 0) | (tracks % 1 > 0)):
        raise DataError(
            f"{path}: data row {row + 1} has track {tracks[row]:g}; expected a person's number, or none"
        )
    named = {
        name: tuple(
            Span(float(starts[k]), float(ends[k]), None if np.isnan(tracks[k]) else int(tracks[k]))
            for k in rows
        )
        for name, rows in rows_by_name(table, naming).items()
    }
    found, missing = by_file(named, files, path)
    if not found:
        raise DataError(
            f"{path}: names none of the recordings, but {missing[0]!r}; file is a recording's name"
        )
    without = [file for file in files if file not in found]
    for what, names in (("names what is not read", missing), ("has no baseline of", without)):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            log.warning("%s: %s: %s%s", path, what, names[0], more)
    return {file: found.get(file, ()) for file in files}


def _seconds(text: str) -> float:
    time = clock(text)
    return float(text) if time is None else time

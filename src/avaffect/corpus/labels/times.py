"""Columns of times: which they are, in which unit, and times of the clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ...text import one_line

# Names are compared without "_". A name ends with its unit: "time_ms", "start_sec", "timeInMilliseconds".
_UNITS = {
    "ms": ("inmilliseconds", "milliseconds", "millisecond", "millis", "inms", "msecs", "msec", "ms"),
    "s": ("inseconds", "seconds", "second", "insec", "secs", "sec", "ins", "s"),
    "min": ("inminutes", "minutes", "minute", "mins", "min"),
    "us": ("inmicroseconds", "microseconds", "microsecond", "micros", "usec", "us", "µs", "μs"),
    "ns": ("innanoseconds", "nanoseconds", "nanosecond", "nanos", "nsec", "ns"),
    "h": ("inhours", "hours", "hour", "hrs", "h"),
}
# "time_m" may be minutes or metres: it is not taken for seconds.
_OTHER_UNIT = re.compile(r"time\w{1,2}|\w*(deci|centi|pico)sec\w*")
_TIMES = ("pts", "time", "timestamp", "frametime", "timecode", "videotime", "mediatime", "elapsed",
          "elapsedtime", "currenttime", "playbacktime", "t")  # fmt: skip
_BEGINS = ("start", "starttime", "timestart", "begin", "begintime", "timebegin", "onset", "onsettime", "from")
_ENDS = ("end", "endtime", "timeend", "stop", "stoptime", "offset", "offsettime", "until", "to")
_DURATIONS = ("duration", "dur", "length")
_FRAMES = (
    "frame",
    "frames",
    "framenumber",
    "frameno",
    "framenr",
    "framenum",
    "frameindex",
    "frameidx",
    "frameid",
)

_CLOCK = re.compile(r"(?:(\d{1,5}):)?(\d{1,5}):(\d{1,2}(?:[.,]\d*)?)")


@dataclass(frozen=True)
class TimeColumns:
    """The columns of times in a table.

    Attributes
    ----------
    time, end, duration : str or None
        Columns of the moment or the begin, of the end, and of the length.
    unit : {"s", "ms", "us", "ns", "min", "h", "frames"}
        Of ``time``; ``end_unit`` of ``end`` or ``duration``.
    """

    time: str | None
    end: str | None
    duration: str | None
    unit: str
    end_unit: str

    @property
    def by_frame(self) -> bool:
        """Whether the times are numbers of frames."""
        return self.unit == "frames"


def time_columns(names: Sequence[str], unit: str | None = None) -> TimeColumns:
    """The columns of times among canonical names; ``unit`` is the one for columns that name none.

    >>> time_columns(["file", "start_ms", "end_ms", "valence"]).unit
    'ms'
    >>> time_columns(["segment_id", "timestamp", "value"]).time
    'timestamp'
    """
    ends = _first(names, _ENDS)
    durations = _first(names, _DURATIONS) if _first(names, _BEGINS) else None
    frames = next((name for name in names if name.replace("_", "") in _FRAMES), None)
    begins = _first(names, _BEGINS)
    moments = _first(names, _TIMES)
    bare = next(((name, own) for name in names if (own := _bare_unit(name))), None)
    time = (begins if begins and (ends or durations) else None) or moments or begins or bare
    if time is None:  # "rec_time", "time_of_frame"
        others = (frames, *(ends or ()))
        loose = next((n for n in names if "time" in n and n not in others and not _has_other_unit(n)), None)
        time = (loose, None) if loose else None
    if (time is None or unit == "frames") and frames:
        time = (frames, "frames")
    begin, own = time or (None, None)
    own = unit or own or "s"
    end, end_own = ends or (None, None)
    duration, duration_own = durations or (None, None)
    return TimeColumns(begin, end, duration, own, unit or end_own or duration_own or own)


def seconds(cells: Sequence[str], name: str, path: Path) -> NDArray[np.float64]:
    """Times of the clock, hh:mm:ss.fff or mm:ss.fff, as seconds.

    Raises
    ------
    DataError
        If a cell is no such time.

    >>> seconds(["00:01:02.5", "0:03"], "time", Path("a.csv")).tolist()
    [62.5, 3.0]
    """
    return np.array([_clock(cell, row, name, path) for row, cell in enumerate(cells, start=1)])


def clock(text: str) -> float | None:
    """A time of the clock, hh:mm:ss.fff or mm:ss.fff, as seconds; None if it is none.

    >>> clock("1:02.5"), clock("75")
    (62.5, None)
    """
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hours, minutes, rest = found.groups()
    second = float(rest.replace(",", "."))
    if second >= 60 or (hours is not None and int(minutes) >= 60):
        return None
    return 3600.0 * int(hours or 0) + 60.0 * int(minutes) + second


def _clock(cell: str, row: int, name: str, path: Path) -> float:
    if (time := clock(cell)) is not None:
        return time
    raise DataError(
        f"{path}: data row {row} has {name} {one_line(cell)}; expected hh:mm:ss.fff or mm:ss.fff in every row"
    )


def _first(names: Sequence[str], bases: tuple[str, ...]) -> tuple[str, str | None] | None:
    """The column with the first of some base names, and the unit in its name."""
    found: dict[str, tuple[str, str | None]] = {}
    for name in names:
        base, unit = _parsed(name.replace("_", ""), bases)
        if base is not None:
            found.setdefault(base, (name, unit))
    return next((found[base] for base in bases if base in found), None)


def _parsed(name: str, bases: tuple[str, ...]) -> tuple[str | None, str | None]:
    if name in bases:
        return name, None
    for unit, endings in _UNITS.items():
        for ending in endings:
            if name.endswith(ending) and name[: -len(ending)] in bases:
                return name[: -len(ending)], unit
    return None, None


def _has_other_unit(name: str) -> bool:
    return _OTHER_UNIT.fullmatch(name.replace("_", "")) is not None


def _bare_unit(name: str) -> str | None:
    """The unit that is a column's whole name; "min" is rather a minimum."""
    bare = name.replace("_", "")
    return next((unit for unit in ("ms", "s") if bare in _UNITS[unit]), None)

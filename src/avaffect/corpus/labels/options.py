"""How label files are written, where they do not say so: separator, decimal, unit of time, scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ...errors import DataError, nearest
from ...schema import short

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " "}
DECIMALS = {"point": ".", "comma": ","}
TIME_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "frames": 1.0}
"""Seconds in each unit; "frames" are numbers of frames, from 0."""

_UNIT_NAMES = {"sec": "s", "second": "s", "seconds": "s", "msec": "ms", "millisecond": "ms",
               "milliseconds": "ms", "microseconds": "us", "nanoseconds": "ns", "minute": "min",
               "minutes": "min", "hour": "h", "hours": "h", "frame": "frames"}  # fmt: skip


@dataclass(frozen=True)
class LabelOptions:
    """Options of the reader of label files.

    Parameters
    ----------
    scale : (float, float)
        Lowest and highest value of the labels, mapped onto [-1, 1]. Files that state their own scale (CARMA,
        DARMA) are mapped by that.
    time_unit : {"s", "ms", "us", "ns", "min", "h", "frames"}, optional
        Unit of the times. By default the one that the column's name has ("time_ms"), otherwise seconds.
    delimiter : str, optional
        What stands between cells: comma, semicolon, tab, pipe or space, in words or as the character. By
        default, what is found in the header.
    decimal : {"point", "comma"}, optional
        By default, what is found in the numbers.

    Raises
    ------
    DataError
        If an option is none of these.
    """

    scale: tuple[float, float] = (-1.0, 1.0)
    time_unit: str | None = None
    delimiter: str | None = None
    decimal: str | None = None

    def __post_init__(self) -> None:
        unit = None if self.time_unit is None else str(self.time_unit).strip().lower()
        checked = {
            "scale": parse_scale(self.scale),
            "time_unit": _choice(
                "time_unit", None if unit is None else _UNIT_NAMES.get(unit, unit), TIME_UNITS
            ),
            "delimiter": _character("delimiter", self.delimiter, DELIMITERS),
            "decimal": _character("decimal", self.decimal, DECIMALS),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)


def parse_scale(value: Any) -> tuple[float, float]:
    """Lowest and highest value of a scale, from two numbers or from text such as "1,9".

    Raises
    ------
    DataError
        If it is not two finite numbers, the lower one first.

    >>> parse_scale("1,9"), parse_scale([-3, 3])
    ((1.0, 9.0), (-3.0, 3.0))
    """
    parts = value.split(",") if isinstance(value, str) else value
    try:
        low, high = (float(part) for part in parts)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"scale={short(value)}: expected two numbers, the lowest and the highest, e.g. 1,9"
        ) from error
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise DataError(f"scale={low:g},{high:g}: expected the lowest value, then the highest, e.g. 1,9")
    return low, high


def parse_number(name: str, value: Any, *, positive: bool = False) -> float:
    """A finite number given as an option, above 0 if ``positive``.

    Raises
    ------
    DataError
        If it is none.

    >>> parse_number("tick_rate", 12.5, positive=True)
    12.5
    """
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{name}={short(value)}: expected a number") from error
    if not math.isfinite(number) or (positive and number <= 0):
        raise DataError(f"{name}={number:g}: expected a {'number above 0' if positive else 'finite number'}")
    return number


def _choice(name: str, value: str | None, known: dict[str, Any]) -> str | None:
    if value is not None and value not in known:
        raise DataError(f"{name}={short(value)}; {nearest(value, known)}")
    return value


def _character(name: str, value: Any, known: dict[str, str]) -> str | None:
    if value is None or value in known.values():
        return value
    word = _choice(name, {"\\t": "tab"}.get(str(value), str(value).strip().lower()), known)
    return known[str(word)]

"""Tables in Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; every row has a cell for each of the head's.

    >>> print(table(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "|" + "|".join(cells) + "|" if cells[0] == "---" else "| " + " | ".join(cells) + " |"
        for cells in lines
    )


def number(value: float, digits: int = 3, *, sign: bool = False) -> str:
    """A number, a dash where there is none.

    >>> number(0.4567), number(float("nan")), number(0.1, 2, sign=True)
    ('0.457', '-', '+0.10')
    """
    return "-" if math.isnan(value) else f"{value:{'+' if sign else ''}.{digits}f}"


def with_interval(row: Mapping[Any, Any], value: str, low: str, high: str, *, sign: bool = False) -> str:
    """A value and its interval, named by their columns.

    >>> with_interval({"x": 0.5, "a": 0.25, "b": 0.75}, "x", "a", "b")
    '0.500 [0.250, 0.750]'
    """
    text = number(row[value], sign=sign)
    if math.isnan(row[low]):
        return text
    return f"{text} [{number(row[low], sign=sign)}, {number(row[high], sign=sign)}]"

"""Tables of numbers over time as rating tools write them: ARFF, and CSV with commas or semicolons."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .base import read_text


@dataclass(frozen=True)
class NumberTable:
    """A table's columns by lower-case name; what is no number (names, "?") is NaN.

    Attributes
    ----------
    path : Path
        Where it was read, for messages.
    columns : dict of str to (n,) np.ndarray
    """

    path: Path
    columns: dict[str, NDArray[np.float64]]

    def column(self, name: str) -> NDArray[np.float64]:
        """One column, or a `DataError` that names those there are."""
        if name not in self.columns:
            raise DataError(f"{self.path}: no column {name!r}; it has {', '.join(self.columns)}")
        return self.columns[name]

    @property
    def time(self) -> NDArray[np.float64]:
        """The first column whose name speaks of time, in seconds."""
        for name, values in self.columns.items():
            if "time" in name or name in ("second", "seconds", "pts"):
                return values
        raise DataError(f"{self.path}: no column of times; it has {', '.join(self.columns)}")


def read_table(path: Path) -> NumberTable:
    """Read an .arff or .csv file.

    Raises
    ------
    DataError
        If it is missing, has no rows, or a row has another number of cells than the header.
    """
    text = read_text(path)
    names, rows = _arff(path, text) if path.suffix.lower() == ".arff" else _csv(text)
    if not rows:
        raise DataError(f"{path}: no rows of data; expected a header and one row a moment")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise DataError(f"{path}: data row {number} has {len(row)} cells, the header {len(names)}")
    cells = zip(*rows, strict=True)
    return NumberTable(
        path, {n: np.array([_number(c) for c in column]) for n, column in zip(names, cells, strict=True)}
    )


def _csv(text: str) -> tuple[list[str], list[list[str]]]:
    lines = [line for line in text.splitlines() if line.strip()]
    separator = ";" if lines and ";" in lines[0] else ","
    rows = list(csv.reader(lines, delimiter=separator))
    return [name.strip().lower() for name in rows[0]] if rows else [], rows[1:]


def _arff(path: Path, text: str) -> tuple[list[str], list[list[str]]]:
    """Dense ARFF: ``@attribute NAME TYPE`` lines, then ``@data`` and rows with commas; % begins a comment."""
    names: list[str] = []
    rows: list[str] | None = None
    for line in (line.strip() for line in text.splitlines()):
        if not line or line.startswith("%"):
            continue
        words = line.split()
        if rows is not None:
            rows.append(line)
        elif words[0].lower() == "@attribute" and len(words) > 2:
            names.append(words[1].strip("'\"").lower())
        elif words[0].lower() == "@data":
            rows = []
    if rows is None or not names:
        raise DataError(f"{path}: not an ARFF file; expected @attribute lines and then @data")
    return names, list(csv.reader(rows, quotechar="'", skipinitialspace=True))


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")

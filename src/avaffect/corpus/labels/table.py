"""Tables in text: csv with any separator and decimal, and ARFF."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ...text import listed, one_line, read_text
from .options import DECIMALS, TIME_UNITS, LabelOptions
from .times import TimeColumns, seconds, time_columns

MISSING_WORDS = frozenset(
    ("", "na", "n/a", "n.a.", "#n/a", "#nv", "nan", "-nan", "null", "none", "?", "-", ".", "missing", "<na>")
)
"""Cells that are no value, in lower case."""

_SEPARATORS = ("\t", ";", ",", "|")  # tried in this order
_NONE = "\x1f"  # the separator of a table of one column: no text has it
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+")


@dataclass(frozen=True, eq=False)
class LabelTable:
    """A table as a file has it: cells are text until a column is asked for.

    Attributes
    ----------
    path : Path
        Where it was read, for messages.
    names : tuple of str
        Columns by their `canonical` names.
    rows : sequence of list of str
        Each with as many cells as there are names.
    options : LabelOptions
    """

    path: Path
    names: tuple[str, ...]
    rows: Sequence[list[str]]
    options: LabelOptions = field(default_factory=LabelOptions)

    def __len__(self) -> int:
        return len(self.rows)

    def text(self, name: str) -> list[str]:
        """The cells of a column without surrounding spaces.

        Raises
        ------
        DataError
            If there is no such column, or two.
        """
        if name not in self.names:
            raise DataError(f"{self.path}: no column {name!r}; it has {listed(self.names)}")
        if self.names.count(name) > 1:
            raise DataError(f"{self.path}: two columns are called {name!r}; keep one of them")
        index = self.names.index(name)
        return [row[index].strip() for row in self.rows]

    def column(self, name: str) -> NDArray[np.float64]:
        """The numbers of a column, NaN where a cell is one of `MISSING_WORDS`.

        Raises
        ------
        DataError
            As `text`, or if a cell is something else.
        """
        return numbers(self.text(name), name, self.path, self.options.decimal)

    @cached_property
    def time_columns(self) -> TimeColumns:
        """The columns that hold times."""
        return time_columns(self.names, self.options.time_unit)

    @property
    def time(self) -> NDArray[np.float64]:
        """The times in seconds (numbers of frames, with the unit "frames").

        Raises
        ------
        DataError
            If there is no column of times, or a cell is no time.
        """
        found = self.time_columns
        if found.time is None or (found.by_frame and self.options.time_unit != "frames"):
            raise DataError(f"{self.path}: no column of times; it has {listed(self.names)}")
        return self.times(found.time)

    @property
    def ends(self) -> NDArray[np.float64] | None:
        """The end of each row in seconds, from its end or its length; None without either.

        Raises
        ------
        DataError
            As `time`.
        """
        found = self.time_columns
        if found.end:
            return self.times(found.end, found.end_unit)
        if found.duration:
            return self.time + self.times(found.duration, found.end_unit)
        return None

    def times(self, name: str, unit: str | None = None) -> NDArray[np.float64]:
        """A column of times in seconds; ``unit`` is by default that of the column's name."""
        cells = self.text(name)
        unit = unit or self.time_columns.unit
        if any(":" in cell for cell in cells):
            return seconds(cells, name, self.path)
        what = "a time in every row"
        if unit != "s" and self.options.decimal is None and all(map(_THOUSANDS.fullmatch, cells)):
            raise DataError(
                f"{self.path}: {name} {cells[0]} may be one or a thousand {unit}; say which mark is that of"
                " decimals (extract -o decimal=point, evaluate --decimal point; or comma)"
            )
        values = numbers(cells, name, self.path, self.options.decimal, what=what)
        if np.isnan(values).any():
            row = int(np.argmax(np.isnan(values)))
            raise DataError(f"{self.path}: data row {row + 1} has no {name}; expected {what}")
        return values * TIME_UNITS[unit]


def canonical(name: str) -> str:
    """A column's name in lower case, letters and digits only, words joined by "_".

    >>> canonical(" Time (ms) "), canonical("GoldStandard"), canonical("FM1 ")
    ('time_ms', 'goldstandard', 'fm1')
    """
    return re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_")


def read_table(path: Path, options: LabelOptions | None = None) -> LabelTable:
    """Read an .arff file, or a table with a header and any separator.

    Raises
    ------
    DataError
        If it is missing or empty, has no rows, or a row has another number of cells than the header.
    """
    options = options or LabelOptions()
    text = read_text(path)
    if path.suffix.lower() == ".arff":
        names, rows = _arff(path, text)
    else:
        lines = split_rows(path, text, options.delimiter)
        if not lines:
            raise DataError(f"cannot read {path}: it is empty; expected a header and rows below it")
        names, rows = lines[0], lines[1:]
    return table_of(path, names, rows, options)


def table_of(path: Path, header: list[str], rows: list[list[str]], options: LabelOptions) -> LabelTable:
    """A table from a header and rows, with the checks of `read_table`.

    Cells past the header's end are left out if they are empty.
    """
    names = tuple(canonical(name) for name in header)
    while names and not names[-1]:
        names = names[:-1]
    width = len(names)
    if not rows:
        raise DataError(f"{path} has no rows of data; expected a header and rows below it")
    for number, row in enumerate(rows, start=1):
        if len(row) != width:
            if len(row) < width or any(cell.strip() for cell in row[width:]):
                hint = (
                    "" if len(row) < width else "; is a decimal comma between commas? use semicolons or tabs"
                )
                raise DataError(
                    f"{path}: data row {number} has {len(row)} cells, the header {width} "
                    f"({listed(names, 4)}); expected as many as the header{hint}"
                )
            del row[width:]
    return LabelTable(path, names, rows, options)


def split_rows(path: Path, text: str, delimiter: str | None = None) -> list[list[str]]:
    """The cells of each line that is not empty; the separator is found in the first line.

    Under a header of one word a line is one cell. In all forms quotes hold a cell together.
    Lines before the header that begin with "#" are left out, unless the last of them is the header.

    Raises
    ------
    DataError
        If a quoted cell does not end, or is larger than 128 kB.
    """
    lines = text.splitlines()
    if lines and lines[0].strip().strip('"').lower().startswith("sep="):  # Excel's own first line
        delimiter = delimiter or lines[0].strip().strip('"')[4:5] or None
        lines = lines[1:]
    lines = _without_comments([line for line in lines if line.strip()])
    first = next(iter(lines), "")
    try:
        delimiter = delimiter or _separator(first)
        if delimiter == " ":
            return [_words(line) for line in lines]
        rows = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
    except csv.Error as error:
        raise DataError(f"{path}: cannot be split into cells ({error}); save it again as csv") from error
    return [row for row in rows if any(cell and not cell.isspace() for cell in row)]


def _separator(header: str) -> str:
    """What parts the cells of a table with this header."""
    found = next((mark for mark in _SEPARATORS if mark in header), " ")
    return _NONE if found == " " and len(_words(header)) == 1 else found


def _words(line: str) -> list[str]:
    """The cells of a line with spaces between them."""
    if '"' not in line:
        return line.split()
    return next(csv.reader([line.strip()], delimiter=" ", skipinitialspace=True))


def _without_comments(lines: list[str]) -> list[str]:
    """Lines from the header on: the first that is no comment, or the last comment, if numbers follow it."""
    count = next((i for i, line in enumerate(lines) if not line.lstrip().startswith("#")), len(lines))
    rest = lines[count:]
    if count and rest and re.match(r"""["']?[+-]?[.,]?\d""", rest[0].lstrip()):
        return [lines[count - 1].lstrip(" #"), *rest]
    return rest


def numbers(
    cells: list[str], name: str, path: Path, decimal: str | None = None, *, what: str = "numbers"
) -> NDArray[np.float64]:
    """Cells as numbers, NaN for those that are missing.

    Raises
    ------
    DataError
        If a cell is no finite number, or some have a decimal point and others a decimal comma.
    """
    try:
        values = np.array([float(cell) for cell in cells], dtype=float)
        if decimal != "," and np.isfinite(values).all() and not any("_" in cell for cell in cells):
            return values
    except ValueError:
        pass
    marks = {mark for cell in cells for mark in ".," if mark in cell and cell.lower() not in MISSING_WORDS}
    if len(marks) > 1:
        raise DataError(
            f"{path}: the column {name} has numbers with a point and with a comma; write all with one of them"
        )
    if decimal and marks - {decimal}:
        given, found = ({mark: word for word, mark in DECIMALS.items()}[each] for each in (decimal, *marks))
        raise DataError(
            f"{path}: the column {name} has numbers with a {found}, the option decimal says {given};"
            " leave the option out, or write numbers without a mark of thousands"
        )
    comma = marks == {","}
    return np.array([_number(cell, row, name, path, comma, what) for row, cell in enumerate(cells, start=1)])


def _number(cell: str, row: int, name: str, path: Path, comma: bool, what: str) -> float:
    if cell.lower() in MISSING_WORDS:
        return float("nan")
    wrong: ValueError | None = None
    try:
        plain = cell.replace("\N{MINUS SIGN}", "-")
        value = float(plain.replace(",", ".") if comma else plain)
        if np.isfinite(value) and "_" not in cell:
            return value
    except ValueError as error:
        wrong = error
    raise DataError(
        f"{path}: data row {row} has {name} {one_line(cell)}; expected {what}, NA where not rated"
    ) from wrong


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
            names.append(words[1].strip("'\""))
        elif words[0].lower() == "@data":
            rows = []
    if rows is None or not names:
        raise DataError(f"{path}: not an ARFF file; expected @attribute lines and then @data")
    try:
        return names, list(csv.reader(rows, quotechar="'", skipinitialspace=True))
    except csv.Error as error:
        raise DataError(f"{path}: cannot be split into cells ({error}); save it again") from error

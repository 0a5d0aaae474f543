"""A result table in a CSV file: as it was written, or as another program saved it anew."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from .columns import COLUMNS, INDEX

_HEAD = 2**16  # bytes of a file that hold its header and some rows
_MARKS = ",;\t"  # what parts cells
_BLOCK = 16  # lines of which a spreadsheet program leaves out the empty cells at the end together
_CUT = "it ends within a row, so it was cut off"
_UNNAMED = re.compile(r"(Unnamed: \d+)?")  # pandas names a column so that has no name


class _Form(NamedTuple):
    """What parts cells, what stands before decimals, encoding, if lines end as in Windows, columns."""

    cells: str
    decimal: str
    encoding: str
    windows: bool
    names: list[str]


class _Row(NamedTuple):
    """A row below the header: its number from 1, its line as spreadsheets count, how many cells it has."""

    number: int
    line: int
    cells: int


def columns_of(header: str) -> list[str]:
    """The columns that a header line names, whatever parts and quotes them.

    >>> columns_of('"file";"start"'), columns_of("")
    (['file', 'start'], [])
    """
    return _parted(header)[1]


def is_meant_as_results(names: Sequence[str]) -> bool:
    """Whether a header is that of a result table, or of one that lost columns.

    Parameters
    ----------
    names : sequence of str
        A table with the columns that say what a row is of, or with most of all columns, is one.
    """
    known = {name.lower() for name in names}
    return known >= {*INDEX, "track", "pts"} or 2 * len(known & {*INDEX, *COLUMNS}) > len(INDEX + COLUMNS)


def read_csv(path: Path) -> pd.DataFrame:
    """A result table with the columns that have a name; its rows are numbered, its cells unchecked.

    Columns without a name before the others (numbers of rows, as R and pandas write them) and empty ones
    behind are left out.

    Raises
    ------
    OSError, ValueError
        If it cannot be read, a row has fewer or more cells than the header, or a column with cells has no
        name.
    """
    if not path.stat().st_size:
        raise ValueError("it is empty")
    form = _form(path)
    if twice := [name for name in form.names if name and form.names.count(name) > 1]:
        raise ValueError(f"it has the column {twice[0]} twice")
    _check_rows(path, form)
    # Names such as "None" or "NA" are names; round_trip makes 0.1 the same float that was written.
    missing = {name: [""] for name in (*INDEX[1:], *COLUMNS)}
    table = pd.read_csv(
        path, header=0, names=[name or k for k, name in enumerate(form.names)], index_col=False,
        dtype={"file": str}, keep_default_na=False, na_values=missing,
        float_precision="round_trip", sep=form.cells, decimal=form.decimal, encoding=form.encoding,
        low_memory=False,  # else of a column with numbers and words pandas says something of its own
    )  # fmt: skip
    return _named(table)


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Without the columns that have no name, but a number for one."""
    named = [isinstance(name, str) for name in table]
    for k, is_named in enumerate(named):
        if not is_named and any(named[:k]) and (table.iloc[:, k].fillna("").astype(str) != "").any():
            raise ValueError(f"its column {k + 1} has no name")
    return table.loc[:, named]


def _parted(header: str) -> tuple[str, list[str]]:
    """What parts the cells of a header, and the columns' names: that which makes most columns."""
    ways = ((mark, next(csv.reader([header], delimiter=mark), [])) for mark in _MARKS)
    mark, names = max(ways, key=lambda way: len(way[1]))
    return mark, ["" if _UNNAMED.fullmatch(name.strip()) else name.strip() for name in names]


def _form(path: Path) -> _Form:
    """How a file is written: as ours, or as another program saved it anew in its own language."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    text = head.decode("utf-8-sig", "replace")
    header = next((line for line in re.split(r"[\r\n]+", text) if line.strip()), "")
    cells, names = _parted(header)
    # A comma cannot stand before decimals where it parts cells.
    number = rf'{cells}"?-?\d+\.\d+([eE][-+]?\d+)?"?(?=[{cells}\r\n])'
    decimal = "." if cells == "," or re.search(number, text) else ","
    windows = head.partition(b"\n")[0].endswith(b"\r")
    # Of our own lines, a byte that is no UTF-8 is damage.
    encoding = "cp1252" if windows and not _is_utf8(path) else "utf-8-sig"
    return _Form(cells, decimal, encoding, windows, names)


def _is_utf8(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            while file.read(2**20):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _check_rows(path: Path, form: _Form) -> None:
    """Raise a `ValueError` if a row has not as many cells as the header.

    Spreadsheet programs leave out the empty cells at the ends of lines, of many lines at once; those may.
    """
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        ended = file.read() in b"\r\n"
    short: list[_Row] = []
    row = _Row(0, 1, len(form.names))
    try:
        for row in _rows(path, form):
            if row.cells > len(form.names):
                raise ValueError(_uneven(row, form))
            if row.cells < len(form.names):
                short.append(row)
    except csv.Error as error:
        hint = f"line {row.line + 1} has a quote that does not end" if ended else _CUT
        raise ValueError(hint) from error
    last = row.number
    if short and short[-1].number == last and not ended:
        raise ValueError(_CUT)
    for _, together in groupby(enumerate(short), key=lambda one: (one[1].number - one[0], one[1].cells)):
        run = [row for _, row in together]
        if not form.windows or (len(run) < _BLOCK and run[-1].number < last):
            raise ValueError(_uneven(run[0], form))


def _rows(path: Path, form: _Form) -> Iterator[_Row]:
    """The rows below the header; lines that hold nothing are none."""
    number = -1
    with path.open(encoding=form.encoding, newline="") as file:
        reader = csv.reader(file, delimiter=form.cells, strict=True)
        for line, cells in enumerate(reader, start=1):
            if len(cells) > 1 or "".join(cells).strip():
                number += 1
                if number:
                    yield _Row(number, line, len(cells))


def _uneven(row: _Row, form: _Form) -> str:
    return f"data row {row.number} (line {row.line}) has {row.cells} cells, the header {len(form.names)}"

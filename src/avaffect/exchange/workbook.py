"""An Excel workbook: a summary, and one sheet a recording."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..arguments import checks_types
from ..errors import DataError, ModelError
from ..files import replacing
from ..trace import Trace
from ..trace.edits import Edits
from .summaries import summarise

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

ROWS = 1_048_576  # of a sheet, the header's among them: Excel's own limit
_TITLE = 31  # letters of a sheet's name, Excel's own limit
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
DECIMALS = 6


@checks_types
def write_workbook(traces: Sequence[Trace], path: str | Path) -> Path:
    """Write an ``.xlsx`` file: the sheet "summary" (a row a recording and person), and each recording's rows.

    Numbers are numbers, to 6 decimals, whatever the reader's language; what is missing is an empty cell.
    Texts are texts, also where they begin with "=".

    Parameters
    ----------
    traces : sequence of Trace
    path : path
        Ends in ``.xlsx``.

    Raises
    ------
    DataError
        If a recording has more rows than a sheet, or the file cannot be written.
    ModelError
        If openpyxl is not installed.
    """
    parts = [trace.file(file) for trace in traces for file in trace.files]
    for part in parts:
        if len(part) + 1 > ROWS:
            raise DataError(
                f"{part.files[0]} has {len(part):,} rows, a sheet of Excel at most {ROWS - 1:,};"
                " give --rate 10 for rows at even times"
            )
    sheets = {"summary": summarise(parts)}
    titles = sheet_titles([part.files[0] for part in parts])
    sheets |= {title: _rows(part) for title, part in zip(titles, parts, strict=True)}
    return write_sheets(sheets, path)


def write_sheets(sheets: dict[str, pd.DataFrame], path: str | Path) -> Path:
    """Write tables as the sheets of an ``.xlsx`` file, header first.

    Raises
    ------
    DataError
        If the file cannot be written.
    ModelError
        If openpyxl is not installed.
    """
    try:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
    except ImportError as error:
        raise ModelError("xlsx needs openpyxl: pip install 'avaffect[xlsx]'") from error
    book = Workbook(write_only=True)
    for title, table in sheets.items():
        sheet: WriteOnlyWorksheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        header = [_text(WriteOnlyCell, sheet, name) for name in table.columns]
        sheet.append(header)
        for row in _values(table):
            sheet.append([_text(WriteOnlyCell, sheet, v) if isinstance(v, str) else v for v in row])
    with replacing(path) as temporary:
        book.save(temporary)
    return Path(path)


def sheet_titles(files: Sequence[str]) -> list[str]:
    """A name for each recording's sheet: at most 31 letters, no two alike whatever their case.

    >>> sheet_titles(["A/P01.mp4", "B/P01.mp4", "summary.mp4"])
    ['P01', 'P01 (2)', 'summary (2)']
    """
    taken = {"summary", "history"}  # Excel keeps the second for itself
    titles = []
    for file in files:
        stem = PurePath(file.replace("\\", "/")).stem
        plain = _FORBIDDEN.sub("_", _CONTROL.sub("_", stem)).strip() or "recording"
        number, title = 1, plain[:_TITLE]
        while title.casefold() in taken:
            number += 1
            mark = f" ({number})"
            title = plain[: _TITLE - len(mark)] + mark
        taken.add(title.casefold())
        titles.append(title)
    return titles


def _rows(trace: Trace) -> pd.DataFrame:
    """The table with the people's names after their numbers."""
    table = trace.table.reset_index()
    names = Edits.of(trace.meta, trace.files[0]).names
    if names:
        table.insert(list(table.columns).index("track") + 1, "person", table["track"].map(names))
    return table


def _values(table: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    plain = table.round(DECIMALS).astype(object)
    return plain.where(plain.notna(), None).itertuples(index=False, name=None)


def _text(cell: Any, sheet: Any, value: str) -> Any:
    """A cell that is text, even if it looks like a formula."""
    made = cell(sheet, value=_CONTROL.sub("\ufffd", value.encode("utf-8", "replace").decode("utf-8")))
    made.data_type = "s"
    return made

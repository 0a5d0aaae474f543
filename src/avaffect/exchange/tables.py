"""Tables of figures, for a spreadsheet."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..errors import DataError
from ..files import replacing
from .workbook import write_sheets

DECIMALS = 6
ENDINGS = (".csv", ".xlsx")


def check_ending(path: str | Path) -> None:
    """Raise a `DataError` if a file's name tells of no format that `write_table` writes."""
    if Path(path).suffix.lower() not in ENDINGS:
        raise DataError(
            f"{path}: cannot tell the format; expected a name that ends in {' or '.join(ENDINGS)}"
        )


def write_table(table: pd.DataFrame, path: str | Path) -> Path:
    """One row a line (``.xlsx``: a sheet), header first, numbers to 6 decimals, what is missing left empty.

    Raises
    ------
    DataError
        If its ending is neither, or the file cannot be written.
    ModelError
        If it is ``.xlsx`` and openpyxl is not installed.
    """
    check_ending(path)
    if Path(path).suffix.lower() == ".xlsx":
        return write_sheets({"table": table}, path)
    with replacing(path) as temporary:
        table.round(DECIMALS).to_csv(temporary, index=False)
    return Path(path)

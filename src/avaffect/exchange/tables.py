"""Tables of figures as csv."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..files import replacing
from .workbook import write_sheets

DECIMALS = 6


def write_table(table: pd.DataFrame, path: str | Path) -> Path:
    """One row a line (``.xlsx``: a sheet), header first, numbers to 6 decimals, what is missing left empty.

    Raises
    ------
    DataError
        If the file cannot be written.
    ModelError
        If it is ``.xlsx`` and openpyxl is not installed.
    """
    if Path(path).suffix.lower() == ".xlsx":
        return write_sheets({"table": table}, path)
    with replacing(path) as temporary:
        table.round(DECIMALS).to_csv(temporary, index=False)
    return Path(path)

"""A trace from a file that avaffect wrote."""

from __future__ import annotations

from pathlib import Path

from ..arguments import checks_types
from ..errors import DataError
from .table import Trace
from .tabular import read_table


@checks_types
def read_trace(path: str | Path) -> Trace:
    """Read a trace that `Trace.to_csv`, `to_parquet` or `to_jsonl` wrote.

    Parameters
    ----------
    path : path
        ``.csv``, ``.parquet`` or ``.jsonl``. Only Parquet gives `Trace.meta` back.

    Raises
    ------
    DataError
        If there is no such file, its ending is another, or it holds something else.
    """
    table, meta = read_table(path)
    try:
        return Trace(table, meta=meta)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error

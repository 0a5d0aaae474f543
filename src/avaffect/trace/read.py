"""A trace from a file that avaffect wrote."""

from __future__ import annotations

import logging
from pathlib import Path

from ..arguments import checks_types
from ..errors import DataError
from ..record import ENDING, Record
from .table import Trace
from .tabular import read_table

log = logging.getLogger(__name__)


@checks_types
def read_trace(path: str | Path) -> Trace:
    """Read a trace that `Trace.to_csv`, `to_parquet` or `to_jsonl` wrote.

    Parameters
    ----------
    path : path
        ``.csv``, ``.parquet`` or ``.jsonl``. Only Parquet gives `Trace.meta` back. One that is shorter
        than the record beside it says (``NAME.avaffect.json``) is logged.

    Raises
    ------
    DataError
        If there is no such file, its ending is another, it ends within a row, or it holds something else.
    """
    table, meta = read_table(path)
    try:
        trace = Trace(table, meta=meta)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    _check_size(Path(path))
    return trace


def _check_size(path: Path) -> None:
    """Log a file that has become shorter since it was written, as far as there is a record of it."""
    record = Record.read(path.with_suffix(ENDING))
    written = record.outputs.get(path.name) if record is not None else None
    found = path.stat().st_size
    if written is not None and found < written:
        log.warning(
            "%s has %s bytes, it had %s when it was written: it was cut off, or changed since; if you did not"
            " change it, copy or make it again",
            path, f"{found:,}", f"{written:,}",
        )  # fmt: skip

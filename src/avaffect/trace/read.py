"""A trace from a file that avaffect wrote."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..arguments import checks_types
from ..errors import DataError
from ..record import ENDING, Record
from .meta import MADE_BY
from .table import Trace
from .tabular import is_as_written, read_table

log = logging.getLogger(__name__)


@checks_types
def read_trace(path: str | Path) -> Trace:
    """Read a trace that `Trace.to_csv`, `to_parquet` or `to_jsonl` wrote.

    Parameters
    ----------
    path : path
        ``.csv``, ``.parquet`` or ``.jsonl``. Only Parquet gives all of `Trace.meta` back; of another, the
        record beside it (``NAME.avaffect.json``) tells the model. One that is shorter than the record says
        is logged, unless another program saved it anew. A ``.csv`` may have been saved by another program:
        with semicolons, tabs, decimal commas, quotes or numbers of rows, in Windows-1252.

    Raises
    ------
    DataError
        If there is no such file, its ending is another, it ends within a row, or it holds something else.
    """
    table, meta = read_table(path)
    record = Record.read(Path(path).with_suffix(ENDING))
    written = record.outputs.get(Path(path).name) if record is not None else None
    of_record = {}
    if record is not None and written is not None:
        of_record = {key: record.settings[key] for key in MADE_BY if key in record.settings}
    try:
        trace = Trace(table, meta=meta or of_record)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    if written is not None:
        _check_size(Path(path), written, trace, meta)
    return trace


def _check_size(path: Path, written: int, trace: Trace, meta: Mapping[str, Any]) -> None:
    """Log a file of ours that has become shorter since its ``written`` bytes."""
    found = path.stat().st_size
    if found < written and is_as_written(path, trace.table, meta):
        log.warning(
            "%s has %s bytes, it had %s when it was written: it was cut off, or changed since; if you did not"
            " change it, copy or make it again",
            path, f"{found:,}", f"{written:,}",
        )  # fmt: skip

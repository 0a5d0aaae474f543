"""A trace as plain JSON: one list a column for each person."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, nearest
from ..trace import Trace
from ..trace.columns import COLUMNS, INTEGERS
from ..trace.edits import Edits

NOBODY = "none"
"""Key of the rows that belong to nobody in view."""

_DECIMALS = {"start": 6, "end": 6, "pts": 6}  # microseconds; all else is shown to a hundredth of a percent
_TIMES = ("start", "end")
_KNOWN = (*_TIMES, *(name for name in COLUMNS if name != "track"))


def as_json(trace: Trace, *, columns: Collection[str] = (), rate: float | None = None) -> dict[str, Any]:
    """The trace of one recording as plain values.

    Parameters
    ----------
    trace : Trace
    columns : collection of str
        Which columns; ``start`` and ``end`` are always there. By default all.
    rate : float, optional
        Rows per second instead of one a frame, see `Trace.resample`.

    Returns
    -------
    dict
        ``duration`` in seconds, ``meta``, ``summary``, ``names`` (of people, by number), ``spans``
        (``excluded`` and ``baseline``, each a list of start, end and person's number or None) and
        ``tracks``: by a person's number, as text, or `NOBODY`, one list a column. What is missing is None.

    Raises
    ------
    DataError
        If there is no such column, or the rate is not positive.
    """
    for name in columns:
        if name not in _KNOWN:
            raise DataError(f"no column {name!r}; {nearest(name, _KNOWN)}")
    shown = trace if rate is None else trace.resample(rate)
    names = [name for name in _KNOWN if not columns or name in columns or name in _TIMES]
    rows = shown.table.reset_index()
    groups: dict[str, pd.DataFrame] = {
        str(number): rows[rows["track"].eq(number).fillna(False)] for number in trace.tracks
    }
    nobody = rows[rows["track"].isna()]
    if len(nobody):
        groups[NOBODY] = nobody
    edits = Edits.of(trace.meta, trace.files[0]).as_dict()
    return {
        "duration": trace.duration,
        "meta": trace.meta,
        "summary": trace.summary(),
        "names": edits["names"],
        "spans": {"excluded": edits["excluded"], "baseline": trace.meta.get("baseline", [])},
        "tracks": {key: {name: _values(part[name]) for name in names} for key, part in groups.items()},
    }


def _values(column: pd.Series) -> list[Any]:
    """Plain values, None where there is none."""
    missing = column.isna().to_numpy()
    if column.name in INTEGERS or column.name == "source":
        values = column.astype(object).to_numpy(copy=True)
    else:
        values = np.round(column.to_numpy(), _DECIMALS.get(str(column.name), 4)).astype(object)
    values[missing] = None
    return list(values.tolist())

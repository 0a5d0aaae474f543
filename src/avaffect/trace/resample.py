"""A trace at evenly spaced times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..spec import TARGETS
from .columns import COLUMNS, FLOATS, INDEX
from .rows import GAP
from .steps import MOST_ROWS, check_steps


def resampled(table: pd.DataFrame, rate: float) -> pd.DataFrame:
    """Every person's rows at ``k / rate`` seconds, linearly interpolated between neighbouring rows.

    A time is given a value only if a row covers it. Between a value and a NaN there is NaN: a gap is
    never bridged. Before a gap in the rows the last value is held to the end of its row. ``source`` is that
    of the row that covers the time.

    Parameters
    ----------
    table : (n, 23) pd.DataFrame
        A trace's table.
    rate : float
        Rows per second (Hz).

    Returns
    -------
    (m, 23) pd.DataFrame
        ``start`` is ``k / rate``, ``end`` is ``(k + 1) / rate``, ``frame`` is NA.

    Raises
    ------
    DataError
        If the rate is not positive, or there would be more rows than `steps.MOST_ROWS`.
    """
    if not 0 < rate < np.inf:
        raise DataError(f"rate={rate:g}: expected rows a second, more than 0, such as 25")
    parts = []
    key: Any  # (file, track)
    for key, rows in table.groupby(["file", "track"], sort=False, dropna=False):
        start = rows.index.get_level_values("start").to_numpy()
        end = rows.index.get_level_values("end").to_numpy()
        check_steps(key[0], (start[0], end[-1]), rate, most=MOST_ROWS, advice="give a lower rate")
        ticks = np.arange(*np.ceil(np.array([start[0], end[-1]]) * rate - 1e-6) + 0.0)
        values, covered = interpolate(start, end, rows[list(FLOATS)].to_numpy(), ticks / rate)
        part = pd.DataFrame(values, columns=list(FLOATS)).assign(
            file=key[0],
            start=ticks / rate,
            end=(ticks + 1) / rate,
            track=pd.array([key[1]] * len(ticks), dtype="Int64"),
            frame=pd.array([pd.NA] * len(ticks), dtype="Int64"),
        )
        here = np.searchsorted(start - 1e-9, ticks / rate, side="right") - 1
        source = rows["source"].reset_index(drop=True).iloc[here.clip(0)].set_axis(part.index)
        part["source"] = source.where(part[list(TARGETS)].notna().any(axis=1))
        parts.append(part[covered])
    if not parts:
        return table
    joined = pd.concat(parts).sort_values(["file", "start", "track"], kind="stable")
    return joined.set_index(list(INDEX))[list(COLUMNS)]


def interpolate(
    start: np.ndarray, end: np.ndarray, values: np.ndarray, times: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Values at any times, by the rules of `resampled`.

    Parameters
    ----------
    start, end : (n,) np.ndarray
        Seconds that each row covers, ascending.
    values : (n, c) np.ndarray
    times : (m,) np.ndarray
        Seconds.

    Returns
    -------
    values : (m, c) np.ndarray
        NaN where no row covers the time or a neighbour is NaN.
    covered : (m,) np.ndarray of bool
        True where a row covers the time.

    >>> row = np.array([0.0, 1.0, 3.0])
    >>> interpolate(row, row + 1, np.array([[0.0], [4.0], [8.0]]), np.array([0.5, 1.5, 2.5]))[0].T
    array([[ 2.,  4., nan]])
    """
    # A time a rounding error before a row belongs to that row.
    here = np.searchsorted(start - 1e-9, times, side="right") - 1
    covered = (here >= 0) & (times < end[here] - 1e-9)
    after = np.minimum(here + 1, len(start) - 1)
    joined = (after > here) & (start[after] - end[here] < GAP)
    length = np.where(joined, start[after] - start[here], 1.0)
    share = np.where(joined & (length > 0), (times - start[here]) / np.maximum(length, 1e-12), 0.0)
    share = np.clip(share, 0.0, 1.0)[:, None]
    mixed = (1 - share) * values[here] + share * values[after]
    mixed = np.where(share < 1e-9, values[here], mixed)  # 0 * NaN would lose the row's own value
    mixed[~covered] = np.nan
    return mixed, covered

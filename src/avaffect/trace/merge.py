"""People whom tracking took for two and who are one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .rows import seconds

LONGEST = 1.0
"""Seconds that one person may be in view twice, as while one shot dissolves into the next."""


def as_one(table: pd.DataFrame, into: Mapping[int, int]) -> pd.DataFrame:
    """The table of one file in which people have the number of the person whom they are part of.

    Of two rows of one time, that with the clearer face stays; without faces, the one with a prediction.

    Parameters
    ----------
    table : (n, 23) pd.DataFrame
        A trace's table, of one file.
    into : mapping of int to int
        By number, whom somebody is part of.
    """
    keys = _keys(table, into)
    rank = np.lexsort((table["valence"].isna(), -table["face_conf"].fillna(-1.0)))  # the best row first
    best = np.sort(rank[~keys.iloc[rank].duplicated().to_numpy()])
    track, start, end = (keys[name].to_numpy(dtype=float, na_value=np.inf)[best] for name in keys)
    best = best[np.lexsort((track, end, start))]
    return table.iloc[best].assign(track=keys["track"].array[best])


def seconds_together(table: pd.DataFrame, number: int, other: int) -> float:
    """Seconds in which the faces of two people are in view at once."""
    seen = table[table["face_conf"].notna() & table["track"].isin((number, other))]
    return float(seconds(seen)[_keys(seen, {number: other}).duplicated().to_numpy()].sum())


def _keys(table: pd.DataFrame, into: Mapping[int, int]) -> pd.DataFrame:
    """Whose and of what time each row is: columns track, start, end."""
    track = table["track"].map(lambda number: into.get(number, number), na_action="ignore").astype("Int64")
    start, end = (table.index.get_level_values(name) for name in ("start", "end"))
    return pd.DataFrame({"track": track.array, "start": start, "end": end})

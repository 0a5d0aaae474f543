"""Rows of unequal length as the points of a line, and averaged where a picture has no room for all."""

from __future__ import annotations

import numpy as np

from .rows import GAP


def with_gaps(start: np.ndarray, end: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times and values of a line; a NaN stands where a row does not follow the one before it.

    Parameters
    ----------
    start, end : (n,) np.ndarray
        Seconds that each row covers, ascending.
    values : (n,) or (n, c) np.ndarray

    Returns
    -------
    times : (m,) np.ndarray
    values : (m,) or (m, c) np.ndarray

    >>> with_gaps(np.array([0.0, 3.0]), np.array([1.0, 4.0]), np.array([5.0, 6.0]))
    (array([0., 1., 3.]), array([ 5., nan,  6.]))
    """
    breaks = np.flatnonzero(start[1:] - end[:-1] > GAP)
    return np.insert(start, breaks + 1, end[breaks]), np.insert(values, breaks + 1, np.nan, axis=0)


def thinned(
    start: np.ndarray, end: np.ndarray, values: np.ndarray, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """The points of `with_gaps`; of more than ``most`` rows, means over ``most // 2`` even bins.

    Parameters
    ----------
    start, end : (n,) np.ndarray
        Seconds that each row covers, ascending, not overlapping.
    values : (n, c) np.ndarray
    most : int

    Returns
    -------
    times : (m,) np.ndarray
    values : (m, c) np.ndarray
    """
    if len(start) <= most:
        return with_gaps(start, end, values)
    edges = np.linspace(start[0], end[-1], most // 2 + 1)
    means = np.stack([binned(start, end, column, edges) for column in values.T], axis=1)
    return (edges[:-1] + edges[1:]) / 2, means


def outlined(times: np.ndarray, values: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Those points of a line that show in a picture; of more than ``most``, the rest is left out.

    Kept are the lowest and the highest point of ``most // (2 c)`` stretches, and both sides of every gap.

    Parameters
    ----------
    times : (m,) np.ndarray
    values : (m,) or (m, c) np.ndarray
        NaN in gaps.
    most : int

    Returns
    -------
    times : (k,) np.ndarray
    values : (k,) or (k, c) np.ndarray

    >>> outlined(np.arange(8), np.array([0.0, 1, 0, 3, 9, np.nan, np.nan, 4]), 4)[1]
    array([ 0.,  3.,  9., nan, nan,  4.])
    """
    if len(times) <= most:
        return times, values
    columns = values.reshape(len(values), -1).T
    edges = np.flatnonzero(np.diff(np.isnan(columns).any(axis=0)))
    size = -(-len(times) * 2 * len(columns) // most)
    begins = np.arange(0, len(times), size)
    places = [np.array([0, len(times) - 1]), edges, edges + 1]
    for column in (*columns, *-columns):
        known = np.pad(column, (0, len(begins) * size - len(column)), constant_values=np.nan)
        lowest = np.where(np.isnan(known), np.inf, known).reshape(-1, size).argmin(axis=1)
        places.append(begins + lowest)
    kept = np.unique(np.concatenate(places))
    return times[kept], values[kept]


def binned(start: np.ndarray, end: np.ndarray, values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Mean of a step function over bins.

    Parameters
    ----------
    start, end : (n,) np.ndarray
        Seconds that each row covers, ascending, not overlapping.
    values : (n,) np.ndarray
        One value a row; NaN where missing.
    edges : (m + 1,) np.ndarray
        Seconds, ascending.

    Returns
    -------
    (m,) np.ndarray
        Mean over the time in the bin that has a value; NaN where that is less than half of the bin.

    >>> binned(np.array([0.0, 1.0]), np.array([1.0, 2.0]), np.array([0.0, 1.0]), np.array([0.5, 1.5]))
    array([0.5])
    """
    known = np.isfinite(values)
    held = np.diff(_integral(start, end, known.astype(float), edges))
    total = np.diff(_integral(start, end, np.where(known, values, 0.0), edges))
    enough = held >= 0.5 * np.diff(edges) - 1e-12
    return np.where(enough & (held > 0), total / np.maximum(held, 1e-12), np.nan)


def smoothed(start: np.ndarray, end: np.ndarray, values: np.ndarray, width: float) -> np.ndarray:
    """Centred moving mean over ``width`` seconds, (n,); NaN where the value itself is NaN."""
    known = np.isfinite(values)
    spans = start[:, None] + np.array([-width / 2, width / 2])
    held = np.diff(_integral(start, end, known.astype(float), spans))[:, 0]
    total = np.diff(_integral(start, end, np.where(known, values, 0.0), spans))[:, 0]
    return np.where(known & (held > 0), total / np.maximum(held, 1e-12), np.nan)


def runs(values: np.ndarray) -> list[slice]:
    """Stretches of neighbours that have the same value; NaN belongs to none.

    >>> runs(np.array([1.0, 1.0, np.nan, 2.0, 3.0]))
    [slice(0, 2, None), slice(3, 4, None), slice(4, 5, None)]
    """
    if not len(values):
        return []
    edges = [0, *(np.flatnonzero(np.diff(values) != 0) + 1).tolist(), len(values)]
    return [slice(a, b) for a, b in zip(edges, edges[1:], strict=False) if np.isfinite(values[a])]


def _integral(start: np.ndarray, end: np.ndarray, values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Integral of a step function, zero between rows, from the first row to each time."""
    knots = np.stack([start, end], axis=1).reshape(-1)
    steps = np.stack([np.zeros(len(values)), values * (end - start)], axis=1).reshape(-1)
    return np.interp(times, knots, np.cumsum(steps))

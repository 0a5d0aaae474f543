"""Intervals by resampling whole recordings or subjects (percentile bootstrap, Efron 1979).

Neighbouring frames say nearly the same, so that resampling frames gives intervals many times too narrow.
What was drawn independently is the recording, or the subject where one is in several recordings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import DataError
from ..metric import Array
from .moments import MEASURES, measures

RESAMPLES = 2000
LEVEL = 0.95
# Fewer recordings or subjects than this say nothing of how others would differ.
FEWEST = 5
# Resamples in which a score may be undefined without the interval becoming so.
_UNDEFINED = 0.05
_CHUNK = 4_000_000  # counts held at a time

# By way ("pooled", "per_recording") and by measure.
Figures = dict[str, dict[str, Array]]


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval; the ends are NaN where there is none."""

    value: float
    low: float = float("nan")
    high: float = float("nan")


def draws(units: int, resamples: int, seed: int) -> Iterator[Array]:
    """How often each unit is in each resample, (some, units) at a time; each row sums to ``units``.

    The same arguments give the same draws: two systems are compared on the same resamples.

    Raises
    ------
    DataError
        If there are no units or no resamples.
    """
    if units < 1 or resamples < 1:
        raise DataError(f"cannot draw {resamples} resamples of {units} recordings; give at least one of each")
    random = np.random.default_rng(seed)
    step = max(_CHUNK // units, 1)
    for first in range(0, resamples, step):
        rows = min(step, resamples - first)
        drawn = random.integers(units, size=(rows, units)) + units * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * units).reshape(rows, units).astype(np.float64)


def resample(sums: Array, unit: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> Figures:
    """Score every resample.

    Parameters
    ----------
    sums : (r, targets, 7) np.ndarray
        Each recording's `moments.sums`.
    unit : (r,) np.ndarray of int
        Which unit (recording or subject), from 0, each recording belongs to.
    resamples, seed : int

    Returns
    -------
    dict of str to dict of str to (resamples, targets) np.ndarray
        ``pooled`` (over all frames together) and ``per_recording`` (mean of the recordings' own scores),
        each by measure. With fewer than `FEWEST` units all is NaN.
    """
    units = int(unit.max()) + 1
    targets = sums.shape[1]
    if units < FEWEST:
        unknown = dict.fromkeys(MEASURES, np.full((resamples, targets), np.nan))
        return {"pooled": unknown, "per_recording": unknown}
    each = np.stack([measures(sums)[name] for name in MEASURES], axis=-1)  # (r, targets, measures)
    # The mean over recordings from two sums as well: of the defined scores, and of how many those are.
    columns = np.concatenate([sums, np.nan_to_num(each), np.isfinite(each)], axis=-1)
    added = np.zeros((units, *columns.shape[1:]))
    np.add.at(added, unit, columns)
    flat = added.reshape(units, -1)
    parts = [(counts @ flat).reshape(len(counts), targets, -1) for counts in draws(units, resamples, seed)]
    total = np.concatenate(parts)
    pooled, scores, defined = np.split(total, [sums.shape[2], sums.shape[2] + len(MEASURES)], axis=-1)
    with np.errstate(invalid="ignore"):
        means = scores / defined
    per_recording = {name: means[..., i] for i, name in enumerate(MEASURES)}
    return {"pooled": measures(pooled), "per_recording": per_recording}


def interval(values: Array, level: float = LEVEL) -> tuple[float, float]:
    """The middle ``level`` of resampled values (resamples,), ends included.

    Resamples in which the value is undefined are left out; of more than 5 % such, both ends are NaN.

    >>> low, high = interval(np.arange(101.0), 0.9)
    >>> round(low, 6), round(high, 6)
    (5.0, 95.0)
    """
    known = values[np.isfinite(values)]
    if known.size < (1 - _UNDEFINED) * values.size:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)

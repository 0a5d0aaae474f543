"""Confidence intervals by resampling recordings or subjects (percentile bootstrap, Efron 1979).

Neighbouring frames are nearly equal, so resampling frames would give intervals many times too narrow. The
independent unit is the recording, or the subject if a subject is in several recordings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import DataError
from ..metric import Array
from .moments import MEASURES, measures

RESAMPLES = 2000
MAX_RESAMPLES = 100_000
LEVEL = 0.95
MIN_UNITS = 5
"""With fewer recordings (subjects) no interval is given: they do not show how others would differ."""

# Share of resamples in which a score may be undefined before its interval is undefined too.
_UNDEFINED = 0.05
_CHUNK = 4_000_000  # counts held at a time

Scores = dict[str, dict[str, Array]]
"""By aggregation ("pooled", "per_recording"), then by measure."""


@dataclass(frozen=True)
class Estimate:
    """A value with its confidence interval; ``low`` and ``high`` are NaN if there is none."""

    value: float
    low: float = float("nan")
    high: float = float("nan")

    def text(self, form: str = ".3f") -> str:
        """The value and its interval, such as ``0.120 [0.050, 0.190]``.

        >>> Estimate(0.12, 0.05, 0.19).text("+.2f"), Estimate(float("nan")).text()
        ('+0.12 [+0.05, +0.19]', 'not defined')
        """
        if self.value != self.value:
            return "not defined"
        ends = f" [{self.low:{form}}, {self.high:{form}}]" if self.low == self.low else ""
        return f"{self.value:{form}}{ends}"

    def plain(self) -> dict[str, float | None]:
        """The same for JSON: None for NaN."""
        return {name: None if value != value else value for name, value in vars(self).items()}


def resample_counts(units: int, resamples: int, seed: int) -> Iterator[Array]:
    """How often each unit is in each resample, in blocks (n, units); each row sums to ``units``.

    The same arguments give the same resamples, so that two systems can be compared on them.

    Raises
    ------
    DataError
        If there are no units or no resamples.
    """
    if units < 1 or resamples < 1:
        raise DataError(f"cannot draw {resamples} resamples of {units} recordings; give at least one of each")
    if resamples > MAX_RESAMPLES:
        raise DataError(f"cannot draw {resamples:,} resamples; give at most {MAX_RESAMPLES:,}")
    random = np.random.default_rng(seed)
    step = max(_CHUNK // units, 1)
    for first in range(0, resamples, step):
        rows = min(step, resamples - first)
        drawn = random.integers(units, size=(rows, units)) + units * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * units).reshape(rows, units).astype(np.float64)


def resample(sums: Array, unit: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> Scores:
    """Score every resample.

    Parameters
    ----------
    sums : (r, targets, 7) np.ndarray
        Each recording's `moments.sums`.
    unit : (r,) np.ndarray of int
        Index of the unit (recording or subject) that each recording belongs to.
    resamples, seed : int

    Returns
    -------
    dict of str to dict of str to (resamples, targets) np.ndarray
        ``pooled`` (over all frames together) and ``per_recording`` (mean of the recordings' own scores),
        each by measure. All NaN with fewer than `MIN_UNITS` units.
    """
    units = int(unit.max()) + 1
    targets = sums.shape[1]
    if units < MIN_UNITS:
        unknown = dict.fromkeys(MEASURES, np.full((resamples, targets), np.nan))
        return {"pooled": unknown, "per_recording": unknown}
    each = np.stack([measures(sums)[name] for name in MEASURES], axis=-1)  # (r, targets, measures)
    # The mean over recordings comes from two sums: the defined scores, and their number.
    columns = np.concatenate([sums, np.nan_to_num(each), np.isfinite(each)], axis=-1)
    added = np.zeros((units, *columns.shape[1:]))
    np.add.at(added, unit, columns)
    flat = added.reshape(units, -1)
    parts = [
        (counts @ flat).reshape(len(counts), targets, -1)
        for counts in resample_counts(units, resamples, seed)
    ]
    total = np.concatenate(parts)
    pooled, scores, defined = np.split(total, [sums.shape[2], sums.shape[2] + len(MEASURES)], axis=-1)
    with np.errstate(invalid="ignore"):
        means = scores / defined
    per_recording = {name: means[..., i] for i, name in enumerate(MEASURES)}
    return {"pooled": measures(pooled), "per_recording": per_recording}


def interval(values: Array, level: float = LEVEL) -> tuple[float, float]:
    """The interval that holds the middle share ``level`` of resampled values (resamples,).

    Undefined values are left out; if there are more than 5 % of them, both ends are NaN.

    >>> low, high = interval(np.arange(101.0), 0.9)
    >>> round(low, 6), round(high, 6)
    (5.0, 95.0)
    """
    known = values[np.isfinite(values)]
    if known.size < (1 - _UNDEFINED) * values.size:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)

"""Ratings over time, and how they become labels at ticks.

A rating belongs to a moment (a video frame, a sample of a slider) or to an interval (an annotation from one
time to another, the mean of a second). Unrated is NaN, for each target by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arguments import checks_types
from ..errors import DataError
from ..streams.timeline import Timeline

Array = NDArray[np.float64]

_FAR = 2**40  # a tick further away than any recording is long
_SEVERAL = 10  # so many labels show their rate
_SHORTEST = 1e-3  # seconds; nobody rates more often, and no video has more frames


@dataclass(frozen=True, eq=False)
class Ratings:
    """The ratings of one target over one recording.

    Attributes
    ----------
    times : (n,) np.ndarray
        Seconds from the recording's start.
    values : (n,) np.ndarray
        NaN where unrated.
    ends : (n,) np.ndarray or None
        Seconds until which each value holds; None for values of moments.
    """

    times: Array
    values: Array
    ends: Array | None = None

    @property
    def valid(self) -> NDArray[np.bool_]:
        """(n,) bool: where there is a value."""
        return np.isfinite(self.values)

    def earlier(self, seconds: float) -> Ratings:
        """The same values, ``seconds`` earlier, to correct for the raters' reaction time."""
        ends = None if self.ends is None else self.ends - seconds
        return Ratings(self.times - seconds, self.values, ends)

    def rescaled(self, low: float, high: float) -> Ratings:
        """Values on a scale from ``low`` to ``high``, mapped linearly onto [-1, 1].

        >>> Ratings(np.zeros(3), np.array([1.0, 5.0, 9.0])).rescaled(1, 9).values.tolist()
        [-1.0, 0.0, 1.0]
        """
        if (low, high) == (-1, 1):  # without rounding
            return self
        return Ratings(self.times, 2 * (self.values - low) / (high - low) - 1, self.ends)

    def at(self, timeline: Timeline, count: int) -> Array:
        """Mean of the valid values in each of the first ``count`` ticks, NaN where there are none.

        The rating of a moment counts in the tick that covers it. The rating of an interval counts in the
        ticks whose centres lie in the interval; if there are none, in the tick that covers its middle.

        Returns
        -------
        (count,) float64
        """
        keep = self.valid
        if self.ends is None:
            return tick_means(ticks_of(self.times[keep], timeline), self.values[keep], count)
        first, stop = _covered(self.times[keep], self.ends[keep], timeline, count)
        return _span_means(first, stop, self.values[keep], count)


def ticks_of(times: NDArray, timeline: Timeline) -> NDArray[np.int64]:
    """The tick that covers each time: (n,) seconds to (n,) indices, each as `Timeline.tick` gives it."""
    ticks = np.floor(np.asarray(times, float) * timeline.tick_rate + 1e-6)
    return np.clip(ticks, -_FAR, _FAR).astype(np.int64)


def tick_means(ticks: NDArray[np.int64], values: NDArray, count: int) -> Array:
    """Mean of the values that fall into each tick.

    Parameters
    ----------
    ticks : (n,) np.ndarray of int
        Values before tick 0 or from tick ``count`` on are left out.
    values : (n, ...) np.ndarray

    Returns
    -------
    (count, ...) float64, NaN where no value falls.

    >>> tick_means(np.array([0, 0, 2]), np.array([1.0, 2.0, 5.0]), 3).tolist()
    [1.5, nan, 5.0]
    """
    keep = (ticks >= 0) & (ticks < count)
    sums = np.zeros((count, *values.shape[1:]))
    np.add.at(sums, ticks[keep], values[keep])
    number = np.bincount(ticks[keep], minlength=count).astype(float)
    number[number == 0] = np.nan
    return sums / number.reshape(-1, *([1] * (values.ndim - 1)))


def label_ticks(
    ratings: Mapping[str, Ratings], targets: Sequence[str], timeline: Timeline, count: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Labels at ticks.

    Returns
    -------
    labels : (count, targets) float32 np.ndarray
        NaN where unrated, each target by itself: of a frame rated in valence alone, valence is a label. A
        target without ratings (a test set) is all NaN.
    labelled : (count,) np.ndarray of bool
        True where every target is known.
    """
    labels = np.full((count, len(targets)), np.nan, np.float32)
    for column, target in enumerate(targets):
        if target in ratings:
            labels[:, column] = ratings[target].at(timeline, count)
    return labels, np.asarray(np.isfinite(labels).all(axis=1))


@checks_types
def check_range(ratings: Ratings, where: str, scale: tuple[float, float] = (-1.0, 1.0)) -> Ratings:
    """The ratings, mapped from their scale onto [-1, 1].

    Raises
    ------
    DataError
        If a value is not on the scale. A scale is never guessed.
    """
    low, high = scale
    values = ratings.values[ratings.valid]
    slack = 1e-6 * (high - low)
    if not low < high:
        raise DataError(f"scale={low:g},{high:g}: expected the lowest value, then the highest")
    if values.size and (values.min() < low - slack or values.max() > high + slack):
        raise DataError(
            f"{where}: values from {values.min():g} to {values.max():g}, expected [{low:g}, {high:g}]; "
            "for another scale: extract -o scale=1,9, evaluate --scale 1,9"
        )
    return ratings.rescaled(low, high)


def check_fit(ratings: Mapping[str, Ratings], duration: float, where: str) -> str | None:
    """Check that ratings are of a recording as long as this one.

    Parameters
    ----------
    ratings : mapping of str to Ratings
    duration : float
        Seconds.
    where : str
        Begin of the message.

    Returns
    -------
    str or None
        A note if some ratings lie outside of the recording.

    Raises
    ------
    DataError
        If most ratings lie outside of it, or they follow each other in less than a millisecond: their times
        have another unit, or they are of another recording.
    """
    times = np.unique(np.concatenate([r.times[r.valid] for r in ratings.values()] or [np.empty(0)]))
    if not len(times):
        return None
    slack = 0.5 + 0.01 * duration
    early, late = int((times < -slack).sum()), int((times >= duration + slack).sum())
    last = f"the last at {times.max():g} s" if late >= early else f"the first at {times.min():g} s"
    what = f"{early + late:,} of {len(times):,} labels lie outside the recording ({duration:.1f} s), {last}"
    if 2 * (early + late) > len(times):
        raise DataError(
            f"{where}: {what}; for times in milliseconds or frames give the unit (--time-unit ms),"
            " or check that they are of this recording"
        )
    if len(times) >= _SEVERAL and np.median(np.diff(times)) < _SHORTEST:
        raise DataError(
            f"{where}: {len(times):,} labels within {times[-1] - times[0]:.3g} s, more than"
            f" {1 / _SHORTEST:.0f} a second; give the unit of their times (--time-unit s)"
        )
    return f"{where}: {what}" if early + late else None


def _covered(
    begins: Array, ends: Array, timeline: Timeline, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First tick that each interval covers, and the tick after its last, of the first ``count`` ticks."""
    half = 0.5 / timeline.tick_rate
    # The first tick whose centre is not before a time is the one that covers the time half a tick later.
    slack = 1e-6 / timeline.tick_rate
    first = ticks_of(begins + half - 2 * slack, timeline)
    stop = ticks_of(ends + half - 2 * slack, timeline)
    short = stop <= first
    first[short] = ticks_of((begins + ends)[short] / 2, timeline)
    stop[short] = first[short] + 1
    return np.clip(first, 0, count), np.clip(stop, 0, count)


def _span_means(first: NDArray[np.int64], stop: NDArray[np.int64], values: Array, count: int) -> Array:
    """Mean at each tick of the values of the spans that cover it, (count,)."""
    if (first[1:] >= stop[:-1]).all():  # one after the other, as nearly always: no sum, no rounding
        out = np.full(count, np.nan)
        lengths = stop - first
        offset = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        out[np.repeat(first, lengths) + offset] = np.repeat(values, lengths)
        return out
    sums, number = np.zeros(count + 1), np.zeros(count + 1)
    for at, sign in ((first, 1.0), (stop, -1.0)):
        np.add.at(sums, at, sign * values)
        np.add.at(number, at, sign)
    number = np.cumsum(number)[:count]
    number[number == 0] = np.nan
    return np.cumsum(sums)[:count] / number

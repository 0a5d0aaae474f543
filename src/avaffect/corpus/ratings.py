"""Ratings over time, and how they become labels at ticks.

A rating belongs to a moment (a video frame, a sample of a slider) or to an interval (an annotation from one
time to another, the mean of a second). Unrated is NaN, for each target by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..streams.timeline import Timeline

Array = NDArray[np.float64]


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
        ticks, owner = _covered(self.times[keep], self.ends[keep], timeline)
        return tick_means(ticks, self.values[keep][owner], count)


def ticks_of(times: NDArray, timeline: Timeline) -> NDArray[np.int64]:
    """The tick that covers each time: (n,) seconds to (n,) indices."""
    return np.fromiter((timeline.tick(time) for time in times.tolist()), np.int64, len(times))


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
            "for another scale give the option, e.g. scale=1,9"
        )
    return ratings.rescaled(low, high)


def _covered(begins: Array, ends: Array, timeline: Timeline) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ticks that intervals cover, and the index of the interval that covers each, both (m,)."""
    half = 0.5 / timeline.tick_rate
    # The first tick whose centre is not before a time is the one that covers the time half a tick later.
    slack = 1e-6 / timeline.tick_rate
    first = ticks_of(begins + half - 2 * slack, timeline)
    stop = ticks_of(ends + half - 2 * slack, timeline)
    short = stop <= first
    first[short] = ticks_of((begins + ends)[short] / 2, timeline)
    stop[short] = first[short] + 1
    lengths = stop - first
    owner = np.repeat(np.arange(len(lengths)), lengths)
    offset = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return first[owner] + offset, owner

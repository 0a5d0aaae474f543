"""One timeline for both modalities: ticks of a fixed rate, and the way back to the frames' times.

Tick ``k`` covers the seconds ``[k / tick_rate, (k + 1) / tick_rate)``; its own time is the centre. Times
become ticks, and ticks become times, only here. What is missing is a mask or a NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .kept_rows import KeptRows

# Ticks by which a time may miss an edge through rounding: 0.56 * 12.5 is 7.000000000000001.
_SLACK = 1e-6


@dataclass(frozen=True)
class Timeline:
    """Ticks from second 0 of a recording.

    Attributes
    ----------
    tick_rate : float
        Ticks per second (Hz).
    """

    tick_rate: float

    def count(self, duration: float) -> int:
        """Ticks needed to cover ``duration`` seconds.

        >>> Timeline(12.5).count(3.0)
        38
        """
        return max(0, math.ceil(duration * self.tick_rate - _SLACK))

    def counts(self, durations: np.ndarray) -> np.ndarray:
        """The `count` of each duration in seconds, (n,) int."""
        found = np.ceil(np.asarray(durations, dtype=float) * self.tick_rate - _SLACK).astype(int)
        return np.maximum(found, 0)

    def tick(self, time: float) -> int:
        """The tick that covers a time in seconds."""
        return math.floor(time * self.tick_rate + _SLACK)

    def ticks(self, times: np.ndarray) -> np.ndarray:
        """The tick that covers each time in seconds, (n,) int.

        >>> Timeline(12.5).ticks(np.array([0.08, 1.0, 2.0, 3.0])).tolist()
        [1, 12, 25, 37]
        """
        return np.floor(np.asarray(times, dtype=float) * self.tick_rate + _SLACK).astype(int)

    def centre(self, tick: int) -> float:
        """The time of a tick in seconds.

        >>> Timeline(12.5).centre(0)
        0.04
        """
        return (tick + 0.5) / self.tick_rate

    def stands_for_tick(self, time: float, before: float | None, after: float) -> bool:
        """Whether of all frames the one at a time is the nearest to its tick's centre, in seconds.

        Parameters
        ----------
        time : float
        before, after : float
            Times of the frame before it that may stand for the same tick, if there is one, and of the next.

        Examples
        --------
        >>> [Timeline(10.0).stands_for_tick(time, time - 0.04, time + 0.04) for time in (0.0, 0.04, 0.08)]
        [False, True, False]
        """
        tick, distance = self._place(time)
        if before is not None:
            taken, nearer = self._place(before)
            if taken == tick and nearer <= distance:
                return False
        following, further = self._place(after)
        return following != tick or further >= distance

    def _place(self, time: float) -> tuple[int, float]:
        """The tick of a time, and its distance from the tick's centre in seconds."""
        tick = self.tick(time)
        return tick, abs(time - self.centre(tick))

    def centres(self, count: int) -> np.ndarray:
        """Times of the first ``count`` ticks, (count,) float64 seconds."""
        return (np.arange(count) + 0.5) / self.tick_rate

    def at(self, times: np.ndarray, values: np.ndarray, valid: np.ndarray, first: int = 0) -> np.ndarray:
        """Values at ticks, interpolated to any times.

        Linear between neighbouring valid ticks, held for half a tick beyond either end of a run of
        valid ticks, NaN elsewhere: a gap is never bridged.

        Parameters
        ----------
        times : (n,) np.ndarray
            Seconds.
        values : (t, ...) np.ndarray
            One row a tick.
        valid : (t,) np.ndarray of bool
        first : int
            The tick of the first row.

        Returns
        -------
        (n, ...) np.ndarray
        """
        out = np.full((len(times), *values.shape[1:]), np.nan)
        if not valid.any():
            return out
        position = np.asarray(times, dtype=float) * self.tick_rate - 0.5 - first
        last = len(values) - 1
        lower = np.clip(np.floor(position).astype(int), 0, last)
        upper = np.clip(lower + 1, 0, last)
        share = np.clip(position - lower, 0.0, 1.0)
        # With one neighbour invalid the other one is held, but only over its own half of the way.
        share = np.where(valid[upper], np.where(valid[lower], share, 1.0), 0.0)
        owner = np.clip(self.ticks(times) - first, 0, last)
        inside = (position >= -0.5 - _SLACK) & (position <= last + 0.5 + _SLACK)
        usable = inside & ((valid[lower] & valid[upper]) | valid[owner])
        mix = share.reshape(-1, *([1] * (values.ndim - 1)))
        # What stands at invalid ticks is emptied; a NaN at a valid one means something and stays.
        known = np.where(valid.reshape(-1, *([1] * (values.ndim - 1))), values, 0.0)
        blended = (1.0 - mix) * known[lower] + mix * known[upper]
        out[usable] = blended[usable]
        return out


@dataclass(frozen=True, eq=False)
class Stretch:
    """Values (t, ...) of a part of a recording, that begins at tick ``first``."""

    first: int
    values: np.ndarray | KeptRows

    def between(self, first: int, stop: int, fill: float) -> np.ndarray:
        """The values of ticks ``first`` to ``stop``, (stop - first, ...); ``fill`` where there are none.

        >>> Stretch(3, np.array([1, 2])).between(0, 5, 0)
        array([0, 0, 0, 1, 2])
        """
        out = np.full((max(stop - first, 0), *self.values.shape[1:]), fill, dtype=self.values.dtype)
        begin, end = max(first, self.first), min(stop, self.first + len(self.values))
        if begin < end:
            out[begin - first : end - first] = self.values[begin - self.first : end - self.first]
        return out


def fill_short_gaps(values: np.ndarray, valid: np.ndarray, longest: int) -> np.ndarray:
    """Close gaps of at most ``longest`` ticks by linear interpolation, in place.

    Parameters
    ----------
    values : (t, d) np.ndarray
    valid : (t,) np.ndarray of bool

    Returns
    -------
    (t,) np.ndarray of bool
        ``valid`` with the closed gaps added.

    >>> x = np.array([[0.0], [np.nan], [2.0], [np.nan]])
    >>> fill_short_gaps(x, np.array([True, False, True, False]), 1), x[1, 0]
    (array([ True,  True,  True, False]), np.float64(1.0))
    """
    known = np.flatnonzero(valid)
    filled = valid.copy()
    gaps = np.diff(known) - 1
    for k in np.flatnonzero((gaps > 0) & (gaps <= longest)):
        before, after = known[k], known[k + 1]
        share = (np.arange(1, gaps[k] + 1) / (gaps[k] + 1))[:, None]
        values[before + 1 : after] = (1 - share) * values[before] + share * values[after]
        filled[before + 1 : after] = True
    return filled

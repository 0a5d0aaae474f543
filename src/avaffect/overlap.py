"""The mean of overlapping windows over one recording.

Axes: ``b`` windows, ``t`` ticks of a window or of the recording.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class OverlapAdd:
    """The mean of overlapping windows of one recording.

    Parameters
    ----------
    ticks : int
        Length of the recording.
    taper : bool
        Windows weigh in by a triangle that is largest in their middle, where context is on both sides;
        otherwise all of their ticks count alike.
    """

    def __init__(self, ticks: int, *, taper: bool) -> None:
        self.ticks, self.taper = ticks, taper
        self.weight = np.zeros(ticks)
        self.totals: dict[str, Array] = {}

    def add(
        self, starts: Sequence[int], windows: Mapping[str, np.ndarray], share: Array | None = None
    ) -> None:
        """Add windows that begin at these ticks and lie inside the recording.

        Parameters
        ----------
        starts : sequence of int
        windows : mapping of str to (b, t, ...) np.ndarray
            By name, the same names every time.
        share : (t,) np.ndarray, optional
            How much each tick counts, for windows that are parts of whole ones.
        """
        length = next(iter(windows.values())).shape[1]
        if share is None:
            share = triangle(length) if self.taper else np.ones(length)
        for row, start in enumerate(starts):
            place = slice(start, start + length)
            self.weight[place] += share
            for name, values in windows.items():
                shape = values.shape[2:]
                total = self.totals.setdefault(name, np.zeros((self.ticks, *shape)))
                total[place] += values[row].astype(float) * share.reshape(-1, *[1] * len(shape))

    def means(self) -> dict[str, Array]:
        """The means (ticks, ...) by name; NaN at ticks that no window covers."""
        with np.errstate(invalid="ignore"):
            return {
                name: total / self.weight.reshape(-1, *[1] * (total.ndim - 1))
                for name, total in self.totals.items()
            }


def triangle(length: int) -> Array:
    """How much the ticks of a window count that is tapered: (length,), largest in its middle.

    >>> triangle(4).tolist()
    [1.0, 2.0, 2.0, 1.0]
    """
    return np.minimum(np.arange(1, length + 1), np.arange(length, 0, -1)).astype(float)

"""The level of all speech so far, in bounded memory."""

from __future__ import annotations

import numpy as np

from ..voice import SpeechLevel

STEP = 0.002
"""Bels between two levels that are told apart."""

LOWEST, HIGHEST = -12.0, 8.0
"""Bels; levels beyond count as these."""


class UsualLevel:
    """Counts how often each level was there in speech, and gives their median.

    Parameters
    ----------
    frame_rate : float
        Levels per second (Hz).

    Examples
    --------
    >>> usual = UsualLevel(100.0)
    >>> usual.add(np.full(300, -3.0))
    >>> usual.with_later(np.full(100, -1.0))
    SpeechLevel(level=-3.0, seconds=4.0)
    """

    def __init__(self, frame_rate: float) -> None:
        self._frame_rate = frame_rate
        self._counts = np.zeros(round((HIGHEST - LOWEST) / STEP) + 1, dtype=np.int64)

    def add(self, levels: np.ndarray) -> None:
        """Count the levels (n,) of frames with speech, in bels."""
        self._counts += self._counted(levels)

    def with_later(self, levels: np.ndarray) -> SpeechLevel:
        """Median and seconds of all that was added and of these levels (n,) too, which are not kept."""
        counts = self._counts + self._counted(levels)
        total = int(counts.sum())
        if not total:
            return SpeechLevel(float("nan"), 0.0)
        places = np.searchsorted(np.cumsum(counts), [(total + 1) // 2, total // 2 + 1])
        return SpeechLevel(round(LOWEST + STEP * float(places.mean()), 6), total / self._frame_rate)

    def _counted(self, levels: np.ndarray) -> np.ndarray:
        places = np.rint((np.clip(levels, LOWEST, HIGHEST) - LOWEST) / STEP).astype(int)
        return np.bincount(places, minlength=len(self._counts))

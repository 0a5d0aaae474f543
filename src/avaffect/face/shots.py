"""Notice where one shot ends and another begins."""

from __future__ import annotations

import cv2
import numpy as np

_WIDTH, _HEIGHT, _BINS = 48, 32, 6


class CutDetector:
    """Says for each picture of a video whether a new shot begins with it.

    A cut changes both which colours there are (share of the 6x6x6 RGB histogram that moved) and
    where they are (mean absolute difference of 48x32 thumbnails). A flicker of the light moves many
    colours a little; a moving camera keeps them: neither does both.

    Parameters
    ----------
    colours : float
        Least share of the histogram that moves, in [0, 1].
    difference : float
        Least mean absolute difference, in gray levels of 255.
    """

    def __init__(self, *, colours: float = 0.18, difference: float = 10.0) -> None:
        self.colours = colours
        self.difference = difference
        self._last: tuple[np.ndarray, np.ndarray] | None = None

    def __call__(self, image: np.ndarray) -> bool:
        """Take the next picture (h, w, 3) uint8; the first one begins no new shot."""
        thumbnail = _thumbnail(image)
        histogram = cv2.calcHist([thumbnail], [0, 1, 2], None, [_BINS] * 3, [0, 256] * 3)
        last, self._last = self._last, (thumbnail, histogram / histogram.sum())
        if last is None:
            return False
        moved = np.abs(self._last[1] - last[1]).sum() / 2
        return bool(moved > self.colours and cv2.absdiff(thumbnail, last[0]).mean() > self.difference)


def _thumbnail(image: np.ndarray) -> np.ndarray:
    # Every n-th pixel first: averaging a whole 4K picture would cost more than following a face.
    step = max(1, min(image.shape[0] // (4 * _HEIGHT), image.shape[1] // (4 * _WIDTH)))
    return cv2.resize(image[::step, ::step], (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)

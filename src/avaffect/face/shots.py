"""Notice where one shot ends and another begins."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np

_WIDTH, _HEIGHT, _BINS = 48, 32, 6
_Glance = tuple[np.ndarray, np.ndarray]


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
        self._last: _Glance | None = None

    def __call__(self, image: np.ndarray) -> bool:
        """Take the next picture (h, w, 3) uint8; the first one begins no new shot."""
        last, self._last = self._last, _glance(image)
        return last is not None and self.differ(last, self._last)

    def changed(self, before: np.ndarray, after: np.ndarray) -> bool:
        """Whether two pictures (h, w, 3) uint8 are of different shots."""
        return self.differ(_glance(before), _glance(after))

    def differ(self, before: _Glance, after: _Glance) -> bool:
        """The same of what `_glance` takes from them."""
        moved = np.abs(after[1] - before[1]).sum() / 2
        return bool(moved > self.colours and cv2.absdiff(after[0], before[0]).mean() > self.difference)


class DissolveDetector:
    """Says for each picture of a video whether one shot is just giving way to another little by little.

    Half a second ago the picture was another, as at a cut, and halfway it was a mixture of the two. A moving
    camera does not mix pictures.

    Parameters
    ----------
    seconds : float
        From the one picture to the other.
    rest : float
        Share of the change from the first to the last picture that a mixture may leave unexplained halfway.
    """

    def __init__(self, *, seconds: float = 0.5, rest: float = 0.35) -> None:
        self.seconds, self.rest = seconds, rest
        self._shots = CutDetector()
        self._past: deque[tuple[float, _Glance]] = deque()

    def __call__(self, image: np.ndarray, pts: float, *, cut: bool) -> bool:
        """Take the next picture (h, w, 3) uint8 at ``pts`` seconds; ``cut``: a new shot begins with it."""
        if cut or (self._past and pts < self._past[-1][0]):
            self._past.clear()
        self._past.append((pts, _glance(image)))
        while len(self._past) > 1 and self._past[1][0] <= pts - self.seconds:
            self._past.popleft()
        (begin, first), (_, last) = self._past[0], self._past[-1]
        if len(self._past) < 5 or pts - begin < self.seconds - 1e-6 or not self._shots.differ(first, last):
            return False
        old, mid, new = (g[0].astype(np.float32) for g in (first, self._past[len(self._past) // 2][1], last))
        share = float(((mid - old) * (new - old)).sum() / np.square(new - old).sum())
        unexplained = np.abs(mid - old - share * (new - old)).mean() / np.abs(new - old).mean()
        return 0.15 < share < 0.85 and bool(unexplained < self.rest)


def _glance(image: np.ndarray) -> _Glance:
    """A picture's thumbnail and its histogram of colours."""
    thumbnail = _thumbnail(image)
    histogram = cv2.calcHist([thumbnail], [0, 1, 2], None, [_BINS] * 3, [0, 256] * 3)
    return thumbnail, histogram / histogram.sum()


def _thumbnail(image: np.ndarray) -> np.ndarray:
    # Every n-th pixel first: averaging a whole 4K picture would cost more than following a face.
    step = max(1, min(image.shape[0] // (4 * _HEIGHT), image.shape[1] // (4 * _WIDTH)))
    return cv2.resize(image[::step, ::step], (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)

"""Notice where one shot ends and another begins."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np

_WIDTH, _HEIGHT, _BINS = 48, 32, 6
_LEAST = 5  # pictures that show a mixture
_STILL, _STILL_CHANGE = (
    0.2,
    0.05,
)  # a dissolve is over when so many seconds make so small a share of its change
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

    Some time ago the picture was another, as at a cut, halfway it was a mixture of the two, and it still
    changes. A moving camera does not mix pictures. Slow dissolves are seen over the longer of several times.

    Parameters
    ----------
    windows : sequence of float
        Seconds from the one picture to the other, ascending.
    rest : float
        Share of the change from the first to the last picture that a mixture may leave unexplained halfway.

    Attributes
    ----------
    seconds : float
        How long ago the other picture was seen, by the latest window that found a dissolve.
    """

    def __init__(self, *, windows: Sequence[float] = (0.5, 1.0, 2.0), rest: float = 0.35) -> None:
        self.windows, self.rest = tuple(windows), rest
        self.seconds = self.windows[0]
        self._shots = CutDetector()
        self._past: deque[tuple[float, _Glance]] = deque()

    def __call__(self, image: np.ndarray, pts: float, *, cut: bool) -> bool:
        """Take the next picture (h, w, 3) uint8 at ``pts`` seconds; ``cut``: a new shot begins with it."""
        if cut or (self._past and pts < self._past[-1][0]):
            self._past.clear()
        self._past.append((pts, _glance(image)))
        while len(self._past) > 1 and self._past[1][0] <= pts - self.windows[-1]:
            self._past.popleft()
        times = [time for time, _ in self._past]
        for window in self.windows:
            first = bisect_right(times, pts - window + 1e-6) - 1
            if first >= 0 and len(times) - first >= _LEAST and self._mixes(first, times):
                self.seconds = window
                return True
        return False

    def _mixes(self, first: int, times: list[float]) -> bool:
        """Whether the pictures from the one at ``first`` on are mixtures of it and the last one."""
        before, after = self._past[first][1], self._past[-1][1]
        if not self._shots.differ(before, after):
            return False
        half, recent = (first + len(times)) // 2, bisect_right(times, times[-1] - _STILL) - 1
        old, mid, late, new = (
            glance[0].astype(np.float32)
            for glance in (before, self._past[half][1], self._past[max(recent, first)][1], after)
        )
        change = np.abs(new - old).mean()
        share = float(((mid - old) * (new - old)).sum() / np.square(new - old).sum())
        unexplained = np.abs(mid - old - share * (new - old)).mean() / change
        changes = np.abs(new - late).mean() > _STILL_CHANGE * change
        return 0.15 < share < 0.85 and bool(unexplained < self.rest) and bool(changes)


def _glance(image: np.ndarray) -> _Glance:
    """A picture's thumbnail and its histogram of colours."""
    thumbnail = _thumbnail(image)
    histogram = cv2.calcHist([thumbnail], [0, 1, 2], None, [_BINS] * 3, [0, 256] * 3)
    return thumbnail, histogram / histogram.sum()


def _thumbnail(image: np.ndarray) -> np.ndarray:
    # Every n-th pixel first: averaging a whole 4K picture would cost more than following a face.
    step = max(1, min(image.shape[0] // (4 * _HEIGHT), image.shape[1] // (4 * _WIDTH)))
    return cv2.resize(image[::step, ::step], (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)

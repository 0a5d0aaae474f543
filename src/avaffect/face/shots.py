"""Notice where one shot ends and another begins."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import cv2
import numpy as np

_WIDTH, _HEIGHT, _BINS = 48, 32, 6
_LEAST = 5  # pictures that show a mixture
# A dissolve is over when so many seconds make so small a share of its change.
_STILL, _STILL_CHANGE = 0.2, 0.05


class Glance(NamedTuple):
    """What is compared of a picture: (32, 48, 3) uint8 RGB, and its histogram of colours (6, 6, 6)."""

    small: np.ndarray
    colours: np.ndarray


class Shot(NamedTuple):
    """How a picture goes on from those before it.

    Attributes
    ----------
    cut : bool
        Whether it begins a new shot.
    dissolve : float
        Where one shot is just giving way to another: for how many seconds at least. Else 0.
    """

    cut: bool
    dissolve: float


class Shown(Protocol):
    """What is read of a frame: a small RGB picture of it (h, w, 3) uint8, and its time in seconds."""

    @property
    def thumbnail(self) -> np.ndarray: ...

    @property
    def pts(self) -> float: ...


class ShotReader:
    """Says of each frame of a video, from its thumbnail alone, which `Shot` it belongs to.

    Attributes
    ----------
    cuts : CutDetector
    dissolves : DissolveDetector
    """

    def __init__(self) -> None:
        self.cuts, self.dissolves = CutDetector(), DissolveDetector()

    def read(self, frame: Shown) -> Shot:
        """Take the next frame; the first one begins no new shot."""
        seen = glance(frame.thumbnail)
        cut = self.cuts(seen)
        dissolving = self.dissolves(seen, frame.pts, cut=cut)
        return Shot(cut, self.dissolves.seconds if dissolving else 0.0)


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
        self._last: Glance | None = None

    def __call__(self, seen: Glance) -> bool:
        """Take the next picture; the first one begins no new shot."""
        last, self._last = self._last, seen
        return last is not None and self.differ(last, seen)

    def differ(self, before: Glance, after: Glance) -> bool:
        """Whether two pictures are of different shots."""
        moved = cv2.norm(before.colours, after.colours, cv2.NORM_L1) / 2
        return bool(moved > self.colours and cv2.absdiff(after.small, before.small).mean() > self.difference)


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
        self._past: deque[tuple[float, Glance]] = deque()

    def __call__(self, seen: Glance, pts: float, *, cut: bool) -> bool:
        """Take the next picture, at ``pts`` seconds; ``cut``: a new shot begins with it."""
        if cut or (self._past and pts < self._past[-1][0]):
            self._past.clear()
        self._past.append((pts, seen))
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
            each.small.astype(np.float32)
            for each in (before, self._past[half][1], self._past[max(recent, first)][1], after)
        )
        change = np.abs(new - old).mean()
        share = float(((mid - old) * (new - old)).sum() / np.square(new - old).sum())
        unexplained = np.abs(mid - old - share * (new - old)).mean() / change
        changes = np.abs(new - late).mean() > _STILL_CHANGE * change
        return 0.15 < share < 0.85 and bool(unexplained < self.rest) and bool(changes)


def glance(image: np.ndarray) -> Glance:
    """What is compared of a picture (h, w, 3) uint8."""
    small = _reduced(image)
    histogram = cv2.calcHist([small], [0, 1, 2], None, [_BINS] * 3, [0, 256] * 3)
    return Glance(small, histogram / histogram.sum())


def _reduced(image: np.ndarray) -> np.ndarray:
    # Every n-th pixel first: averaging a large picture would cost more than following a face.
    step = max(1, min(image.shape[0] // (4 * _HEIGHT), image.shape[1] // (4 * _WIDTH)))
    return cv2.resize(image[::step, ::step], (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)

"""Notice where one shot ends and another begins."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, Protocol

import cv2
import numpy as np

_WIDTH, _HEIGHT, _BINS = 48, 32, 6


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
    dissolving : bool
        Whether one shot is just giving way to another.
    """

    cut: bool
    dissolving: bool


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
        return Shot(cut, self.dissolves(seen, frame.pts, cut=cut))


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
        moved = np.abs(after.colours - before.colours).sum() / 2
        return bool(moved > self.colours and cv2.absdiff(after.small, before.small).mean() > self.difference)


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
        self._past: deque[tuple[float, Glance]] = deque()

    def __call__(self, seen: Glance, pts: float, *, cut: bool) -> bool:
        """Take the next picture, at ``pts`` seconds; ``cut``: a new shot begins with it."""
        if cut or (self._past and pts < self._past[-1][0]):
            self._past.clear()
        self._past.append((pts, seen))
        while len(self._past) > 1 and self._past[1][0] <= pts - self.seconds:
            self._past.popleft()
        (begin, first), (_, last) = self._past[0], self._past[-1]
        if len(self._past) < 5 or pts - begin < self.seconds - 1e-6 or not self._shots.differ(first, last):
            return False
        middle = self._past[len(self._past) // 2][1]
        old, mid, new = (each.small.astype(np.float32) for each in (first, middle, last))
        share = float(((mid - old) * (new - old)).sum() / np.square(new - old).sum())
        unexplained = np.abs(mid - old - share * (new - old)).mean() / np.abs(new - old).mean()
        return 0.15 < share < 0.85 and bool(unexplained < self.rest)


def glance(image: np.ndarray) -> Glance:
    """What is compared of a picture (h, w, 3) uint8."""
    small = _reduced(image)
    histogram = cv2.calcHist([small], [0, 1, 2], None, [_BINS] * 3, [0, 256] * 3)
    return Glance(small, histogram / histogram.sum())


def _reduced(image: np.ndarray) -> np.ndarray:
    # Every n-th pixel first: averaging a large picture would cost more than following a face.
    step = max(1, min(image.shape[0] // (4 * _HEIGHT), image.shape[1] // (4 * _WIDTH)))
    return cv2.resize(image[::step, ::step], (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)

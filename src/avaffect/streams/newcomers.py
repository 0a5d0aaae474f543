"""Newcomers were there before the picture was searched: they are traced back through the last half second.

So the frames in which a person is found do not depend on when the searches fall, as long as these are not
further apart. Who comes and goes between two of them is not found; so short appearances are left out anyway
(`avaffect.streams.visual.MIN_SECONDS`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..face import Face, FaceTracker
from ..face.tracklet import covered
from ..media import Frame
from .look import Look, Sight, look_at, on_the_way, sight

_BACK = 0.5
"""Seconds: older looks are not kept, their pictures take memory."""


class _Looked(NamedTuple):
    """A frame and who is known in it, its position, and the times of the frames between it and the last."""

    frame: Frame
    faces: list[Face]
    position: int
    passed: list[float]


class Newcomers:
    """The looks of the last moments, and whom they show without knowing it.

    Parameters
    ----------
    tracker : FaceTracker
    apart : float
        Seconds: looks that follow another one sooner are not kept, their frames are passed over.
    """

    def __init__(self, tracker: FaceTracker, apart: float) -> None:
        self._tracker, self._apart = tracker, apart
        self._looks: deque[_Looked] = deque()
        self._greatest = 0  # track number so far
        self._since: list[float] = []  # times of the frames after the last look that is kept

    def forget(self) -> None:
        """Begin anew: another shot comes."""
        self._looks.clear()
        self._since = []

    def among(self, faces: list[Face]) -> list[Face]:
        """Those who were never seen before."""
        new = [face for face in faces if face.track > self._greatest]
        self._greatest = max([self._greatest, *(face.track for face in faces)])
        return new

    def add(self, frame: Frame, faces: list[Face], position: int, passed: Sequence[float]) -> None:
        """Keep a frame that was looked at, its position, and the times of those since the look before."""
        pts = frame.pts
        self._since += passed
        if self._looks and pts - self._looks[-1].frame.pts < self._apart:
            self._since.append(pts)
            return
        self._looks.append(_Looked(frame, faces, position, self._since))
        self._since = []
        while pts - self._looks[0].frame.pts > _BACK:
            self._looks.popleft()

    def before(
        self, face: Face, now: float, passed: Sequence[Frame], first: int
    ) -> tuple[list[Look], list[Sight]]:
        """Where a newcomer was, until they were found.

        Parameters
        ----------
        face : Face
            Who is found in a frame, and never was before.
        now : float
            Seconds of that frame.
        passed : sequence of Frame
            Between the last look and this frame.
        first : int
            Position of the first of these.

        Returns
        -------
        looks : list of Look
            Those looks again in which they are found now, in order of time.
        sights : list of Sight
            In the frames that were passed over.
        """
        sights: list[Sight] = []
        back = self._tracker.trace(face, reversed(passed))
        for k, seen in zip(reversed(range(len(passed))), back, strict=False):
            sights.append(sight(first + k, seen))
            face, now = seen, passed[k].pts
        looks = self._in_looks(face, now) if len(sights) == len(passed) else ()
        return [*looks][::-1], sights[::-1]

    def _in_looks(self, face: Face, now: float) -> Iterator[Look]:
        """From the last look on, backwards."""
        looks, since = [*reversed(self._looks)], self._since
        traced = self._tracker.trace(face, (each.frame for each in looks))
        for looked, seen in zip(looks, traced, strict=False):
            frame, others = looked.frame, [other.box for other in looked.faces]
            if covered(seen.box, others):
                return
            way = on_the_way(seen, face, (frame.pts, now), since, looked.position + 1)
            yield look_at(frame, [seen], [sight(looked.position, seen), *way])
            face, now, since = seen, frame.pts, looked.passed

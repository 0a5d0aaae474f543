"""The faces of every frame of a video, of which few are looked at.

The model reads one face a tick, so one frame a tick is looked at: the one nearest to the tick's centre.
Within a shot a face moves little between two of them. Where it is less sure, all frames are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..face import Face, FaceTracker
from ..face.shots import Shot, ShotReader
from ..face.tracklet import near
from ..media import Frame
from .timeline import Timeline

# Frames passed over at most before one is looked at: they are held in memory until then.
_MOST_HELD = 32


@dataclass(frozen=True, eq=False)
class Sight:
    """Where a face is in one frame.

    Attributes
    ----------
    position : int
        Of the frame, in the list of all frames.
    track : int
    box : (4,) np.ndarray
        x1, y1, x2, y2 in pixels.
    confidence : float
    """

    position: int
    track: int
    box: np.ndarray
    confidence: float


@dataclass(frozen=True, eq=False)
class Look:
    """A frame that was looked at.

    Attributes
    ----------
    frame : Frame
    faces : list of Face
        In this frame.
    sights : list of Sight
        Of this frame and of those since the last look, in the order of the frames for each face.
    """

    frame: Frame
    faces: list[Face]
    sights: list[Sight]


class Follower:
    """Follows the faces of a video given frame by frame.

    Looked at are the first and the last frame of each shot, the nearest to the centre of each tick, and any
    frame in which the tracker has something to find out (`FaceTracker.curious`). In the others a face that
    was seen before and after lies on the straight line between the two places. One that was seen on one side
    only, or jumped, is looked for from there, frame by frame.

    Parameters
    ----------
    tracker : FaceTracker
    timeline : Timeline

    Attributes
    ----------
    shot : Shot
        Of the latest frame.
    """

    def __init__(self, tracker: FaceTracker, timeline: Timeline) -> None:
        self.tracker, self.timeline = tracker, timeline
        self.shot = Shot(cut=False, dissolve=0.0)
        self._shots = ShotReader()
        self._held: list[tuple[Frame, Shot]] = []  # since the last look
        self._position = 0  # of the first frame that is held
        self._last: Look | None = None

    def add(self, frame: Frame) -> list[Look]:
        """Take the next frame; the looks that can be taken by now."""
        self.shot = self._shots.read(frame)
        looks = []
        if self._held and self.tracker.following and (self.shot.cut or self._stands_for_its_tick(frame)):
            looks.append(self._look())
        self._held.append((frame, self.shot))
        if self.shot.cut or self.tracker.curious(frame.pts) or len(self._held) == _MOST_HELD:
            looks.append(self._look())
        return looks

    def finish(self) -> list[Look]:
        """The rest: the last frame is looked at."""
        return [self._look()] if self._held else []

    def _stands_for_its_tick(self, after: Frame) -> bool:
        """Whether the latest frame is the nearest to its tick's centre, now that the next one is known."""
        tick, distance = self._place(self._held[-1][0])
        if self._last is not None:
            taken, nearer = self._place(self._last.frame)
            if taken == tick and nearer <= distance:
                return False
        following, further = self._place(after)
        return following != tick or further >= distance

    def _place(self, frame: Frame) -> tuple[int, float]:
        """The tick of a frame, and its distance from the tick's centre in seconds."""
        tick = self.timeline.tick(frame.pts)
        return tick, abs(frame.pts - self.timeline.centre(tick))

    def _look(self) -> Look:
        """Look at the latest frame."""
        frame, shot = self._held[-1]
        faces = self.tracker.look(frame, shot)
        passed = [each for each, _ in self._held[:-1]]
        sights = list(self._between(passed, frame, faces)) if passed else []
        here = self._position + len(passed)
        sights += [Sight(here, face.track, face.box, face.confidence) for face in faces]
        self._held, self._position = [], here + 1
        self._last = Look(frame, faces, sights)
        return self._last

    def _between(self, passed: list[Frame], last: Frame, faces: list[Face]) -> Iterator[Sight]:
        """Where the faces are in the frames that were passed over before the ``last`` one."""
        old = {} if self._last is None else {face.track: face for face in self._last.faces}
        new = {face.track: face for face in faces}
        since = passed[0].pts if self._last is None else self._last.frame.pts
        shares = [(frame.pts - since) / (last.pts - since) for frame in passed]
        for track in sorted(old.keys() | new.keys()):
            one, other = old.get(track), new.get(track)
            if one is not None and other is not None and near(one.box, other.box, last.pts - since):
                places = {k: _on_the_way(one, other, share) for k, share in enumerate(shares)}
            else:
                places = self._traced(passed, one, other)
            for k, (box, confidence) in sorted(places.items()):
                yield Sight(self._position + k, track, box, confidence)

    def _traced(
        self, passed: list[Frame], one: Face | None, other: Face | None
    ) -> dict[int, tuple[np.ndarray, float]]:
        """Box and confidence by frame: of a face that was seen before, after, or both, but far away."""
        places: dict[int, tuple[np.ndarray, float]] = {}
        if one is not None:
            places |= dict(enumerate(self.tracker.trace(one, passed)))
        if other is not None:
            left = range(len(passed) - 1, len(places) - 1, -1)
            places |= dict(zip(left, self.tracker.trace(other, (passed[k] for k in left)), strict=False))
        return places


def _on_the_way(one: Face, other: Face, share: float) -> tuple[np.ndarray, float]:
    """Box and confidence between two places, at a share of the way."""
    box = one.box + share * (other.box - one.box)
    return box.astype(np.float32), one.confidence + share * (other.confidence - one.confidence)

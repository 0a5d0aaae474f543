"""The faces of every frame of a video, of which few are looked at.

The model reads one face a tick, so one frame a tick is looked at: the one nearest to the tick's centre.
Within a shot a face moves little between two of them. Where it is less sure, all frames are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..face import Face, FaceTracker
from ..face.shots import Shot
from ..face.tracklet import near
from ..media import Frame
from .look import Look, Sight, look_at, on_the_way, sight
from .newcomers import Newcomers
from .timeline import Timeline

# Frames passed over at most before one is looked at: they are held in memory until then.
_MOST_HELD = 32


class Follower:
    """Follows the faces of a video given frame by frame.

    Looked at are the first and the last frame of each shot, the nearest to the centre of each tick, and any
    frame in which the tracker has something to find out (`FaceTracker.curious`). In the others a face that
    was seen before and after lies on the straight line between the two places. One that was seen on one side
    only, or jumped, is looked for from there, frame by frame; who is new, back to the last search.

    Parameters
    ----------
    tracker : FaceTracker
    timeline : Timeline
    """

    def __init__(self, tracker: FaceTracker, timeline: Timeline) -> None:
        self.tracker, self.timeline = tracker, timeline
        self._held: list[tuple[Frame, Shot]] = []  # since the last look
        self._position = 0  # of the first frame that is held
        self._last: Look | None = None
        # Of looks in every frame, every other one of 25 a second is enough.
        self._newcomers = Newcomers(tracker, apart=0.75 / timeline.tick_rate)

    def add(self, frame: Frame, shot: Shot) -> list[Look]:
        """Take the next frame, and the shot it belongs to; the looks that can be taken by now."""
        looks: list[Look] = []
        if self._held and self.tracker.following and (shot.cut or self._stands_for_its_tick(frame)):
            looks += self._look()
        self._held.append((frame, shot))
        if shot.cut or self.tracker.curious(frame.pts) or len(self._held) == _MOST_HELD:
            looks += self._look()
        return looks

    def finish(self) -> list[Look]:
        """The rest: the last frame is looked at."""
        return self._look() if self._held else []

    def _stands_for_its_tick(self, after: Frame) -> bool:
        """Whether the latest frame is the nearest to its tick's centre, now that the next one is known."""
        before = None if self._last is None else self._last.pts
        return self.timeline.stands_for_tick(self._held[-1][0].pts, before, after.pts)

    def _look(self) -> list[Look]:
        """Look at the latest frame; what is seen now in earlier looks comes first."""
        frame, shot = self._held[-1]
        if shot.cut or shot.dissolve:
            self._newcomers.forget()
        faces = self.tracker.look(frame, shot)
        passed = [each for each, _ in self._held[:-1]]
        new = self._newcomers.among(faces)
        known = [face for face in faces if face not in new]
        sights = list(self._between(passed, frame, known)) if passed else []
        earlier: list[Look] = []
        for face in new:
            looks, seen = self._newcomers.before(face, frame.pts, passed, self._position)
            earlier += looks
            sights += seen
        here = self._position + len(passed)
        sights += [sight(here, face) for face in faces]
        self._held, self._position = [], here + 1
        self._last = look_at(frame, faces, sights)
        self._newcomers.add(frame, faces, here, [each.pts for each in passed])
        return [*earlier, self._last]

    def _between(self, passed: list[Frame], last: Frame, faces: list[Face]) -> Iterator[Sight]:
        """Where the faces are in the frames that were passed over before the ``last`` one."""
        old = {} if self._last is None else {face.track: face for face in self._last.faces}
        new = {face.track: face for face in faces}
        since = passed[0].pts if self._last is None else self._last.pts
        times = [frame.pts for frame in passed]
        for track in sorted(old.keys() | new.keys()):
            one, other = old.get(track), new.get(track)
            if one is not None and other is not None and near(one.box, other.box, last.pts - since):
                yield from on_the_way(one, other, (since, last.pts), times, self._position)
            else:
                places = self._traced(passed, one, other)
                yield from (sight(self._position + k, face) for k, face in sorted(places.items()))

    def _traced(self, passed: list[Frame], one: Face | None, other: Face | None) -> dict[int, Face]:
        """A face by frame that was seen before, after, or both, but far away."""
        places: dict[int, Face] = {}
        if one is not None:
            places |= dict(enumerate(self.tracker.trace(one, passed)))
        if other is not None:
            left = range(len(passed) - 1, len(places) - 1, -1)
            places |= dict(zip(left, self.tracker.trace(other, (passed[k] for k in left)), strict=False))
        return places

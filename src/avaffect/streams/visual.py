"""The visual stream: who is seen where, and one feature and one mouth motion a person and tick.

Frames pass through one at a time, and one a tick is looked at. What is kept is a box and a confidence a face
and frame, and one feature vector a tick, so that memory does not grow with the size of the picture.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ..face import Face, FaceTracker
from ..face.identity import Looks, same_people
from ..face.mouth import mouth_motion, readable, reduced
from ..face.shots import Shot, ShotReader
from ..media import Frame
from .follower import Follower
from .foresight import Foresight
from .kept_rows import KeptRows
from .look import Look
from .person import Person
from .quality import face_detail
from .timeline import Timeline

Embed = Callable[[np.ndarray], np.ndarray]
"""(n, 112, 112, 3) uint8 aligned crops to (n, d) float32 features."""

BATCH = 8  # faces encoded at once; more are no quicker, and the last ones would wait longer
# No feature is taken from a face of lower confidence; it is in the table all the same.
MIN_CONFIDENCE = 0.3
# Shorter appearances are taken for false alarms of the detector.
MIN_SECONDS = 0.5
# Seconds that the last frame is shown at most, whatever the file says.
LONGEST_FRAME = 3600.0

# Mouths further apart in time (seconds) are not compared: too much else will have changed.
MOUTH_GAP = 0.25
_ONE_SHOT = Shot(cut=False, dissolve=0.0)


@dataclass(frozen=True, eq=False)
class VisualStream:
    """The frames of a recording and the people in them.

    Attributes
    ----------
    times : (n,) np.ndarray
        When each frame is shown, in seconds.
    numbers : (n,) np.ndarray of int
        Number of each frame in the file, from 0.
    people : list of Person
        In order of appearance.
    last_duration : float
        How long the file says that the last frame is shown, in seconds; 0 where it does not say.
    cuts : tuple of int
        Positions, in the list of frames, at which a new shot begins; the first frame is not among them.
    """

    times: np.ndarray
    numbers: np.ndarray
    people: list[Person]
    last_duration: float = 0.0
    cuts: tuple[int, ...] = ()

    def ends(self, timeline: Timeline) -> np.ndarray:
        """(n,) seconds: when the next frame is shown.

        The last frame lasts as long as the file says (an hour at most), but not less than most frames do; a
        single frame lasts one tick at least.
        """
        if not len(self.times):
            return self.times
        step = float(np.median(np.diff(self.times))) if len(self.times) > 1 else 1.0 / timeline.tick_rate
        return np.append(self.times[1:], self.times[-1] + max(step, min(self.last_duration, LONGEST_FRAME)))

    @property
    def main_person(self) -> Person | None:
        """The most prominent person; None where nobody is seen."""
        return max(self.people, key=lambda person: person.prominence, default=None)


@dataclass
class _Candidate:
    """The face nearest to a tick's centre so far, and the height and width of its picture."""

    tick: int
    distance: float
    face: Face
    size: tuple[int, int]


class VisualStreamReader:
    """Makes a `VisualStream` from frames given in order.

    Parameters
    ----------
    tracker : FaceTracker or None
        None looks for nobody: only the times of the frames are read.
    embed : callable
        (n, 112, 112, 3) uint8 crops to (n, d) float32.
    timeline : Timeline
    """

    def __init__(self, tracker: FaceTracker | None, embed: Embed, timeline: Timeline) -> None:
        self.embed, self.timeline = embed, timeline
        self._follower = None if tracker is None else Follower(tracker, timeline)
        self._foresight = None if tracker is None else Foresight(tracker, timeline)
        self._shots = ShotReader()
        self._times = array("d")
        self._duration = 0.0  # of the latest frame
        self._numbers = array("q")
        self._people: dict[int, Person] = {}
        self._features = KeptRows(np.float32)  # of everybody
        self._candidates: dict[int, _Candidate] = {}
        self._mouths: dict[int, tuple[int, np.ndarray]] = {}  # tick and reduced crop, the latest
        self._looks: dict[int, Looks] = {}
        self._cuts: list[int] = []
        self._queue: list[_Candidate] = []

    def add(self, frame: Frame) -> None:
        """Read the next frame."""
        self.take(self._followed(frame, self._shot(frame)))

    def shown(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Shot]]:
        """All frames and the shots they belong to, for `follow`, which may be called in another thread.

        Searches for faces that are certain to come are begun.
        """
        pairs = ((frame, self._shot(frame)) for frame in frames)
        return pairs if self._foresight is None else self._foresight.through(pairs)

    def follow(self, shown: Iterable[tuple[Frame, Shot]]) -> Iterator[tuple[float, list[Look]]]:
        """Follow the faces of all frames, for `take`, which may be called in another thread.

        Yields
        ------
        pts : float
            Of the next frame, in seconds.
        looks : list of Look
            That could be taken by then.
        """
        for frame, shot in shown:
            yield frame.pts, self._followed(frame, shot)

    def take(self, looks: list[Look]) -> None:
        """Note where the faces are, and what is seen of them."""
        for look in looks:
            self._take(look)

    def _shot(self, frame: Frame) -> Shot:
        return _ONE_SHOT if self._follower is None else self._shots.read(frame)

    def _followed(self, frame: Frame, shot: Shot) -> list[Look]:
        position = len(self._times)
        self._times.append(frame.pts)
        self._duration = frame.duration
        self._numbers.append(frame.index)
        if self._follower is None:
            return []
        if shot.cut:
            self._cuts.append(position)
        return self._follower.add(frame, shot)

    def _take(self, look: Look) -> None:
        for sight in look.sights:
            person = self._people.get(sight.track)
            if person is None:
                person = self._people[sight.track] = Person(sight.track, self._features)
            person.see(sight.position, sight.box, sight.confidence)
        for face in look.faces:
            if face.confidence >= MIN_CONFIDENCE:
                self._consider(face, look)

    def finish(self) -> VisualStream:
        """All frames and people, false alarms left out.

        Tracks that look the same and are never there at once are one person. People are kept who were seen
        for half a second, or for half of a recording that is shorter than a second.
        """
        self.take(self._follower.finish() if self._follower is not None else [])
        self._queue.extend(self._candidates.values())
        self._candidates.clear()
        self._flush()
        times = np.asarray(self._times, dtype=float)
        step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
        needed = min(MIN_SECONDS, len(times) * step / 2)
        kept = [p for p in self._joined() if len(p.frames) * step >= needed]
        for number, person in enumerate(kept, start=1):
            person.track = number
        return VisualStream(
            times, np.asarray(self._numbers, dtype=int), kept, self._duration, tuple(self._cuts)
        )

    def _joined(self) -> list[Person]:
        """The people behind the tracks, in order of appearance."""
        tracks = list(self._people.values())
        looks = [self._looks.get(person.track, Looks()) for person in tracks]
        firsts = same_people(looks, [person.frames for person in tracks])
        for person, first in zip(tracks, firsts, strict=True):
            if tracks[first] is not person:
                tracks[first].join(person)
        return [tracks[first] for first in sorted(set(firsts))]

    def _consider(self, face: Face, look: Look) -> None:
        tick = self.timeline.tick(look.pts)
        distance = abs(look.pts - self.timeline.centre(tick))
        old = self._candidates.get(face.track)
        if old is not None and old.tick == tick and old.distance <= distance:
            return
        if old is not None and old.tick != tick:
            self._queue.append(old)
            if len(self._queue) >= BATCH:
                self._flush()
        self._candidates[face.track] = _Candidate(tick, distance, face, look.size)

    def _flush(self) -> None:
        """Encode the crops in the queue."""
        if not self._queue:
            return
        crops = np.stack([chosen.face.crop for chosen in self._queue])
        details = face_detail(crops).tolist()
        for chosen, feature, detail in zip(self._queue, self.embed(crops), details, strict=True):
            person = self._people[chosen.face.track]
            person.features[chosen.tick], person.detail[chosen.tick] = feature, detail
            self._looks.setdefault(chosen.face.track, Looks()).add(chosen.face.crop)
            self._compare_mouth(chosen)
        self._queue.clear()

    def _compare_mouth(self, chosen: _Candidate) -> None:
        track, tick = chosen.face.track, chosen.tick
        last, before = self._mouths.pop(track, (tick, None))
        if not readable(chosen.face.landmarks, chosen.size):
            return
        after = reduced(chosen.face.crop)
        self._mouths[track] = tick, after
        if before is None or tick - last > MOUTH_GAP * self.timeline.tick_rate:
            return
        motion = mouth_motion(before, after)
        if np.isfinite(motion):
            # Where frames are rarer than ticks, the motion is that of all ticks it spans.
            for k in range(last + 1, tick + 1):
                self._people[track].mouth[k] = motion

"""Who is in view, from what was seen so far: a bounded past of each person, and what they look like.

A face is a person once it was seen for half a second (`avaffect.streams.visual.MIN_SECONDS`). It is then
known again by its looks if it was there before and is not there at the same time; numbers that were given are
never changed.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np

from ..face.identity import Looks, same_people
from ..streams.person import FACE_GAP, Person
from ..streams.recording_rows import LEAST_ALONE
from ..streams.timeline import Timeline
from ..streams.visual import MIN_SECONDS, VisualStream
from .faces import View

MOST_PEOPLE = 64
"""People who are remembered; whoever was not seen for longest is forgotten first."""

_TRACK_MEMORY = 60.0  # seconds for which a number of the tracker is known; longer than it remembers a face


@dataclass(eq=False)
class _Seen:
    """A face or person: the past of it that is kept, its looks, and how prominent it has been."""

    person: Person
    looks: Looks = field(default_factory=Looks)
    prominence: float = 0.0
    last: int = 0  # the tick of the recording at which they were last seen


class People:
    """Everyone who was seen, and in detail what was seen since the tick ``first``.

    Parameters
    ----------
    timeline : Timeline

    Attributes
    ----------
    first : int
        Tick of the recording that is tick 0 of everything given.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.first = 0
        self._times: list[float] = []  # since `first`
        self._cuts: list[int] = []
        self._shown: list[int] = []  # by tick since `first`: position of the picture on show, or -1
        self._people: list[_Seen] = []  # in the order of their numbers
        self._faces: dict[int, _Seen] = {}  # by the tracker's number
        self._latest: dict[int, int] = {}  # the tick at which the tracker last gave that number
        self._count = 0

    def add(self, tick: int, view: View | None) -> None:
        """Take what was seen at the next tick of the recording; None without a picture of its own."""
        at = tick - self.first
        if view is None:
            self._hold(at)
            return
        position = len(self._times)
        self._times.append(view.time - self._start)
        self._shown.append(position)
        if view.cut and position:
            self._cuts.append(position)
        for sight in view.sights:
            face = sight.face
            seen = self._faces.get(face.track)
            if seen is None or position in seen.person.frames[-1:]:  # nobody is there twice
                seen = self._faces[face.track] = _Seen(Person(0))
            self._latest[face.track] = seen.last = tick
            seen.person.see(position, face.box, face.confidence)
            seen.prominence += face.confidence * float(face.box[3] - face.box[1])
            if sight.feature is not None:
                seen.person.features[at], seen.person.detail[at] = sight.feature, sight.detail
                seen.looks.add(face.crop)
            if np.isfinite(sight.motion):
                since = max(sight.since - self.first, 0)
                for k in range(since, at + 1):
                    seen.person.mouth[k] = sight.motion
        self._confirm()

    def stream(self, ticks: int) -> VisualStream:
        """The people and pictures since ``first``, up to now: ``ticks`` ticks."""
        times = np.asarray(self._times, dtype=float)
        since = ticks / self._timeline.tick_rate - times[-1] if len(times) else 0.0
        shown = since if since <= LEAST_ALONE else 0.0
        people = [seen.person for seen in self._people if len(seen.person.frames)]
        return VisualStream(times, np.arange(len(times)), people, shown, tuple(self._cuts))

    def face(self, person: Person, at: int) -> tuple[np.ndarray | None, float]:
        """Box and confidence of a person in the picture on show at tick ``at``; None and NaN without."""
        position = self._shown[at]
        (found,) = np.nonzero(person.frames == position)
        if position < 0 or not len(found):
            return None, float("nan")
        return person.boxes[found[0]], float(person.confidences[found[0]])

    @property
    def main(self) -> Person | None:
        """The most prominent person so far; None before anybody was seen."""
        main = max(self._people, key=lambda seen: seen.prominence, default=None)
        return None if main is None else main.person

    def forget(self, ticks: int) -> None:
        """Let go of the first ``ticks`` ticks; ``first`` is so much later."""
        self.first += ticks
        seconds = ticks / self._timeline.tick_rate
        gone = bisect_left(self._times, seconds - 1e-9)
        self._times = [time - seconds for time in self._times[gone:]]
        self._cuts = [cut - gone for cut in self._cuts if cut > gone]
        self._shown = [max(position - gone, -1) for position in self._shown[ticks:]]
        for seen in {id(s): s for s in [*self._people, *self._faces.values()]}.values():
            seen.person.forget(gone, ticks)
        if len(self._people) > MOST_PEOPLE:
            kept = sorted(self._people, key=lambda seen: seen.last)[-MOST_PEOPLE:]
            self._people = sorted(kept, key=lambda seen: seen.person.track)
        known = set(map(id, self._people))
        oldest = self.first - round(_TRACK_MEMORY * self._timeline.tick_rate)
        self._latest = {track: tick for track, tick in self._latest.items() if tick >= oldest}
        self._faces = {
            track: seen
            for track, seen in self._faces.items()
            if track in self._latest and (id(seen) in known if seen.person.track else len(seen.person.frames))
        }

    def restart(self, tick: int) -> None:
        """Go on at a later tick, after a pause: looks and numbers stay, the past is let go of."""
        self.forget(len(self._shown))
        self.first = tick

    @property
    def _start(self) -> float:
        return self.first / self._timeline.tick_rate

    def _hold(self, at: int) -> None:
        """A tick without a picture shows the last one, for as long as gaps in a face are closed."""
        since = (at + 1) / self._timeline.tick_rate - self._times[-1] if self._times else np.inf
        if not self._shown or self._shown[-1] < 0 or since > FACE_GAP + 1 / self._timeline.tick_rate:
            self._shown.append(-1)
            return
        position = self._shown[-1]
        self._shown.append(position)
        for seen in self._faces.values():
            (feature,), (known,) = seen.person.features.between(at - 1, at)
            if known and position in seen.person.frames[-1:]:
                seen.person.features[at] = feature
                (seen.person.detail[at],) = seen.person.detail.between(at - 1, at)

    def _confirm(self) -> None:
        """Number the faces that were there for long enough."""
        if len(self._times) < 2:
            return
        step = float(np.median(np.diff(self._times)))
        for track, seen in self._faces.items():
            if not seen.person.track and len(seen.person.frames) * step >= MIN_SECONDS - 1e-9:
                self._faces[track] = self._known(seen)

    def _known(self, new: _Seen) -> _Seen:
        """The person whose face it is: one who was there before, or a new one."""
        for old in sorted(self._people, key=lambda seen: -seen.last):
            pair = [old, new]
            if same_people([s.looks for s in pair], [s.person.frames for s in pair]) == [0, 0]:
                old.person.join(new.person)
                old.prominence += new.prominence
                old.last = new.last
                return old
        self._count += 1
        new.person.track = self._count
        self._people.append(new)
        return new

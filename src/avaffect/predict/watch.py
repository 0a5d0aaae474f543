"""The visual half of a recording: who is seen where, and one feature a person and tick.

Frames pass through one at a time; what is kept is a box and a confidence a face, and one embedding
a tick, so memory does not grow with the size of the picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..face import Face, FaceTracker
from ..media import Frame
from .timeline import Timeline

Embed = Callable[[np.ndarray], np.ndarray]

BATCH = 32
# A face the detector is less sure of than this is in the table, but no prediction rests on it.
MIN_CONFIDENCE = 0.3
# Shorter appearances are taken for false alarms of the detector.
MIN_SECONDS = 0.5
# A face lost for less than this many seconds is taken to have kept its expression's course.
FACE_GAP = 0.25


@dataclass
class Person:
    """One tracked person.

    Attributes
    ----------
    track : int
    frames : list of int
        Positions, in the list of all frames, at which the face was found.
    boxes : list of (4,) np.ndarray
        x1, y1, x2, y2 in pixels, one a frame in ``frames``.
    confidences : list of float
    features : dict of int to (d,) np.ndarray
        Embedding by tick.
    """

    track: int
    frames: list[int] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)
    features: dict[int, np.ndarray] = field(default_factory=dict)

    @property
    def prominence(self) -> float:
        """How much of the picture and the time is theirs: face height times confidence, summed."""
        return float(sum(c * (b[3] - b[1]) for b, c in zip(self.boxes, self.confidences, strict=True)))

    def stream(self, ticks: int) -> tuple[np.ndarray, np.ndarray]:
        """Features (ticks, d) float32 and mask (ticks,) bool; rows of masked ticks are NaN."""
        dim = len(next(iter(self.features.values()))) if self.features else 0
        values = np.full((ticks, dim), np.nan, dtype=np.float32)
        for tick, feature in self.features.items():
            values[tick] = feature
        mask = np.zeros(ticks, dtype=bool)
        mask[list(self.features)] = True
        return values, mask


def main_person(people: list[Person]) -> Person:
    """The most prominent of one or more people."""
    return max(people, key=lambda person: person.prominence)


@dataclass
class _Candidate:
    """The crop nearest to a tick's centre so far."""

    tick: int
    distance: float
    crop: np.ndarray


class Watcher:
    """Collects `Person` s from frames given in order.

    Parameters
    ----------
    tracker : FaceTracker
    embed : callable
        (n, 112, 112, 3) uint8 crops to (n, d) float32.
    timeline : Timeline
    """

    def __init__(self, tracker: FaceTracker, embed: Embed, timeline: Timeline) -> None:
        self.tracker, self.embed, self.timeline = tracker, embed, timeline
        self.index: list[int] = []
        self.pts: list[float] = []
        self._people: dict[int, Person] = {}
        self._candidates: dict[int, _Candidate] = {}
        self._queue: list[tuple[int, int, np.ndarray]] = []

    def add(self, frame: Frame) -> None:
        """Take the next frame."""
        position = len(self.pts)
        self.index.append(frame.index)
        self.pts.append(frame.pts)
        for face in self.tracker.update(frame):
            person = self._people.setdefault(face.track, Person(face.track))
            person.frames.append(position)
            person.boxes.append(face.box)
            person.confidences.append(face.confidence)
            if face.confidence >= MIN_CONFIDENCE:
                self._consider(face, frame.pts)

    def finish(self) -> list[Person]:
        """The people seen, in order of appearance and numbered from 1, without false alarms.

        A track is kept if it was seen for half a second, or for half of a recording that is shorter
        than a second.
        """
        for track, candidate in self._candidates.items():
            self._queue.append((track, candidate.tick, candidate.crop))
        self._candidates.clear()
        self._flush()
        times = np.asarray(self.pts)
        step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
        needed = min(MIN_SECONDS, len(times) * step / 2)
        kept = [p for p in self._people.values() if len(p.frames) * step >= needed]
        for number, person in enumerate(kept, start=1):
            person.track = number
        return kept

    def _consider(self, face: Face, pts: float) -> None:
        tick = self.timeline.tick(pts)
        new = _Candidate(tick, abs(pts - self.timeline.centre(tick)), face.crop)
        old = self._candidates.get(face.track)
        if old is not None and old.tick == tick and old.distance <= new.distance:
            return
        if old is not None and old.tick != tick:
            self._queue.append((face.track, old.tick, old.crop))
            if len(self._queue) >= BATCH:
                self._flush()
        self._candidates[face.track] = new

    def _flush(self) -> None:
        if not self._queue:
            return
        features = self.embed(np.stack([crop for _, _, crop in self._queue]))
        for (track, tick, _), feature in zip(self._queue, features, strict=True):
            self._people[track].features[tick] = feature
        self._queue.clear()

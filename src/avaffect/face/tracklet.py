"""What is known of one face over time: where it was, how it moved and what it looks like."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np

from .appearance import unit
from .boxes import overlap
from .detector import Detection

_SAME_PLACE = 0.4  # overlap from which two boxes in one picture are one face
_REMEMBERED = 0.04  # seconds between two looks that are kept, the last 64 of them
_COAST = 0.4  # seconds for which a lost face is thought to go on moving


@dataclass(frozen=True, eq=False)
class Sighting:
    """A face in one picture: the detection, its aligned crop, and what that looks like, (d,) of length 1."""

    found: Detection
    crop: np.ndarray
    look: np.ndarray


@dataclass(eq=False)
class Tracklet:
    """One face that is followed.

    Attributes
    ----------
    number : int
        The person's number; 0 while it is not sure that this is a face.
    last : Sighting
    seen : float
        When that was, in seconds.
    born : float
        When it was first seen.
    usual : (d,) np.ndarray
        How it looks on the whole.
    velocity : (2,) np.ndarray
        Pixels per second.
    active : bool
        Seen in the latest frame.
    same_place : bool
        Whether its place is still the one it was seen in: no cut since, and nobody else there.
    """

    number: int
    last: Sighting
    seen: float
    born: float
    usual: np.ndarray
    velocity: np.ndarray = field(default_factory=lambda: np.zeros(2, np.float32))
    active: bool = True
    same_place: bool = True
    _past: deque[tuple[float, np.ndarray]] = field(default_factory=lambda: deque(maxlen=64))
    _before: np.ndarray | None = None

    @property
    def speed(self) -> float:
        """Sides of the face per second."""
        return float(np.hypot(*self.velocity)) / _side(self.last.found.box)

    def predicted(self, pts: float) -> np.ndarray:
        """(4,) the box where the face should be by now."""
        shift = self.velocity * min(pts - self.seen, _COAST)
        return self.last.found.box + np.tile(shift, 2)

    def accept(self, sighting: Sighting, pts: float) -> None:
        """Take what was seen at ``pts`` seconds as this face."""
        gap = pts - self.seen
        moved = _centre(sighting.found.box) - _centre(self.last.found.box)
        if self.active and gap > 0 and near(self.predicted(pts), sighting.found.box, gap):
            self.velocity = 0.5 * self.velocity + 0.5 * moved / gap
        else:
            self.velocity = np.zeros(2, np.float32)
        self.last, self.seen = sighting, pts
        if not self._past or abs(pts - self._past[-1][0]) >= _REMEMBERED:
            self._past.append((pts, sighting.look))
        self.usual = unit((0.95 * self.usual + 0.05 * sighting.look)[None])[0]
        self.active = self.same_place = True

    def remember(self, pts: float) -> None:
        """Keep in mind what the face looked like at ``pts`` seconds, or at first: another shot comes up."""
        looks = [look for time, look in self._past if time <= pts]
        self._before = looks[-1] if looks else self._past[0][1] if self._past else self.usual

    def resumes(self, same: float) -> bool:
        """Whether it is still the face kept in mind, by its cosine; if not, it is to look as it did then."""
        before, self._before = self._before, None
        if before is None or (self.active and before @ self.last.look >= same):
            return True
        self.last, self.usual = replace(self.last, look=before), before
        return False

    def near(self, found: Detection, pts: float) -> bool:
        """Whether the face can have come from its last box to where one was found."""
        return near(self.predicted(pts), found.box, pts - self.seen)


def likeness(tracklets: list[Tracklet], sightings: list[Sighting]) -> np.ndarray:
    """Cosine of each face to each sighting, as it was last or as it usually is; (tracklets, sightings)."""
    if not tracklets or not sightings:
        return np.zeros((len(tracklets), len(sightings)))
    looks = np.stack([sighting.look for sighting in sightings]).T
    last = np.stack([tracklet.last.look for tracklet in tracklets])
    usual = np.stack([tracklet.usual for tracklet in tracklets])
    return np.maximum(last @ looks, usual @ looks)


def covered(box: np.ndarray, boxes: list[np.ndarray]) -> bool:
    """Whether a face (4,) is the same as one of the boxes."""
    return bool(boxes) and bool((overlap(box[None], np.stack(boxes)) > _SAME_PLACE).any())


def apart(found: list[Detection], known: list[np.ndarray]) -> list[Detection]:
    """Those that lie on none of the known boxes and on none before them."""
    chosen: list[Detection] = []
    for detection in found:
        if not covered(detection.box, [*known, *(d.box for d in chosen)]):
            chosen.append(detection)
    return chosen


def near(expected: np.ndarray, box: np.ndarray, gap: float) -> bool:
    """Whether a face (4,) can be where it was expected ``gap`` seconds after it was seen, (4,) px."""
    side, now = _side(expected), _side(box)
    moved = float(np.hypot(*(_centre(box) - _centre(expected))))
    return 0.6 < now / side < 1.7 and moved < side * (0.6 + gap)


def _centre(box: np.ndarray) -> np.ndarray:
    return (box[:2] + box[2:]) / 2


def _side(box: np.ndarray) -> float:
    x1, y1, x2, y2 = box.tolist()
    return max(math.sqrt(max(x2 - x1, 0.0) * max(y2 - y1, 0.0)), 1.0)

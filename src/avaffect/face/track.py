"""Follow every face through a video under a number of its own.

All faces are looked for from time to time; between those moments each known face is only looked for
near where it was, which costs about a tenth. A face that is gone for a moment gets its number back
when it returns near by, or anywhere when it looks very much the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from .align import align
from .appearance import describe, unit
from .boxes import overlap
from .detector import Detection, FaceDetector, check_image
from .shots import CutDetector

DETECTION_INTERVAL = 0.3
"""Seconds between two searches of the whole picture, unless another interval is asked for."""

_SAME_PLACE = 0.4  # overlap from which two boxes in one picture are one face
_COAST = 0.4  # seconds for which a lost face is thought to go on moving
_FULL_SIZE = 40.0  # px: a smaller face is seen with less confidence


class Picture(Protocol):
    """What the tracker reads of a frame: RGB (h, w, 3) uint8 and its time in seconds."""

    @property
    def image(self) -> np.ndarray: ...

    @property
    def pts(self) -> float: ...


@dataclass(frozen=True, eq=False)
class Face:
    """One person's face in one frame.

    Attributes
    ----------
    track : int
        The person's number in this video, from 1.
    box : np.ndarray
        (4,) float32 x1, y1, x2, y2 px.
    landmarks : np.ndarray
        (5, 2) float32 px, as in `Detection`.
    confidence : float
        In [0, 1]: the detector's probability, lowered in proportion for a face less than 40 px wide.
    crop : np.ndarray
        (112, 112, 3) uint8 RGB, aligned.
    """

    track: int
    box: np.ndarray
    landmarks: np.ndarray
    confidence: float
    crop: np.ndarray


@dataclass(frozen=True, eq=False)
class _Sighting:
    found: Detection
    crop: np.ndarray
    look: np.ndarray  # (d,) unit vector


@dataclass(eq=False)
class _Track:
    number: int
    last: _Sighting
    seen: float  # seconds
    usual: np.ndarray  # (d,) how it looks on the whole
    velocity: np.ndarray = field(default_factory=lambda: np.zeros(2, np.float32))  # px/s
    active: bool = True  # seen in the latest frame
    same_shot: bool = True  # no cut since it was seen

    def predicted(self, pts: float) -> np.ndarray:
        """(4,) the box where the face should be by now."""
        shift = self.velocity * min(pts - self.seen, _COAST)
        return self.last.found.box + np.tile(shift, 2)

    def likeness(self, sighting: _Sighting) -> float:
        """Cosine to this face, as it was last or as it usually is."""
        return float(max(sighting.look @ self.last.look, sighting.look @ self.usual))

    def accept(self, sighting: _Sighting, pts: float) -> None:
        """Take what was seen at `pts` as this face."""
        gap = pts - self.seen
        if self.active and gap > 0:
            step = (_centre(sighting.found.box) - _centre(self.last.found.box)) / gap
            self.velocity = 0.5 * self.velocity + 0.5 * step
        else:
            self.velocity = np.zeros(2, np.float32)
        self.last, self.seen = sighting, pts
        self.usual = unit((0.95 * self.usual + 0.05 * sighting.look)[None])[0]
        self.active = self.same_shot = True


class FaceTracker:
    """Faces with stable numbers, frame after frame of one video.

    A face is reported from the first frame in which it is found, so that no frame of a person is
    missing. A mistaken detection then makes a track of a few frames: whoever has the whole video
    drops the shortest tracks.

    Parameters
    ----------
    detector : FaceDetector
        Its `detect` is called now and then, its `refine` on every frame.
    detection_interval : float
        Seconds between two searches of the whole picture while all known faces are in sight: the longest
        time for which a newcomer is not found. Longer is quicker.
    search_interval : float
        The same while nobody is in sight or somebody has just gone; never longer than ``detection_interval``.
        A cut, and the loss of a face, start a search at once.
    max_loss : float
        Seconds for which a lost face keeps its place: it is then known again by its movement, unless
        it looks unlike.
    memory : float
        Seconds for which it is remembered: after `max_loss` or after a cut it is known again only by
        looking the same.
    start : float
        Least score with which a new track begins.
    embed : callable, optional
        Crops (n, 112, 112, 3) uint8 -> vectors (n, d), compared by their cosine. The default,
        `appearance.describe`, takes 0.1 ms and tells the people of one video apart; it does not
        recognise faces.
    same, unlike : float
        Cosine from which two crops show the same person, and below which they do not. Choose them
        anew with another `embed`.
    """

    def __init__(
        self,
        detector: FaceDetector,
        *,
        detection_interval: float = DETECTION_INTERVAL,
        search_interval: float = 0.12,
        max_loss: float = 1.5,
        memory: float = 30.0,
        start: float = 0.85,
        embed: Callable[[np.ndarray], np.ndarray] | None = None,
        same: float = 0.85,
        unlike: float = 0.3,
    ) -> None:
        self.detector = detector
        self.detection_interval = detection_interval
        self.search_interval = min(search_interval, detection_interval)
        self.max_loss = max_loss
        self.memory = memory
        self.start = start
        self.same = same
        self.unlike = unlike
        self._embed = embed or describe
        self._cut = CutDetector()
        self._tracks: list[_Track] = []
        self._count = 0
        self._now = -np.inf
        self._searched = -np.inf

    def update(self, frame: Picture) -> list[Face]:
        """The faces of the next frame.

        Parameters
        ----------
        frame : Picture
            Frames come in the order of their `pts`. A step back in time forgets everybody.

        Returns
        -------
        list of Face
            Ordered by track number; empty where no face is seen.

        Raises
        ------
        DataError
            When the picture is not (h, w, 3) uint8.
        """
        image, pts = frame.image, float(frame.pts)
        check_image(image)
        if pts < self._now:
            self._tracks, self._searched = [], -np.inf
        self._now = pts
        self._tracks = [t for t in self._tracks if pts - t.seen <= self.memory]
        if cut := self._cut(image):
            for track in self._tracks:
                track.active = track.same_shot = False
        lost = self._follow(image, pts)
        if cut or lost or self._due(pts):
            self._search(image, pts)
        active = sorted((t for t in self._tracks if t.active), key=lambda t: t.number)
        return [_face(t) for t in active]

    def _due(self, pts: float) -> bool:
        active = any(t.active for t in self._tracks)
        missing = any(not t.active and t.same_shot and pts - t.seen <= self.max_loss for t in self._tracks)
        interval = self.detection_interval if active and not missing else self.search_interval
        return pts - self._searched >= interval - 1e-6

    def _follow(self, image: np.ndarray, pts: float) -> bool:
        """Look for each active face near its last place; whether one of them was lost."""
        active = [t for t in self._tracks if t.active]
        if not active:
            return False
        found = self.detector.refine(image, np.stack([t.predicted(pts) for t in active]))
        kept = [(t, f) for t, f in zip(active, found, strict=True) if f is not None and _near(t, f, pts)]
        sightings = self._look(image, [f for _, f in kept])
        pairs = [(t.likeness(s), t, s) for (t, _), s in zip(kept, sightings, strict=True)]
        # Where two have run into one face, it belongs to the one it looks like.
        taken: list[np.ndarray] = []
        accepted: list[_Track] = []
        for likeness, track, sighting in sorted(pairs, key=lambda p: -p[0]):
            if likeness >= self.unlike and not _covered(sighting.found, taken):
                taken.append(sighting.found.box)
                accepted.append(track)
                track.accept(sighting, pts)
        for track in active:
            track.active = track in accepted
        return len(accepted) < len(active)

    def _search(self, image: np.ndarray, pts: float) -> None:
        """Look for faces in the whole picture: known ones that were lost, and new ones."""
        self._searched = pts
        known = [t.last.found.box for t in self._tracks if t.active]
        found = _apart(self.detector.detect(image), known)
        if not found:
            return
        # The look that the next frames will have too, so that landmarks do not step from one to
        # the other; a face the second look does not confirm stays as first found.
        again = self.detector.refine(image, np.stack([f.box for f in found]))
        found = [f if better is None else better for f, better in zip(found, again, strict=True)]
        # Those who come at once are numbered from left to right.
        found = sorted(_apart(found, known), key=lambda f: float(f.box[0]))
        sightings = self._look(image, found)
        matches = self._match([t for t in self._tracks if not t.active], sightings, pts)
        for i, sighting in enumerate(sightings):
            if i in matches:
                matches[i].accept(sighting, pts)
            elif sighting.found.score >= self.start:
                self._count += 1
                self._tracks.append(_Track(self._count, sighting, pts, sighting.look))

    def _match(self, lost: list[_Track], sightings: list[_Sighting], pts: float) -> dict[int, _Track]:
        """Which lost face each sighting is: its position -> track; the likeliest pair first."""
        pairs: list[tuple[float, int, int]] = []
        for k, track in enumerate(lost):
            fresh = track.same_shot and pts - track.seen <= self.max_loss
            for i, sighting in enumerate(sightings):
                likeness = track.likeness(sighting)
                if fresh and likeness >= self.unlike and _near(track, sighting.found, pts):
                    pairs.append((1 - likeness, i, k))
                elif likeness >= self.same:
                    pairs.append((2 - likeness, i, k))
        matches: dict[int, _Track] = {}
        used: set[int] = set()
        for _, i, k in sorted(pairs):
            if i not in matches and k not in used:
                matches[i] = lost[k]
                used.add(k)
        return matches

    def _look(self, image: np.ndarray, found: list[Detection]) -> list[_Sighting]:
        """What each detection looks like, aligned."""
        if not found:
            return []
        crops = np.stack([align(image, f.landmarks) for f in found])
        looks = unit(np.asarray(self._embed(crops), np.float32))
        return [_Sighting(*parts) for parts in zip(found, crops, looks, strict=True)]


def _near(track: _Track, found: Detection, pts: float) -> bool:
    """Whether a face can have come from the track's last box to where it was found."""
    expected = track.predicted(pts)
    side, now = _side(expected), _side(found.box)
    moved = float(np.hypot(*(_centre(found.box) - _centre(expected))))
    return 0.6 < now / side < 1.7 and moved < side * (0.6 + pts - track.seen)


def _covered(found: Detection, boxes: list[np.ndarray]) -> bool:
    """Whether it is the same face as one of the boxes."""
    return bool(boxes) and bool((overlap(found.box[None], np.stack(boxes)) > _SAME_PLACE).any())


def _apart(found: list[Detection], known: list[np.ndarray]) -> list[Detection]:
    """Those that lie on none of the known boxes and on none before them."""
    apart: list[Detection] = []
    for detection in found:
        if not _covered(detection, [*known, *(d.box for d in apart)]):
            apart.append(detection)
    return apart


def _face(track: _Track) -> Face:
    found = track.last.found
    width = float(found.box[2] - found.box[0])
    confidence = min(max(found.score, 0.0), 1.0) * min(1.0, width / _FULL_SIZE)
    return Face(track.number, found.box, found.landmarks, confidence, track.last.crop)


def _centre(box: np.ndarray) -> np.ndarray:
    return (box[:2] + box[2:]) / 2


def _side(box: np.ndarray) -> float:
    return max(float(np.sqrt(np.prod(np.maximum(box[2:] - box[:2], 0)))), 1.0)

"""Follow every face through a video under a number of its own.

All faces are looked for from time to time; between those moments each known face is only looked for
near where it was, which costs about a tenth. A face that is gone for a moment gets its number back
when it returns near by, or anywhere when it looks very much the same. Numbers follow the faces, not
the places: all faces of a frame are given to all known people together, by looks and place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .align import align
from .appearance import describe, unit
from .detector import Detection, FaceDetector, KnowingDetector, ProposingDetector, check_image
from .shots import Shot, ShotReader, Shown, glance
from .tracklet import Sighting, Tracklet, apart, covered, likeness, near

DETECTION_INTERVAL = 0.45
"""Seconds between two searches of the whole picture, unless another interval is asked for."""

# What being where it was expected counts, in likeness. The same face from one frame to the next has 0.93 or
# more, two people at most 0.8 (four speakers filmed alike).
_PLACE = 0.1
_SURE = 0.9  # confidence from which a face is not looked at in every frame; most have 0.99
_SLOW = 1.5  # and its greatest speed, in sides per second
_FULL_SIZE = 40.0  # px: a smaller face is seen with less confidence


class Picture(Shown, Protocol):
    """What the tracker reads of a frame: RGB (h, w, 3) uint8, a thumbnail of it, and its time in seconds."""

    @property
    def image(self) -> np.ndarray: ...


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


class FaceTracker:
    """Faces with stable numbers, frame after frame of one video.

    Not all frames need be looked at: `look` takes those that are, the first of each shot among them, and
    `update` is for who looks at all. A face is reported from the first look in which it is found, so that no
    frame of a person is missing. A mistaken detection then makes a track of a few frames: whoever has the
    whole video drops the shortest tracks.

    Parameters
    ----------
    detector : FaceDetector
        Its `detect` is called now and then, its `refine` on every frame that is looked at.
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
        Score from which a new track begins at once.
    steady : float
        Seconds after which a track begins however low its score is, if the face is found in every look.
    embed : callable, optional
        Crops (n, 112, 112, 3) uint8 -> vectors (n, d), compared by their cosine. The default,
        `appearance.describe`, takes 0.1 ms and tells the people of one video apart; it does not
        recognise faces.
    same, unlike : float
        Cosine from which two crops show the same person, and below which they do not. Choose them
        anew with another `embed`.

    Attributes
    ----------
    cut : bool
        Whether the latest look was at the first frame of a new shot.
    following : bool
        Whether anybody was seen in the latest look.
    next_search : float
        From when on the first look will be a search of the whole picture, in seconds; infinity while that is
        uncertain, because nobody is in sight, or somebody is missing or has to be looked at in every frame.
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
        steady: float = 0.5,
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
        self.steady = steady
        self.same = same
        self.unlike = unlike
        self._embed = embed or describe
        self._shots = ShotReader()
        self.cut = self.following = self._uneasy = self._dissolving = False
        self._tracks: list[Tracklet] = []
        self._count = 0
        self._now = -np.inf
        self._searched = self.next_search = -np.inf
        self._foreseen: deque[tuple[Picture, np.ndarray]] = deque()
        self._before: np.ndarray | None = None

    def update(self, frame: Picture) -> list[Face]:
        """The faces of the next frame, none having been passed over."""
        check_image(frame.image)
        return self.look(frame, self._shots.read(frame))

    def look(self, frame: Picture, shot: Shot) -> list[Face]:
        """The faces of the next frame that is looked at.

        Parameters
        ----------
        frame : Picture
            Frames come in the order of their `pts`. A step back in time forgets everybody.
        shot : Shot
            Of this frame.

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
        proposed = self._taken(frame)
        if pts < self._now:
            self._tracks, self._searched = [], -np.inf
        self._now = pts
        self._tracks = [t for t in self._tracks if pts - t.seen <= self.memory]
        self.cut, dissolving = shot.cut, shot.dissolve > 0
        if shot.cut:
            for track in self._tracks:
                track.active = track.same_place = False
        if dissolving and not self._dissolving:
            begun = pts - shot.dissolve
            for track in self._tracks:
                if track.seen >= begun:
                    track.remember(begun)
        lost = self._follow(image, pts)
        changed = self._dissolving and not dissolving and self._part()
        self._dissolving = dissolving
        if shot.cut or lost or changed or self._due(pts):
            self._search(image, pts, proposed)
        self._tracks = [t for t in self._tracks if t.number or t.active]
        self._confirm(pts)
        self._before = image
        active = [t for t in self._tracks if t.active]
        self.following = bool(active)
        self._uneasy = any(_confidence(t.last.found) < _SURE or t.speed > _SLOW for t in active)
        settled = self._complete(pts) and not self._uneasy
        self.next_search = self._searched + self.detection_interval if settled else np.inf
        return [_face(t.number, t.last) for t in sorted(active, key=lambda t: t.number) if t.number]

    def curious(self, pts: float) -> bool:
        """Whether a frame at this time, in seconds, is to be looked at even if others near by are.

        It is where a face is unsure, small or fast, and, while nobody is in sight, where a search is due.
        """
        return self._uneasy if self.following else self._due(pts)

    def foresee(self, frame: Picture) -> None:
        """Begin the search of a frame that is going to be looked at: what of it is the same whoever is known.

        It may be called in another thread, in the order of the frames, before `look` takes the frame. What
        is found does not depend on it.
        """
        if isinstance(self.detector, ProposingDetector):
            self._foreseen.append((frame, self.detector.propose(frame.image)))

    def _taken(self, frame: Picture) -> np.ndarray | None:
        """What was foreseen of a frame; that of earlier ones, which was not needed, is dropped."""
        while self._foreseen and self._foreseen[0][0].pts <= frame.pts:
            foreseen, proposed = self._foreseen.popleft()
            if foreseen is frame:
                return proposed
        return None

    def trace(self, face: Face, frames: Iterable[Picture]) -> Iterator[Face]:
        """A face in frames next to the one in which it was seen, until it is lost.

        Parameters
        ----------
        face : Face
        frames : iterable of Picture
            That were passed over, or seen before the face was found: the one next to it first; backwards in
            time for what came before.

        Yields
        ------
        Face
            In each frame, up to the first in which it is not found.
        """
        (look,) = unit(np.asarray(self._embed(face.crop[None]), np.float32))
        box = face.box
        for frame in frames:
            (seen,) = self.detector.refine(frame.image, box[None])
            if seen is None or not near(box, seen.box, 0.0):
                return
            (sighting,) = self._look(frame.image, [seen])
            if look @ sighting.look < self.same:
                return
            box, look = seen.box, sighting.look
            yield _face(face.track, sighting)

    def _due(self, pts: float) -> bool:
        interval = self.detection_interval if self._complete(pts) else self.search_interval
        return pts - self._searched >= interval - 1e-6

    def _complete(self, pts: float) -> bool:
        """Whether somebody is in sight, and nobody has just gone."""
        known = [t for t in self._tracks if t.number]
        missing = any(not t.active and t.same_place and pts - t.seen <= self.max_loss for t in known)
        return any(t.active for t in known) and not missing

    def _confirm(self, pts: float) -> None:
        """Number the faces that are sure by now: by one good look at them, or by having been there long."""
        for track in () if self._dissolving else self._tracks:
            sure = track.last.found.score >= self.start or pts - track.born >= self.steady
            if not track.number and sure:
                self._count += 1
                track.number = self._count

    def _part(self) -> bool:
        """After a dissolve: part with the faces that are not those from before it; whether there were any."""
        parted = False
        for track in self._tracks:
            stays = track.resumes(self.same) and track.number > 0
            parted |= track.active and not stays
            track.active &= stays
            track.same_place &= stays
        return parted

    def _follow(self, image: np.ndarray, pts: float) -> bool:
        """Look for each active face near its last place; whether one of them was lost."""
        active = [t for t in self._tracks if t.active]
        if not active:
            return False
        found = self.detector.refine(image, np.stack([t.predicted(pts) for t in active]))
        kept = [(t, f) for t, f in zip(active, found, strict=True) if f is not None and t.near(f, pts)]
        sightings = self._look(image, [f for _, f in kept])
        places = {(id(t), i) for i, (t, _) in enumerate(kept)}
        alike = likeness(self._tracks, sightings)
        rows = {id(t): k for k, t in enumerate(self._tracks)}
        for i, (track, face) in enumerate(kept):
            # Another face where this one was, and other surroundings: somebody else took the place, unless it
            # is another known face that passes in front.
            others = [f.box for t, f in kept if t is not track]
            strange = alike[rows[id(track)], i] < self.same and not covered(face.box, others)
            if strange and self._replaced(track, face, image):
                places.discard((id(track), i))
                track.same_place = False
        matches = self._match(self._tracks, sightings, alike, places)
        for i, track in matches.items():
            track.accept(sightings[i], pts)
        matched = {id(track) for track in matches.values()}
        for track in active:
            track.active = id(track) in matched
        return not all(track.active for track in active)

    def _replaced(self, track: Tracklet, found: Detection, image: np.ndarray) -> bool:
        """Whether what surrounds the face changed all at once, as at a cut."""
        before, after = _surroundings(self._before, track.last.found.box), _surroundings(image, found.box)
        if before is None or after is None:
            return False
        return self._shots.cuts.differ(glance(before), glance(after))

    def _search(self, image: np.ndarray, pts: float, proposed: np.ndarray | None) -> None:
        """Look for faces in the whole picture: known ones that were lost, and new ones."""
        self._searched = pts
        known = [t.last.found.box for t in self._tracks if t.active]
        found = apart(self._detected(image, known, proposed), known)
        if not found:
            return
        # The look that the next frames will have too, so that landmarks do not step from one to
        # the other; a face the second look does not confirm stays as first found.
        again = self.detector.refine(image, np.stack([f.box for f in found]))
        found = [f if better is None else better for f, better in zip(found, again, strict=True)]
        # Those who come at once are numbered from left to right.
        found = sorted(apart(found, known), key=lambda f: float(f.box[0]))
        sightings = self._look(image, found)
        lost = [t for t in self._tracks if not t.active]
        fresh = [t for t in lost if t.same_place and pts - t.seen <= self.max_loss]
        places = {(id(t), i) for t in fresh for i, s in enumerate(sightings) if t.near(s.found, pts)}
        matches = self._match(lost, sightings, likeness(lost, sightings), places)
        for i, sighting in enumerate(sightings):
            if i in matches:
                matches[i].accept(sighting, pts)
            else:
                self._tracks.append(Tracklet(0, sighting, pts, pts, sighting.look))

    def _detected(
        self, image: np.ndarray, known: list[np.ndarray], proposed: np.ndarray | None
    ) -> list[Detection]:
        """What the detector finds in the whole picture, or only what lies on no known face."""
        if proposed is not None and isinstance(self.detector, ProposingDetector):
            return self.detector.detect_others(image, np.array(known).reshape(-1, 4), proposed)
        if known and isinstance(self.detector, KnowingDetector):
            return self.detector.detect_others(image, np.stack(known))
        return self.detector.detect(image)

    def _match(
        self,
        tracks: list[Tracklet],
        sightings: list[Sighting],
        alike: np.ndarray,
        places: set[tuple[int, int]],
    ) -> dict[int, Tracklet]:
        """Which track each sighting is: its position -> track; the likeliest pair first.

        A face may be where it was expected (``places``), unless it looks unlike; anywhere else it has to look
        the same. So two who change places change their tracks' places.
        """
        pairs: list[tuple[float, int, int]] = []
        for k, i in np.argwhere(alike >= self.unlike).tolist():
            here = (id(tracks[k]), i) in places
            if here or (alike[k, i] >= self.same and tracks[k].number):
                pairs.append((-alike[k, i] - (_PLACE if here else 0.0), i, k))
        matches: dict[int, Tracklet] = {}
        used: set[int] = set()
        taken: list[np.ndarray] = []
        for _, i, k in sorted(pairs):
            # Where two have run into one face, it belongs to the one it looks like.
            if k not in used and not covered(sightings[i].found.box, taken):
                matches[i] = tracks[k]
                used.add(k)
                taken.append(sightings[i].found.box)
        return matches

    def _look(self, image: np.ndarray, found: list[Detection]) -> list[Sighting]:
        """What each detection looks like, aligned."""
        if not found:
            return []
        crops = np.stack([align(image, f.landmarks) for f in found])
        looks = unit(np.asarray(self._embed(crops), np.float32))
        return [Sighting(*parts) for parts in zip(found, crops, looks, strict=True)]


def _surroundings(image: np.ndarray | None, box: np.ndarray) -> np.ndarray | None:
    """The part of a picture around a face, twice its size; None where there is none."""
    if image is None:
        return None
    sides = np.tile(box[2:] - box[:2], 2) / 2 * (-1, -1, 1, 1)
    x1, y1, x2, y2 = (box + sides).round().astype(int)
    part = image[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)]
    return part if min(part.shape[:2]) > 1 else None


def _face(number: int, seen: Sighting) -> Face:
    found = seen.found
    return Face(number, found.box, found.landmarks, _confidence(found), seen.crop)


def _confidence(found: Detection) -> float:
    width = float(found.box[2] - found.box[0])
    return min(max(found.score, 0.0), 1.0) * min(1.0, width / _FULL_SIZE)

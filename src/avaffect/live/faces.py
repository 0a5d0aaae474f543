"""The faces of one picture after the other: followed, encoded, their mouths compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..face import Face, FaceTracker
from ..face.mouth import mouth_motion, readable, reduced
from ..media import Frame
from ..streams.quality import face_detail
from ..streams.timeline import Timeline
from ..streams.visual import MIN_CONFIDENCE, MOUTH_GAP, Embed


@dataclass(frozen=True, eq=False)
class Sight:
    """A face in one picture.

    Attributes
    ----------
    face : Face
    feature : (d,) np.ndarray or None
        Of the face encoder; None where the face is too unsure.
    detail : float
        `avaffect.streams.quality.face_detail`; NaN without a feature.
    motion : float
        Pixels that the mouth moved since the last picture; NaN where that is unknown.
    since : int
        The tick after the picture that the mouth was compared with.
    """

    face: Face
    feature: np.ndarray | None
    detail: float
    motion: float
    since: int


@dataclass(frozen=True, eq=False)
class View:
    """One picture that was looked at: its number, time in seconds, whether a new shot begins, and faces."""

    number: int
    time: float
    cut: bool
    sights: tuple[Sight, ...]


class FaceReader:
    """Looks at pictures in the order of their times, one a tick.

    Parameters
    ----------
    tracker : FaceTracker or None
        None looks for nobody.
    embed : callable
        (n, 112, 112, 3) uint8 crops to (n, d) float32.
    timeline : Timeline
    """

    def __init__(self, tracker: FaceTracker | None, embed: Embed, timeline: Timeline) -> None:
        self._tracker, self._embed, self._timeline = tracker, embed, timeline
        self._mouths: dict[int, tuple[int, np.ndarray]] = {}  # tick and reduced crop by track

    def look(self, frame: Frame) -> View:
        """The faces of the next picture."""
        if self._tracker is None:
            return View(frame.index, frame.pts, False, ())
        faces = self._tracker.update(frame)
        sure = [face for face in faces if face.confidence >= MIN_CONFIDENCE]
        known = {}
        if sure:
            crops = np.stack([face.crop for face in sure])
            rows = zip(self._embed(crops), face_detail(crops).tolist(), strict=True)
            known = {face.track: row for face, row in zip(sure, rows, strict=True)}
        tick, size = self._timeline.tick(frame.pts), frame.image.shape[:2]
        longest = MOUTH_GAP * self._timeline.tick_rate
        self._mouths = {k: v for k, v in self._mouths.items() if tick - v[0] <= longest}
        sights = []
        for face in faces:
            feature, detail = known.get(face.track, (None, np.nan))
            since, motion = (tick, np.nan) if feature is None else self._compare_mouth(face, tick, size)
            sights.append(Sight(face, feature, detail, motion, since))
        return View(frame.index, frame.pts, self._tracker.cut, tuple(sights))

    def _compare_mouth(self, face: Face, tick: int, size: tuple[int, int]) -> tuple[int, float]:
        last, before = self._mouths.pop(face.track, (tick, None))
        if not readable(face.landmarks, size):
            return tick, np.nan
        after = reduced(face.crop)
        self._mouths[face.track] = tick, after
        return last + 1, np.nan if before is None else mouth_motion(before, after)

"""Searches of whole pictures are begun before it is their turn, beside the thread that follows faces.

A search takes five times as long as following a face, and most of it is the same whoever is known. It is
foreseen where it is certain: at a cut, and where the tracker says when the next one is due. What is found
does not depend on it; a search that was foreseen in vain, because a face was lost before, costs its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ..face import FaceTracker
from ..face.shots import Shot
from ..media import Frame
from .timeline import Timeline


class Foresight:
    """Passes frames on to who follows the faces in them, with their searches begun.

    Parameters
    ----------
    tracker : FaceTracker
        The one that follows, as a rule some frames behind.
    timeline : Timeline
        Looked at is the frame that stands for its tick.
    """

    def __init__(self, tracker: FaceTracker, timeline: Timeline) -> None:
        self._tracker, self._timeline = tracker, timeline
        self._last = -np.inf  # seconds of the last frame whose search was begun

    def through(self, frames: Iterable[tuple[Frame, Shot]]) -> Iterator[tuple[Frame, Shot]]:
        """The frames, each when the next one is known."""
        held: tuple[Frame, Shot] | None = None
        before: float | None = None
        for following in frames:
            if held is not None:
                frame, shot = held
                if shot.cut or before is None or self._due(frame.pts, before, following[0].pts):
                    self._tracker.foresee(frame)
                    self._last = frame.pts
                yield held
                before = frame.pts
            held = following
        if held is not None:
            yield held

    def _due(self, pts: float, before: float, after: float) -> bool:
        due = max(self._tracker.next_search, self._last + self._tracker.detection_interval)
        return pts >= due - 1e-6 and self._timeline.stands_for_tick(pts, before, after)

"""One person of a recording: where the face was seen, and what is known of it by tick."""

from __future__ import annotations

from array import array
from bisect import bisect_left

import numpy as np

from .by_tick import ByTick, Features
from .kept_rows import KeptRows
from .timeline import Timeline, fill_short_gaps

FACE_GAP = 0.25
"""Seconds: shorter gaps in a face are closed by linear interpolation of its features."""


class Person:
    """One tracked person.

    Parameters
    ----------
    track : int
        Number in the recording, from 1 in order of appearance.
    kept : KeptRows, optional
        Where the features lie; everybody in a recording may share it.

    Attributes
    ----------
    track : int
    features : Features
        Feature of the face by tick.
    mouth : ByTick
        `avaffect.face.mouth.mouth_motion` since the tick before, in pixels; only where it is known.
    detail : ByTick
        `avaffect.streams.quality.face_detail` of the face that the feature is of.
    """

    def __init__(self, track: int, kept: KeptRows | None = None) -> None:
        self.track = track
        self.features = Features(kept)
        self.mouth, self.detail = ByTick(), ByTick()
        # An hour has 90,000 frames: objects would take ten times as much.
        self._frames, self._boxes, self._confidences = array("q"), array("f"), array("d")

    @property
    def frames(self) -> np.ndarray:
        """(n,) int: positions, in the list of all frames, at which the face was found, ascending."""
        return np.array(self._frames)

    @property
    def boxes(self) -> np.ndarray:
        """(n, 4) float32: x1, y1, x2, y2 in pixels, for each of ``frames``."""
        return np.array(self._boxes).reshape(-1, 4)

    @property
    def confidences(self) -> np.ndarray:
        """(n,) float64 in [0, 1], for each of ``frames``."""
        return np.array(self._confidences)

    @property
    def prominence(self) -> float:
        """Height of the face in pixels times its confidence, summed over the frames."""
        boxes = self.boxes
        return float(self.confidences @ (boxes[:, 3] - boxes[:, 1]))

    def see(self, frame: int, box: np.ndarray, confidence: float) -> None:
        """Note that the face was found in a frame, after all frames so far."""
        self._frames.append(frame)
        self._boxes.extend(box.tolist())
        self._confidences.append(confidence)

    def join(self, other: Person) -> None:
        """Take what was seen of another track, at other frames, as this person."""
        frames = np.concatenate([self.frames, other.frames])
        order = np.argsort(frames, kind="stable")
        boxes = np.concatenate([self.boxes, other.boxes])[order]
        confidences = np.concatenate([self.confidences, other.confidences])[order]
        self._frames = array("q", frames[order].tobytes())
        self._boxes = array("f", boxes.tobytes())
        self._confidences = array("d", confidences.tobytes())
        self.features.update(other.features)
        self.detail.update(other.detail)
        self.mouth.update(other.mouth)

    def forget(self, frames: int, ticks: int) -> None:
        """Let go of the first frames and ticks of the recording: what comes after them is so much earlier."""
        gone = bisect_left(self._frames, frames)
        self._frames = array("q", (self.frames[gone:] - frames).tobytes())
        del self._boxes[: 4 * gone], self._confidences[:gone]
        for known in (self.features, self.mouth, self.detail):
            known.forget(ticks)


def person_span(person: Person, times: np.ndarray, ends: np.ndarray, timeline: Timeline) -> tuple[int, int]:
    """First tick, and one past the last, between a person's first and last sight.

    It is the whole recording for faces that were cut beforehand: of those no frames are known.

    Parameters
    ----------
    times, ends : (n,) np.ndarray
        Begin and end of each frame in seconds.
    """
    frames = person.frames
    if not len(frames):
        return 0, timeline.count(float(ends[-1]))
    return timeline.tick(float(times[frames[0]])), timeline.count(float(ends[frames[-1]]))


def in_view(person: Person, times: np.ndarray, ends: np.ndarray, timeline: Timeline) -> np.ndarray:
    """Where a person is seen within their `person_span`, (t,) bool; gaps up to `FACE_GAP` count as seen."""
    first, stop = person_span(person, times, ends, timeline)
    frames = person.frames
    if not len(frames):
        return np.ones(stop - first, dtype=bool)
    change = np.zeros(stop - first + 1, dtype=int)
    np.add.at(change, timeline.ticks(times[frames]) - first, 1)
    np.add.at(change, timeline.counts(ends[frames]) - first, -1)
    seen = np.cumsum(change)[:-1] > 0
    return fill_short_gaps(np.zeros((len(seen), 0)), seen, round(FACE_GAP * timeline.tick_rate))

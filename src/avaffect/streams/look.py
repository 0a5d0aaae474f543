"""What looking at a frame of a video gives, and where faces are in the frames between two looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..face import Face
from ..media import Frame


@dataclass(frozen=True, eq=False)
class Sight:
    """Where a face is in one frame.

    Attributes
    ----------
    position : int
        Of the frame, in the list of all frames.
    track : int
    box : (4,) np.ndarray
        x1, y1, x2, y2 in pixels.
    confidence : float
    """

    position: int
    track: int
    box: np.ndarray
    confidence: float


@dataclass(frozen=True, eq=False)
class Look:
    """What a frame showed that was looked at; the picture itself is not kept.

    Attributes
    ----------
    pts : float
        Of the frame, in seconds.
    size : tuple of int
        Height and width of the picture in pixels.
    faces : list of Face
        In this frame.
    sights : list of Sight
        Of this frame and of those since the last look, in the order of the frames for each face.
    """

    pts: float
    size: tuple[int, int]
    faces: list[Face]
    sights: list[Sight]


def look_at(frame: Frame, faces: list[Face], sights: list[Sight]) -> Look:
    """What a frame showed, of which the image is made already."""
    return Look(frame.pts, frame.image.shape[:2], faces, sights)


def sight(position: int, face: Face) -> Sight:
    """Where a face is that was found in the frame at a position."""
    return Sight(position, face.track, face.box, face.confidence)


def on_the_way(
    one: Face, other: Face, between: tuple[float, float], times: Sequence[float], first: int
) -> list[Sight]:
    """A face in the frames between two in which it was found: on the straight line.

    Parameters
    ----------
    between : tuple of float
        Seconds of the two frames.
    times : sequence of float
        Seconds of the frames in between.
    first : int
        Position of the first of these.
    """
    begin, end = between
    found = []
    for position, time in enumerate(times, first):
        share = (time - begin) / (end - begin)
        box = one.box + share * (other.box - one.box)
        confidence = one.confidence + share * (other.confidence - one.confidence)
        found.append(Sight(position, one.track, box.astype(np.float32), confidence))
    return found

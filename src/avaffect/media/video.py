"""The pictures of a file, one at a time, each with its own time."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from .clock import Clock
from .picture import Decoded, Developer, deinterlace, orientation
from .source import Source, decode_video, nothing_decoded, open_source

_USUAL_RATE = Fraction(25)
_NUDGE = 1e-5  # seconds; less than a tick of the 90 kHz clock, so no good stamp is moved


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a video.

    Attributes
    ----------
    index : its number in the file, from 0. Never a time.
    pts : when it is shown, in seconds from the container's start; strictly increasing.
    image : (height, width, 3) uint8 RGB, deinterlaced, upright, with square pixels.
    """

    index: int
    pts: float
    image: np.ndarray


def frames(path: Path | str) -> Generator[Frame, None, None]:
    """Read the pictures of a video one at a time; the memory used does not grow with its length.

    Nothing is yielded when the file has sound only, or (with a warning in the log) when its
    picture cannot be decoded but its sound may. A file that breaks midway yields what it has, with
    a warning.

    Parameters
    ----------
    path : a video file of any format that FFmpeg knows.

    Raises
    ------
    MediaError
        In one line, when the file cannot be opened or nothing in it can be decoded.
    """
    with open_source(path) as source:
        if source.video is None:
            return
        develop = Developer(source.video.sample_aspect_ratio)
        last = -np.inf
        index = -1
        for index, picture in enumerate(deinterlace(_timed(source, source.video))):
            last = max(float(picture.pts), last + _NUDGE)
            yield Frame(index, last, develop(picture))
        if index < 0:
            nothing_decoded(source, "picture", alone=source.audio is None)


def _timed(source: Source, stream: VideoStream) -> Iterator[Decoded]:
    clock = Clock(source, stream)
    usual = 1 / (stream.average_rate or stream.guessed_rate or _USUAL_RATE)
    for frame in decode_video(source, stream):
        pts = clock.begins(frame, _length(frame) or usual)
        yield Decoded(frame, pts, orientation(frame))


def _length(frame: VideoFrame) -> Fraction:
    return frame.duration * frame.time_base if frame.time_base is not None else Fraction(0)

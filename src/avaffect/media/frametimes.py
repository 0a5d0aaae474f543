"""When the frames of a video are shown, without making pictures of them."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import MediaError
from .clock import Clock
from .source import decode_video, open_source

_USUAL = Fraction(1, 25)  # seconds; only for frames that carry no time


@lru_cache(maxsize=4)  # two people of one video are extracted one after the other
def frame_times(path: Path) -> NDArray[np.float64]:
    """Time of every frame: (n,) seconds from the container's start, as `avaffect.media.frames` counts them.

    Frames are decoded, since only decoding tells how many there are: row i of a label file is the i-th frame
    that comes out of the decoder.

    Raises
    ------
    MediaError
        If the file cannot be opened or holds no picture.
    """
    times: list[float] = []
    with open_source(path) as source:
        if source.video is not None:
            clock = Clock(source, source.video)
            rate = source.video.average_rate or source.video.guessed_rate
            usual = 1 / rate if rate else _USUAL
            for frame in decode_video(source, source.video):
                length = frame.duration * frame.time_base if frame.time_base is not None else Fraction(0)
                times.append(float(clock.begins(frame, length or usual)))
    if not times:
        raise MediaError(f"{path}: holds no picture that can be decoded; a video was expected")
    return np.maximum.accumulate(np.asarray(times))

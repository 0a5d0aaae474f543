"""Frames and samples in memory, checked and brought to the form that media files are read in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ..errors import MediaError
from ..media import AudioBlock, Frame
from ..media.sound import resample


def signal_frames(
    frames: Iterable[np.ndarray] | None, times: Iterable[float] | None
) -> Iterator[Frame] | None:
    """Pictures with their times; None where neither is given. Both are read one at a time.

    Raises
    ------
    MediaError
        If one comes without the other, or, while they are read, a picture or a time is not as expected.
    """
    if frames is None and times is None:
        return None
    if times is None:
        raise MediaError("frames without times: give times=, the seconds of each frame")
    if frames is None:
        raise MediaError("times without frames: give frames=, one (h, w, 3) uint8 RGB picture for each time")
    if not isinstance(times, Iterable):
        raise MediaError(
            f"times={times!r}: expected the seconds of each frame, e.g. np.arange(len(frames)) / {times!r}"
        )
    if not isinstance(frames, Iterable):
        raise MediaError(f"frames={frames!r}: expected pictures, (h, w, 3) uint8 RGB each")
    return _frames(frames, times)


def signal_blocks(samples: np.ndarray | None, sample_rate: float | None) -> Iterator[AudioBlock] | None:
    """Sound from second 0 as one block at 16 kHz; None where neither is given.

    Raises
    ------
    MediaError
        If one comes without the other, or the samples are not one channel of finite numbers.
    """
    if samples is None and sample_rate is None:
        return None
    if sample_rate is None:
        raise MediaError("samples without sample_rate: give sample_rate=, samples per second, e.g. 16000")
    if samples is None:
        raise MediaError(f"sample_rate={sample_rate} without samples: give samples=, (n,) mono in [-1, 1]")
    return iter([AudioBlock(0.0, resample(samples, sample_rate))])


def _frames(images: Iterable[np.ndarray], times: Iterable[float]) -> Iterator[Frame]:
    last, clock = -np.inf, iter(times)
    count = 0
    for index, image in enumerate(images):
        image = np.asarray(image)
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise MediaError(f"frame {index} is {image.dtype} {image.shape}: expected (h, w, 3) uint8 RGB")
        time = next(clock, None)
        if time is None:
            raise MediaError(f"{index} times for more frames: expected one time a frame")
        if not last < time < np.inf:
            raise MediaError(f"frame {index} is at {time} s, not after {last} s: times must increase")
        last, count = time, index + 1
        yield Frame(index, float(time), image)
    if next(clock, None) is not None:
        raise MediaError(f"more than {count} times for {count} frames: expected one time a frame")

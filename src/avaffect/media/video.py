"""The pictures of a video, one at a time, each with its own time; or their times alone."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from functools import cache, cached_property, lru_cache, partial
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ..arguments import checks_types
from ..errors import MediaError
from .clock import Clock
from .exif import exif_orientation
from .picture import Decoded, FrameConverter, deinterlace, orientation, sampled
from .source import Source, decode_video, first_bytes, first_stamp, nothing_decoded, open_source

_USUAL_RATE = Fraction(25)  # frames per second; only for frames that carry no time
_PHOTO_HEAD = 256 * 1024  # bytes in which EXIF stands
_NUDGE = 1e-5  # seconds; less than a tick of the 90 kHz clock, so no good stamp is moved


class Frame:
    """One picture of a video.

    Parameters
    ----------
    index : int
        Its number in the file, from 0. Not a time: frame rates vary.
    pts : float
        When it is shown, in seconds from the container's start; strictly increasing.
    image : (height, width, 3) uint8 np.ndarray, or callable
        RGB, deinterlaced, upright, with square pixels; or what makes it when it is first asked for, since
        not every frame that is decoded is looked at.
    duration : float
        How long the file says that it is shown, in seconds; 0 where it does not say.
    thumbnail : callable, optional
        Makes the `thumbnail` without the whole image.
    """

    def __init__(
        self,
        index: int,
        pts: float,
        image: np.ndarray | Callable[[], np.ndarray],
        duration: float = 0.0,
        thumbnail: Callable[[], np.ndarray] | None = None,
    ) -> None:
        self.index, self.pts, self.duration = index, pts, duration
        self._image, self._thumbnail = image, thumbnail

    @cached_property
    def image(self) -> np.ndarray:
        """(height, width, 3) uint8 RGB, deinterlaced, upright, with square pixels."""
        return self._image() if callable(self._image) else self._image

    @cached_property
    def thumbnail(self) -> np.ndarray:
        """(128, 192, 3) uint8 RGB: the picture stretched to this size, pixels picked from it.

        It need not be upright. It is for comparing pictures of one video with each other.
        """
        return sampled(self.image) if self._thumbnail is None else self._thumbnail()


@checks_types
def frames(path: Path | str) -> Generator[Frame, None, None]:
    """Read the pictures of a video one at a time; the memory used does not grow with its length.

    A file with sound only yields nothing. So does a file whose pictures cannot be decoded but whose sound
    can; a warning is logged. A damaged file yields the pictures before the damage, and a warning is logged.

    Examples
    --------
    >>> from avaffect.media import frames
    >>> def duration(path):
    ...     return max((frame.pts for frame in frames(path)), default=0.0)

    Parameters
    ----------
    path : path
        A video file of any format that FFmpeg knows.

    Raises
    ------
    MediaError
        If the file cannot be opened or nothing in it can be decoded.
    """
    with open_source(path) as source:
        if source.video is None:
            return
        convert = FrameConverter(source.video.sample_aspect_ratio)
        last = -_NUDGE
        index = -1
        for index, picture in enumerate(deinterlace(_timed(source, source.video))):
            last = max(float(picture.pts), last + _NUDGE)
            image, thumbnail = convert.later(picture)
            yield Frame(index, last, image, float(picture.length), thumbnail)
        if index < 0:
            nothing_decoded(source, "picture", alone=source.audio is None)


@lru_cache(maxsize=4)  # two people of one video are extracted one after the other
def frame_times(path: Path) -> NDArray[np.float64]:
    """The time of every frame of a video, without making images of them.

    The frames are decoded, since only decoding tells how many there are: row i of a label file is the i-th
    frame that comes out of the decoder.

    Returns
    -------
    (n,) float64
        Seconds from the container's start, as `frames` counts them.

    Raises
    ------
    MediaError
        If the file cannot be opened or holds no picture.
    """
    times: list[float] = []
    with open_source(path) as source:
        if source.video is not None:
            times += [max(0.0, float(picture.pts)) for picture in _timed(source, source.video)]
    if not times:
        raise MediaError(f"{path}: holds no picture that can be decoded; a video was expected")
    return np.maximum.accumulate(np.asarray(times))


def _timed(source: Source, stream: VideoStream) -> Iterator[Decoded]:
    clock = Clock(source, stream, partial(first_stamp, source, stream))
    of_photo = cache(lambda: exif_orientation(first_bytes(source.path, _PHOTO_HEAD)))
    usual = 1 / (stream.average_rate or stream.guessed_rate or _USUAL_RATE)  # seconds
    for frame in decode_video(source, stream):
        length = _length(frame)
        pts = clock.begins(frame, length or usual)
        yield Decoded(frame, pts, orientation(frame, of_photo), length)


def _length(frame: VideoFrame) -> Fraction:
    return (frame.duration or 0) * frame.time_base if frame.time_base is not None else Fraction(0)

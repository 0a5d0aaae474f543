"""What a media file holds, told without reading it through."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import av

from ..errors import MediaError
from .sound import audio
from .source import open_source
from .video import frames


@dataclass(frozen=True)
class MediaInfo:
    """What a file holds, as far as its header and its first picture and sound tell.

    Attributes
    ----------
    path : the file.
    duration : length in seconds, as the container states or estimates it; None when it does not.
    has_video, has_audio : whether there is picture, sound, that can be decoded.
    width, height : size in pixels of the images that `frames` yields; None without picture.
    frame_rate : average pictures per second, for information only: frames have their own times.
    frame_count : pictures the file announces, or an estimate; None when it cannot be told.
    sample_rate : samples per second of the sound as stored; None without sound.
    video_start, audio_start : when the first picture, sound, begins, in seconds from the
        container's start; NaN without.
    """

    path: Path
    duration: float | None
    has_video: bool
    has_audio: bool
    width: int | None
    height: int | None
    frame_rate: float | None
    frame_count: int | None
    sample_rate: int | None
    video_start: float
    audio_start: float


def probe(path: Path | str) -> MediaInfo:
    """Say what a media file holds; decodes its first picture and its first half second of sound.

    Raises
    ------
    MediaError
        In one line, when the file cannot be opened or nothing in it can be decoded.
    """
    path = Path(path)
    with closing(frames(path)) as pictures:
        picture = next(pictures, None)
    with closing(audio(path)) as blocks:
        block = next(blocks, None)
    if picture is None and block is None:
        raise MediaError(f"{path}: nothing of it can be decoded; copy or export it again")
    with open_source(path) as source:
        duration = source.container.duration
        seconds = None if duration is None else duration / av.time_base
        rate = source.video.average_rate if source.video and picture else None
        count = source.video.frames if source.video and picture else 0
        sample_rate = source.audio.codec_context.sample_rate if source.audio and block else None
    if not count and rate and seconds:
        count = round(seconds * rate)
    return MediaInfo(
        path=path,
        duration=seconds,
        has_video=picture is not None,
        has_audio=block is not None,
        width=picture.image.shape[1] if picture else None,
        height=picture.image.shape[0] if picture else None,
        frame_rate=float(rate) if rate else None,
        frame_count=count or None,
        sample_rate=sample_rate,
        video_start=picture.pts if picture else float("nan"),
        audio_start=block.start if block else float("nan"),
    )

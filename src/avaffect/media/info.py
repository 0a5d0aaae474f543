"""What a media file holds, without decoding all of it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import av

from ..arguments import checks_types
from ..errors import MediaError
from .sound import audio
from .sound import audio_track as default_track
from .source import open_source
from .video import frames


@dataclass(frozen=True)
class MediaInfo:
    """What a file holds, by its header, its first picture and its first sound.

    Attributes
    ----------
    path : Path
    duration : float or None
        Length in seconds that the container states or estimates.
    has_video, has_audio : bool
        Whether pictures, and sound, can be decoded.
    width, height : int or None
        Size in pixels of the images that `frames` yields; None without pictures.
    frame_rate : float or None
        Average pictures per second (Hz). For information only: frames have their own times.
    frame_count : int or None
        Number of pictures that the file states, or an estimate; None if neither is possible.
    sample_rate : int or None
        Samples per second (Hz) of the stored sound; None without sound.
    video_start, audio_start : float
        Time of the first picture, and of the first sample, in seconds from the container's start; NaN
        without one.
    audio_track : int or None
        Number of the sound track that is read, from 1, see `audio_track`; None without sound.
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
    audio_track: int | None = None


@checks_types
def probe(path: Path | str, audio_track: int | None = None) -> MediaInfo:
    """Tell what a media file holds; decodes its first picture and its first half second of sound.

    Parameters
    ----------
    path : path
    audio_track : int, optional
        Number of the sound track, from 1; by default as `avaffect.media.audio_track` chooses.

    Raises
    ------
    MediaError
        If the file cannot be opened, nothing in it can be decoded, or it has no such track.
    """
    path = Path(path)
    with open_source(path, audio_track) as source:
        duration, video = source.container.duration, source.video
        decoders = [stream.codec_context for stream in source.container.streams.audio]
        rates = [decoder.sample_rate if decoder else None for decoder in decoders]
        track = source.audio_track or None
        frame_rate, count = (video.average_rate, video.frames) if video else (None, 0)
    if audio_track is None and len(rates) > 1:
        track = default_track(path)
    with closing(frames(path)) as pictures:
        picture = next(pictures, None)
    with closing(audio(path, track=track)) as blocks:
        block = next(blocks, None)
    if picture is None and block is None:
        raise MediaError(f"{path}: nothing of it can be decoded; copy or export it again")
    if picture is None:
        frame_rate, count = None, 0
    seconds = None if duration is None else duration / av.time_base
    if not count and frame_rate and seconds:
        count = round(seconds * frame_rate)
    return MediaInfo(
        path=path,
        duration=seconds,
        has_video=picture is not None,
        has_audio=block is not None,
        width=picture.image.shape[1] if picture else None,
        height=picture.image.shape[0] if picture else None,
        frame_rate=float(frame_rate) if frame_rate else None,
        frame_count=count or None,
        sample_rate=rates[track - 1] if track and block else None,
        video_start=picture.pts if picture else float("nan"),
        audio_start=block.start if block else float("nan"),
        audio_track=track if block else None,
    )

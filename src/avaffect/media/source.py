"""Open a media file: the streams to read, the zero of their common clock, and errors in one line."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard, Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..errors import MediaError
from ..files import url

log = logging.getLogger(__name__)

StreamT = TypeVar("StreamT", VideoStream, AudioStream)

# FFmpeg reads text files as "ANSI art" when their name ends in .txt: that is no video.
_NOT_MEDIA = {"tty"}
_PICTURES_OF_THE_TRACK = Disposition.attached_pic | Disposition.timed_thumbnails
# These store their length; for other formats it is only estimated from the bit rate.
_STATES_ITS_LENGTH = {"mov", "matroska", "avi"}
_CUT_SHORT = 1.0  # seconds missing at the end from which on a file counts as cut off


@dataclass(frozen=True)
class Source:
    """An open container and what of it is read.

    Attributes
    ----------
    path : Path
    container : av.container.InputContainer
    video, audio : stream or None
        The stream to read; None where none can be decoded.
    zero : Fraction
        The earliest start of any picture or sound stream, in the container's own seconds. All times that
        `avaffect.media` returns are counted from it.
    """

    path: Path
    container: InputContainer
    video: VideoStream | None
    audio: AudioStream | None
    zero: Fraction

    @property
    def format(self) -> str:
        """The first name of the container's format, such as "mov" or "matroska"."""
        return self.container.format.name.split(",")[0]


@contextmanager
def open_source(path: Path | str) -> Iterator[Source]:
    """Open a media file for reading and close it afterwards.

    Raises
    ------
    MediaError
        If the file is missing, a folder, empty, unreadable, no media, cut off before its index,
        or without any stream that can be decoded.
    """
    path = Path(path)
    head = _first_bytes(path)
    try:
        # An absolute path cannot be taken for a protocol ("talk: part 1.mp4"). Tags in an old encoding
        # are no reason to fail.
        container = av.open(str(path.absolute()), metadata_errors="replace")
    except av.FFmpegError as error:
        raise MediaError(_unopenable(path, head, error.strerror)) from error
    with container:
        video = [s for s in container.streams.video if _is_video(s)]
        audio = [s for s in container.streams.audio if _is_audio(s)]
        if not len(container.streams):
            raise MediaError(_unopenable(path, head, "no streams"))
        if container.format.name in _NOT_MEDIA or not (video or audio):
            raise MediaError(
                f"{path}: holds neither picture nor sound that can be decoded; "
                "give a video or audio file, such as mp4, mov, mkv, wav or mp3"
            )
        starts = [start for s in (*video, *audio) if (start := start_of(s)) is not None]
        yield Source(
            path=path,
            container=container,
            video=max(video, key=_video_rank, default=None),
            audio=max(audio, key=_is_default, default=None),
            zero=min(starts, default=Fraction(0)),
        )


def decode_video(source: Source, stream: VideoStream) -> Iterator[VideoFrame]:
    """The decoded pictures of one stream; damaged packets are skipped and reported once."""
    stream.thread_type = "AUTO"
    yield from _decode(source, stream)


def decode_audio(source: Source, stream: AudioStream) -> Iterator[AudioFrame]:
    """The decoded sound of one stream; damaged packets are skipped and reported once."""
    read_only(source, stream)
    yield from _decode(source, stream)


def read_only(source: Source, stream: AudioStream) -> None:
    """Skip all other streams: their packets are not even read from the disk."""
    for other in source.container.streams:
        if other is not stream:
            other.discard = Discard.all


def start_of(stream: Stream) -> Fraction | None:
    """When a stream begins in the container's own seconds; None for raw streams without times."""
    if stream.start_time is None or stream.time_base is None:
        return None
    return stream.start_time * stream.time_base


def nothing_decoded(source: Source, what: str, *, alone: bool) -> None:
    """Raise a MediaError if a stream that gave nothing is ``alone`` in the file; else log a warning."""
    if alone:
        raise MediaError(f"{source.path}: nothing of its {what} can be decoded; copy or export it again")
    log.warning("%s: nothing of its %s can be decoded; read without it", source.path, what)


def _decode(source: Source, stream: VideoStream | AudioStream) -> Iterator:
    damaged = 0
    end = Fraction(0)
    try:
        for packet in source.container.demux(source.container.streams.get()):
            if packet.pts is not None:
                length = packet.duration or 0
                end = max(end, (packet.pts + length) * packet.time_base - source.zero)
            if packet.stream is not stream:
                continue
            try:
                yield from packet.decode()
            except av.FFmpegError:
                damaged += 1
    except av.FFmpegError as error:
        log.warning(
            "%s: cannot be read to its end (%s); what came before is used", source.path, error.strerror
        )
    if damaged:
        log.warning("%s: %d damaged %s packets were skipped", source.path, damaged, stream.type)
    if stream is source.video or source.video is None:
        _warn_if_cut(source, float(end))


def _warn_if_cut(source: Source, end: float) -> None:
    announced = (source.container.duration or 0) / av.time_base
    if source.format in _STATES_ITS_LENGTH and end < announced - _CUT_SHORT:
        log.warning(
            "%s: ends at %.2f s though it announces %.2f s; it is probably cut off",
            source.path,
            end,
            announced,
        )


def _first_bytes(path: Path) -> bytes:
    """The file's first bytes, or a MediaError that says why it cannot be read."""
    if address := url(path):
        raise MediaError(f"{address}: is an address, a file was expected; download it and give its name")
    if path.is_dir():
        raise MediaError(f"{path}: is a folder, a media file was expected; name a file in it")
    try:
        if path.exists() and not path.is_file():
            raise MediaError(f"{path}: is not a regular file; save the recording to a file first")
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError as error:
        raise MediaError(f"{path}: no such file; check the spelling or give the full path") from error
    except PermissionError as error:
        raise MediaError(f"{path}: may not be read; change its permissions or copy it") from error
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror}); check the disk") from error
    if not head:
        raise MediaError(f"{path}: is empty (0 bytes); copy or export it again")
    return head


def _unopenable(path: Path, head: bytes, reason: str | None) -> str:
    if head[4:8] == b"ftyp":
        return f"{path}: is cut off or unfinished (its index is missing); copy or export it again"
    return (
        f"{path}: is not a video or audio file that can be read ({reason}); "
        "give mp4, mov, mkv, avi, mpg, wav, flac or mp3, or convert it to one of them"
    )


def _is_video(stream: VideoStream) -> bool:
    context = stream.codec_context
    return (
        context is not None
        and context.width > 0
        and context.height > 0
        and not stream.disposition & _PICTURES_OF_THE_TRACK
    )


def _is_audio(stream: AudioStream) -> bool:
    return stream.codec_context is not None and stream.codec_context.sample_rate > 0


def _is_default(stream: VideoStream | AudioStream) -> bool:
    return bool(stream.disposition & Disposition.default)


def _video_rank(stream: VideoStream) -> tuple[bool, int]:
    return _is_default(stream), stream.codec_context.width * stream.codec_context.height

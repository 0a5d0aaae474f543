"""Open a media file: the streams to read, the zero of their common clock, and errors in one line."""

from __future__ import annotations

import logging
import os
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
from av.packet import Packet
from av.stream import Discard, Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..address import Address, place
from ..errors import MediaError, advice
from .formats import FORMATS

log = logging.getLogger(__name__)

StreamT = TypeVar("StreamT", VideoStream, AudioStream)

# Nothing but the file itself is opened: no address, and no other file that it names.
_OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
# The head of a live recording in FLV does not say which streams will come: ten minutes are searched.
_OPTIONS_OF_FLV = {"analyzeduration": "600000000", "probesize": "50000000"}  # microseconds, bytes
# Larger pictures are refused before memory is asked for: 16384 x 8192, twice the sides of 8K.
_MOST_PIXELS = 2**27
LONGEST_PAUSE = Fraction(3600)
"""Seconds: a longer pause within a stream, or between the starts of two, is not believed."""
SAMPLE_RATES = (1000, 1_000_000)
"""Lowest and highest sample rate in Hz of sound that is read; others are damage."""
_MOST_UNSTAMPED = 10_000  # packets that are searched for the first stamp
_NOTHING = (
    "{}: holds neither picture nor sound that can be decoded (a playlist is not followed); "
    "give a video or audio file, such as mp4, mov, mkv, wav or mp3"
)
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
    audio_track : int
        Number of ``audio`` among the file's sound tracks, from 1; 0 without sound.
    zero : Fraction
        The earliest start of any picture or sound stream, in the container's own seconds. All times that
        `avaffect.media` returns are counted from it.
    """

    path: Path
    container: InputContainer
    video: VideoStream | None
    audio: AudioStream | None
    audio_track: int
    zero: Fraction

    @property
    def format(self) -> str:
        """The first name of the container's format, such as "mov" or "matroska"."""
        return self.container.format.name.split(",")[0]


@contextmanager
def open_source(path: Path | str, audio_track: int | None = None) -> Iterator[Source]:
    """Open a media file for reading and close it afterwards.

    Parameters
    ----------
    path : path
    audio_track : int, optional
        Number of the sound track to read, from 1; by default the container's default track.

    Raises
    ------
    MediaError
        If the file is missing, a folder, empty, unreadable, no media, cut off before its index,
        without any stream that can be decoded, or without this sound track; if its pictures are too large,
        or its streams begin more than an hour apart.
    """
    path = Path(path)
    head = first_bytes(path)
    with _open(path, head) as container:
        video = [s for s in container.streams.video if _is_video(s)]
        audio = [s for s in container.streams.audio if _is_audio(s)]
        if not len(container.streams):
            raise MediaError(_unopenable(path, head, "no streams"))
        if not (video or audio):
            raise MediaError(_NOTHING.format(path))
        for stream in audio:
            _own_layout(stream)
        picture = max(video, key=_video_rank, default=None)
        sound = _chosen_audio(path, container, audio, audio_track)
        _check_size(path, picture)
        starts = [start for s in (*video, *audio) if (start := start_of(s)) is not None]
        zero = min(starts, default=Fraction(0))
        _check_starts(path, picture, sound, zero)
        number = 0 if sound is None else container.streams.audio.index(sound) + 1
        yield Source(path, container, picture, sound, number, zero)


def _open(path: Path, head: bytes) -> InputContainer:
    options = _OPTIONS | (_OPTIONS_OF_FLV if head.startswith(b"FLV") else {})
    try:
        # An absolute path cannot be taken for a protocol ("talk: part 1.mp4"). Tags in an old encoding
        # are no reason to fail.
        return av.open(str(path.absolute()), metadata_errors="replace", container_options=options)
    except (av.FFmpegError, ValueError) as error:
        refused = isinstance(error, av.ArgumentError)  # by the list of formats
        reason = getattr(error, "strerror", None) or str(error)
    # By its name FFmpeg takes a photo for the first of numbered pictures, which is not allowed: by its
    # content alone it is read.
    try:
        nameless = os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), "rb")
        container = av.open(nameless, metadata_errors="replace", container_options=_OPTIONS)
    except (av.FFmpegError, ValueError, OSError):
        raise MediaError(_NOTHING.format(path) if refused else _unopenable(path, head, reason)) from None
    assert isinstance(container, InputContainer)
    return container


def decode_video(source: Source, stream: VideoStream) -> Iterator[VideoFrame]:
    """The decoded pictures of one stream; damaged packets are skipped and reported once.

    Decoding runs on the slices of one picture at a time: with several pictures at a time, those in work when
    a damaged one is met are lost, how many depends on the machine.
    """
    stream.thread_type = "SLICE"
    yield from _decode(source, stream)


def decode_audio(source: Source, stream: AudioStream) -> Iterator[AudioFrame]:
    """The decoded sound of one stream; damaged packets are skipped and reported once."""
    read_only(source, stream)
    for frame in _decode(source, stream):
        if (
            _is_rate(frame.sample_rate) and frame.layout.nb_channels
        ):  # a damaged head of a frame states others
            yield frame


def read_only(source: Source, stream: AudioStream) -> None:
    """Skip all other streams: their packets are not even read from the disk."""
    for other in source.container.streams:
        if other is not stream:
            other.discard = Discard.all


def first_stamp(source: Source, stream: VideoStream | AudioStream) -> tuple[int, Fraction] | None:
    """Packets of a stream before the first with a time stamp, and that stamp in the container's own seconds.

    None where no packet has one.
    """
    with open_source(source.path) as again:
        for count, packet in enumerate(packets(again, again.container.streams[stream.index])):
            if packet.pts is not None and packet.time_base is not None:
                return count, packet.pts * packet.time_base
            if count == _MOST_UNSTAMPED:
                break
    return None


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
        for packet in packets(source):
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


def packets(source: Source, *streams: Stream) -> Iterator[Packet]:
    """The packets of some streams, or of all; those that empty the decoders come last."""
    try:
        yield from source.container.demux(streams or source.container.streams.get())
    except IndexError:  # PyAV's, after all others: a stream began later than the file's head says
        log.warning("%s: a stream that begins late is not read; export it again to read it", source.path)


def _warn_if_cut(source: Source, end: float) -> None:
    announced = (source.container.duration or 0) / av.time_base
    if source.format in _STATES_ITS_LENGTH and end < announced - _CUT_SHORT:
        log.warning(
            "%s: ends at %.2f s though it announces %.2f s; it is probably cut off",
            source.path,
            end,
            announced,
        )


def first_bytes(path: Path, count: int = 64) -> bytes:
    """The file's first bytes, or a MediaError that says why it cannot be read."""
    if isinstance(address := place(path), Address):
        raise MediaError(f"{address}: is an address, a file was expected; download it and give its name")
    try:
        if path.is_dir():
            raise MediaError(f"{path}: is a folder, a media file was expected; name a file in it")
        if path.exists() and not path.is_file():
            raise MediaError(f"{path}: is not a regular file; save the recording to a file first")
        with path.open("rb") as file:
            head = file.read(count)
    except FileNotFoundError as error:
        raise MediaError(f"{path}: no such file; check the spelling or give the full path") from error
    except PermissionError as error:
        raise MediaError(f"{path}: may not be read; change its permissions or copy it") from error
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror}); {advice(error)}") from error
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


def _chosen_audio(
    path: Path, container: InputContainer, usable: list[AudioStream], number: int | None
) -> AudioStream | None:
    """The sound track of this number, or the default one; None without sound."""
    if number is None:
        return max(usable, key=_is_default, default=None)
    tracks = container.streams.audio
    if not 1 <= number <= len(tracks):
        has = {0: "no sound track", 1: "one sound track"}.get(len(tracks), f"{len(tracks)} sound tracks")
        raise MediaError(f"{path}: has {has}, track {number} was asked for; leave the number out")
    if tracks[number - 1] not in usable:
        raise MediaError(f"{path}: sound track {number} cannot be decoded; leave the number out")
    return tracks[number - 1]


def _own_layout(stream: AudioStream) -> None:
    """Give the decoder a channel layout that is free of a channel map.

    PyAV copies layouts without the map they point to, and frees it with each copy: the process dies. Once
    replaced here, the map belongs to one object alone.
    """
    context = stream.codec_context
    layout = context.layout
    if layout.nb_channels:
        name = layout.name
        context.layout = f"{layout.nb_channels} channels" if "+" in name else name


def _check_size(path: Path, stream: VideoStream | None) -> None:
    if stream is None:
        return
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > _MOST_PIXELS:
        raise MediaError(
            f"{path}: states pictures of {width} x {height} pixels; "
            "at most 16384 x 8192 are read: scale it down"
        )


def _check_starts(path: Path, video: VideoStream | None, audio: AudioStream | None, zero: Fraction) -> None:
    """Refuse streams that begin so far apart that their times cannot be those of one recording."""
    for stream, other in ((video, "sound"), (audio, "pictures")):
        start = None if stream is None else start_of(stream)
        if start is not None and start - zero > LONGEST_PAUSE:
            what = "pictures begin" if other == "sound" else "sound begins"
            raise MediaError(
                f"{path}: its {what} {float(start - zero) / 3600:.1f} hours after its {other}; "
                "at most one hour is expected: mend its times, e.g. with ffmpeg -itsoffset"
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
    return stream.codec_context is not None and _is_rate(stream.codec_context.sample_rate)


def _is_rate(sample_rate: int) -> bool:
    return SAMPLE_RATES[0] <= sample_rate <= SAMPLE_RATES[1]


def _is_default(stream: VideoStream | AudioStream) -> bool:
    return bool(stream.disposition & Disposition.default)


def _video_rank(stream: VideoStream) -> tuple[bool, int]:
    return _is_default(stream), stream.codec_context.width * stream.codec_context.height

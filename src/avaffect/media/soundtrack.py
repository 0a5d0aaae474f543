"""Copy the sound of one file under the pictures of another, at its own times."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from .sound import audio_track, blocks
from .source import open_source, packets, read_only

log = logging.getLogger(__name__)

# Copied as they are into these containers, whose edit lists keep an encoder's delay; all other
# sound becomes AAC, which every player knows.
_COPIED = {"aac", "mp3"}
_INTO = {"mp4", "mov"}
_AAC_RATES = (16000, 22050, 24000, 32000, 44100, 48000)
_AAC_FRAME = 1024  # samples


class Soundtrack:
    """Feeds the sound of a file into an open output container, in step with its pictures.

    Parameters
    ----------
    source : Path
        The file whose sound is copied.
    container : av.container.OutputContainer
        Where an audio stream is added, if there is sound.
    track : int, optional
        Number of the sound track, from 1; by default as `avaffect.media.audio_track` chooses.

    Raises
    ------
    MediaError
        If ``source`` cannot be opened.
    """

    def __init__(self, source: Path, container: OutputContainer, track: int | None = None) -> None:
        self._container = container
        self._packets: Iterator[Packet] = iter(())
        self._waiting: Packet | None = None
        number = audio_track(source) if track is None else track
        with open_source(source, number) as opened:
            if opened.audio is None:
                return
            if _can_be_copied(source, number, container.format.name):
                stream = container.add_stream_from_template(opened.audio)
                self._packets = _copied(source, number, stream)
            else:
                own_rate = opened.audio.codec_context.sample_rate
                sample_rate = min((r for r in _AAC_RATES if r >= own_rate), default=48000)
                stream = container.add_stream("aac", rate=sample_rate)
                stream.layout = "mono" if opened.audio.codec_context.channels == 1 else "stereo"
                self._packets = _encoded(source, number, stream, sample_rate)

    def until(self, seconds: float) -> None:
        """Write the sound that begins before ``seconds`` (from the container's start)."""
        while (packet := self._waiting or next(self._packets, None)) is not None:
            if _begins(packet) > seconds:
                self._waiting = packet
                return
            self._waiting = None
            self._container.mux_one(packet)

    def close(self) -> None:
        """Write what is left of the sound."""
        self.until(float("inf"))


def _begins(packet: Packet) -> float:
    if packet.pts is None or packet.time_base is None:
        return 0.0
    return float(packet.pts * packet.time_base)


class _Nowhere:
    """A file that forgets what is written to it."""

    def __init__(self) -> None:
        self._place = self._size = 0

    def write(self, data: bytes) -> int:
        """Count the bytes."""
        self._place += len(data)
        self._size = max(self._size, self._place)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place, as in any file."""
        self._place = offset + (0, self._place, self._size)[whence]
        return self._place

    def tell(self) -> int:
        """The place."""
        return self._place


def _can_be_copied(path: Path, track: int | None, kind: str) -> bool:
    """Whether a container of this kind takes the sound as it is stored; tried out, with all of it."""
    with open_source(path, track) as source:
        # raw streams (ADTS and the like) carry no stamps that could be copied
        if source.audio is None or source.audio.start_time is None or kind not in _INTO:
            return False
        if source.audio.codec_context.codec.canonical_name not in _COPIED:
            return False
        try:
            with av.open(_Nowhere(), "w", format=kind) as trial:
                for packet in _copied(path, track, trial.add_stream_from_template(source.audio)):
                    if packet.is_corrupt:
                        return False
                    trial.mux_one(packet)
        except (av.FFmpegError, ValueError):
            return False
    return True


def _copied(path: Path, track: int | None, stream: AudioStream) -> Iterator[Packet]:
    last: int | None = None
    with open_source(path, track) as source:
        if source.audio is None:
            return
        read_only(source, source.audio)
        try:
            for packet in packets(source, source.audio):
                if packet.pts is None or packet.dts is None or packet.time_base is None:
                    continue
                shift = round(source.zero / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                if last is None or packet.dts > last:  # a spliced file may step back
                    last = packet.dts
                    packet.stream = stream
                    yield packet
        except av.FFmpegError as error:
            log.warning("%s: sound ends early (%s)", path, error.strerror)


def _encoded(path: Path, track: int | None, stream: AudioStream, sample_rate: int) -> Iterator[Packet]:
    layout = stream.codec_context.layout.name
    for start, samples in _filled(path, track, sample_rate, layout == "stereo"):
        frame = AudioFrame.from_ndarray(samples.T.copy(), format="fltp", layout=layout)
        frame.sample_rate, frame.time_base = sample_rate, Fraction(1, sample_rate)
        frame.pts = start
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _filled(
    path: Path, track: int | None, sample_rate: int, stereo: bool
) -> Iterator[tuple[int, np.ndarray]]:
    """Pieces as long as an encoder's frame, as (first sample, (n, channel)); gaps are filled with zeros."""
    first: int | None = None
    rest = np.zeros((0, 2 if stereo else 1), np.float32)
    for start, samples in blocks(path, sample_rate=sample_rate, track=track, stereo=stereo):
        place = round(start * sample_rate)
        first = place if first is None else first
        gap = max(0, place - first - len(rest))
        for piece in (*_silence(gap, sample_rate, rest.shape[1]), samples):
            rest = np.concatenate([rest, piece])
            whole = len(rest) // _AAC_FRAME * _AAC_FRAME
            for at in range(0, whole, _AAC_FRAME):
                yield first + at, rest[at : at + _AAC_FRAME]
            first, rest = first + whole, rest[whole:]
    if first is not None and len(rest):
        yield first, rest


def _silence(samples: int, sample_rate: int, channels: int) -> Iterator[np.ndarray]:
    """So many samples of silence, at most a second at a time."""
    for done in range(0, samples, sample_rate):
        yield np.zeros((min(sample_rate, samples - done), channels), np.float32)

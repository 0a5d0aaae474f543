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

from .sound import blocks
from .source import open_source, read_only

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

    Raises
    ------
    MediaError
        If ``source`` cannot be opened.
    """

    def __init__(self, source: Path, container: OutputContainer) -> None:
        self._source = source
        self._container = container
        self._packets: Iterator[Packet] = iter(())
        self._waiting: Packet | None = None
        with open_source(source) as opened:
            if opened.audio is None:
                return
            context = opened.audio.codec_context
            # raw streams (ADTS and the like) carry no stamps that could be copied
            stamped = opened.audio.start_time is not None
            known = context.codec.canonical_name in _COPIED and container.format.name in _INTO
            if stamped and known:
                stream = container.add_stream_from_template(opened.audio)
                self._packets = _copied(source, stream)
            else:
                sample_rate = min((r for r in _AAC_RATES if r >= context.sample_rate), default=48000)
                stream = container.add_stream("aac", rate=sample_rate)
                stream.layout = "mono" if context.layout.nb_channels == 1 else "stereo"
                self._packets = _encoded(source, stream, sample_rate)

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


def _copied(path: Path, stream: AudioStream) -> Iterator[Packet]:
    last: int | None = None
    with open_source(path) as source:
        if source.audio is None:
            return
        read_only(source, source.audio)
        try:
            for packet in source.container.demux(source.audio):
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


def _encoded(path: Path, stream: AudioStream, sample_rate: int) -> Iterator[Packet]:
    layout = stream.codec_context.layout.name
    for start, samples in _filled(path, sample_rate, layout):
        frame = AudioFrame.from_ndarray(samples.T.copy(), format="fltp", layout=layout)
        frame.sample_rate, frame.time_base = sample_rate, Fraction(1, sample_rate)
        frame.pts = start
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _filled(path: Path, sample_rate: int, layout: str) -> Iterator[tuple[int, np.ndarray]]:
    """Pieces as long as an encoder's frame, as (first sample, (n, channel)); gaps are filled with zeros."""
    first: int | None = None
    rest = np.zeros((0, 1), np.float32)
    for start, samples in blocks(path, sample_rate=sample_rate, layout=layout):
        place = round(start * sample_rate)
        if first is None:
            first, rest = place, samples[:0]
        gap = max(0, place - first - len(rest))
        rest = np.concatenate([rest, np.zeros((gap, samples.shape[1]), np.float32), samples])
        whole = len(rest) // _AAC_FRAME * _AAC_FRAME
        for at in range(0, whole, _AAC_FRAME):
            yield first + at, rest[at : at + _AAC_FRAME]
        first, rest = first + whole, rest[whole:]
    if first is not None and len(rest):
        yield first, rest

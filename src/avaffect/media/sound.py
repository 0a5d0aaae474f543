"""The sound of a file, resampled, each block with the time at which it is heard."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from .clock import Clock
from .source import decode_audio, nothing_decoded, open_source

SAMPLE_RATE = 16000
"""Samples per second (Hz) of all sound that networks hear."""

# Stamps in files are rounded (to 1 ms in Matroska) and jitter; less than this is no gap.
_TOLERANCE = Fraction(3, 100)
_BLOCK = 0.5  # seconds


@dataclass(frozen=True, eq=False)
class AudioBlock:
    """A stretch of sound without a gap.

    Attributes
    ----------
    start : when its first sample is heard, in seconds from the container's start.
    samples : (n,) float32 mono in [-1, 1] at the rate that was asked for.
    """

    start: float
    samples: np.ndarray


def audio(path: Path | str, rate: int = SAMPLE_RATE) -> Generator[AudioBlock, None, None]:
    """Read the sound of a file in blocks of half a second or less, as mono.

    Blocks come in order and never overlap. Where the file has a gap, a block starts later than the
    one before it ended: nothing is filled in. Nothing is yielded when the file has no sound, or
    (with a warning in the log) when the sound cannot be decoded but the picture may.

    Parameters
    ----------
    path : a video or audio file of any format that FFmpeg knows.
    rate : samples per second to resample to.

    Raises
    ------
    MediaError
        In one line, when the file cannot be opened or nothing in it can be decoded.
    """
    for start, samples in blocks(path, rate=rate, layout="mono"):
        yield AudioBlock(start, samples[:, 0])


def read_audio(
    path: Path | str, rate: int = SAMPLE_RATE
) -> tuple[np.ndarray, float, list[tuple[float, float]]]:
    """Read the whole sound of a file at once (64 kB for each second at 16 kHz).

    Returns
    -------
    samples : (n,) float32 mono in [-1, 1]; empty without sound. Zero inside gaps, see `spans`.
    start : when the first sample is heard, in seconds from the container's start; NaN without sound.
    spans : (start, end) in seconds of each stretch where the file really has sound.

    Raises
    ------
    MediaError
        As `audio`.
    """
    pieces = list(audio(path, rate))
    if not pieces:
        return np.zeros(0, np.float32), float("nan"), []
    start = pieces[0].start
    places = [round((piece.start - start) * rate) for piece in pieces]
    samples = np.zeros(places[-1] + len(pieces[-1].samples), np.float32)
    spans: list[tuple[float, float]] = []
    for place, piece in zip(places, pieces, strict=True):
        samples[place : place + len(piece.samples)] = piece.samples
        end = piece.start + len(piece.samples) / rate
        touches = bool(spans) and piece.start - spans[-1][1] < 1 / rate
        spans.append((spans.pop()[0] if touches else piece.start, end))
    return samples, start, spans


def blocks(path: Path | str, *, rate: int, layout: str) -> Iterator[tuple[float, np.ndarray]]:
    """The sound as (start in seconds, samples (n, channel) float32), otherwise as `audio`."""
    with open_source(path) as source:
        if source.audio is None:
            return
        clock = Clock(source, source.audio)
        run: _Run | None = None
        for frame in decode_audio(source, source.audio):
            start = clock.begins(frame, Fraction(frame.samples, frame.sample_rate))
            if run is None or not run.continues(frame, start):
                heard_until = start
                if run is not None:
                    yield from run.push(None)
                    heard_until = run.end
                run = _Run(frame, start, heard_until, rate=rate, layout=layout)
            yield from run.push(frame)
        if run is None:
            nothing_decoded(source, "sound", alone=source.video is None)
        else:
            yield from run.push(None)


class _Run:
    """Frames that follow each other without a gap, through one resampler.

    What would be heard before `heard_until` is left out, so that a stream whose stamps overlap is
    not heard twice.
    """

    def __init__(
        self, frame: AudioFrame, start: Fraction, heard_until: Fraction, *, rate: int, layout: str
    ) -> None:
        self._kind = _kind(frame)
        self._rate = rate
        self._next = self._start = start  # where the coming input, the first output, begins
        self._done = 0  # samples that left the resampler
        self._skip = max(0, round((heard_until - start) * rate))
        # maxval: channels are averaged, not summed, so that a loud stereo file stays within [-1, 1]
        self._resampler = AudioResampler(
            format="flt",
            layout=layout,
            rate=rate,
            frame_size=int(_BLOCK * rate),
            options={"rematrix_maxval": "1"},
        )

    @property
    def end(self) -> Fraction:
        """Until when sound has come out, in seconds."""
        return self._start + Fraction(self._done, self._rate)

    def continues(self, frame: AudioFrame, start: Fraction) -> bool:
        """Whether `frame`, which begins at `start`, follows what was pushed without a gap."""
        return self._kind == _kind(frame) and abs(start - self._next) < _TOLERANCE

    def push(self, frame: AudioFrame | None) -> Iterator[tuple[float, np.ndarray]]:
        """Resample one frame, or with None what is left; yields as `blocks`."""
        if frame is not None:
            self._next += Fraction(frame.samples, frame.sample_rate)
            frame.pts = None  # the clock has told the time; the resampler need not guess
        for out in self._resampler.resample(frame):
            samples = out.to_ndarray().reshape(out.samples, -1)
            start, self._done = self.end, self._done + len(samples)
            drop = min(self._skip, len(samples))
            self._skip -= drop
            if drop < len(samples):
                yield float(start + Fraction(drop, self._rate)), samples[drop:].clip(-1, 1)


def _kind(frame: AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.layout.name, frame.format.name

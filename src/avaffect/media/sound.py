"""The sound of a file, resampled, each block with its time; and resampling of sound in memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from ..errors import MediaError
from .clock import Clock
from .source import decode_audio, nothing_decoded, open_source

SAMPLE_RATE = 16000
"""Samples per second (Hz) of the sound that networks get."""

# Stamps in files are rounded (to 1 ms in Matroska) and jitter; less than this is no gap.
_TOLERANCE = Fraction(3, 100)
_BLOCK = 0.5  # seconds


@dataclass(frozen=True, eq=False)
class AudioBlock:
    """A stretch of sound without a gap.

    Attributes
    ----------
    start : float
        Time of its first sample, in seconds from the container's start.
    samples : (n,) float32 np.ndarray
        Mono, in [-1, 1], at the sample rate that was asked for.
    """

    start: float
    samples: np.ndarray


def audio(path: Path | str, sample_rate: int = SAMPLE_RATE) -> Generator[AudioBlock, None, None]:
    """Read the sound of a file in blocks of half a second or less, as mono.

    Blocks come in order and never overlap. Where the file has a gap, a block starts later than the
    one before it ended: nothing is filled in. A file without sound yields nothing. So does a file whose
    sound cannot be decoded but whose pictures can; a warning is logged.

    Parameters
    ----------
    path : path
        A video or audio file of any format that FFmpeg knows.
    sample_rate : int
        Samples per second (Hz) of the blocks.

    Raises
    ------
    MediaError
        If the file cannot be opened or nothing in it can be decoded.
    """
    for start, samples in blocks(path, sample_rate=sample_rate, layout="mono"):
        yield AudioBlock(start, samples[:, 0])


def read_audio(
    path: Path | str, sample_rate: int = SAMPLE_RATE
) -> tuple[np.ndarray, float, list[tuple[float, float]]]:
    """Read the whole sound of a file at once (64 kB for each second at 16 kHz).

    Parameters
    ----------
    path, sample_rate
        As for `audio`.

    Returns
    -------
    samples : (n,) float32 np.ndarray
        Mono, in [-1, 1]; empty without sound. Zero inside gaps, see ``spans``.
    start : float
        Time of the first sample, in seconds from the container's start; NaN without sound.
    spans : list of (float, float)
        Start and end in seconds of each stretch where the file has sound.

    Raises
    ------
    MediaError
        As `audio`.
    """
    pieces = list(audio(path, sample_rate))
    if not pieces:
        return np.zeros(0, np.float32), float("nan"), []
    start = pieces[0].start
    places = [round((piece.start - start) * sample_rate) for piece in pieces]
    samples = np.zeros(places[-1] + len(pieces[-1].samples), np.float32)
    spans: list[tuple[float, float]] = []
    for place, piece in zip(places, pieces, strict=True):
        samples[place : place + len(piece.samples)] = piece.samples
        end = piece.start + len(piece.samples) / sample_rate
        touches = bool(spans) and piece.start - spans[-1][1] < 1 / sample_rate
        spans.append((spans.pop()[0] if touches else piece.start, end))
    return samples, start, spans


def blocks(path: Path | str, *, sample_rate: int, layout: str) -> Iterator[tuple[float, np.ndarray]]:
    """The sound as (start in seconds, samples (n, channel) float32), otherwise as `audio`."""
    with open_source(path) as source:
        if source.audio is None:
            return
        clock = Clock(source, source.audio)
        run: _Run | None = None
        for frame in decode_audio(source, source.audio):
            start = clock.begins(frame, Fraction(frame.samples, frame.sample_rate))
            if run is None or not run.continues(frame, start):
                known_until = start
                if run is not None:
                    yield from run.push(None)
                    known_until = run.end
                run = _Run(frame, start, known_until, sample_rate=sample_rate, layout=layout)
            yield from run.push(frame)
        if run is None:
            nothing_decoded(source, "sound", alone=source.video is None)
        else:
            yield from run.push(None)


def resample(samples: np.ndarray, sample_rate: float, new_sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """Mono sound in memory, brought to another sample rate by FFmpeg's band-limited resampler.

    Parameters
    ----------
    samples : (n,) np.ndarray
        In [-1, 1].
    sample_rate : float
        Samples per second (Hz) of ``samples``; a whole number.
    new_sample_rate : int
        Samples per second (Hz) of the result.

    Returns
    -------
    (round(n * new_sample_rate / sample_rate),) float32

    Raises
    ------
    MediaError
        If the samples are not one-dimensional and finite, or the sample rate is not a positive whole number.
    """
    samples = np.ascontiguousarray(samples, dtype=np.float32)
    if samples.ndim != 1:
        raise MediaError(
            f"samples of shape {samples.shape}: expected one channel, (n,); average the channels"
        )
    if sample_rate <= 0 or sample_rate != int(sample_rate):
        raise MediaError(f"a sample rate of {sample_rate} Hz: expected a positive whole number")
    if not np.isfinite(samples).all():
        raise MediaError("samples hold NaN or infinity: expected numbers in [-1, 1]")
    if sample_rate == new_sample_rate or not len(samples):
        return samples
    frame = AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
    frame.sample_rate = int(sample_rate)
    resampler = AudioResampler(format="flt", layout="mono", rate=new_sample_rate)
    parts = [*resampler.resample(frame), *resampler.resample(None)]
    sound = np.concatenate([part.to_ndarray()[0] for part in parts])
    # What comes after is the filter's tail.
    return sound[: round(len(samples) * new_sample_rate / sample_rate)]


class _Run:
    """Frames that follow each other without a gap, through one resampler.

    Samples before `known_until` are left out, so that no sound comes twice from a stream whose time stamps
    overlap.
    """

    def __init__(
        self, frame: AudioFrame, start: Fraction, known_until: Fraction, *, sample_rate: int, layout: str
    ) -> None:
        self._kind = _kind(frame)
        self._sample_rate = sample_rate
        self._next = self._start = start  # where the coming input, the first output, begins
        self._done = 0  # samples that left the resampler
        self._skip = max(0, round((known_until - start) * sample_rate))
        # maxval: channels are averaged, not summed, so that a loud stereo file stays within [-1, 1]
        self._resampler = AudioResampler(
            format="flt",
            layout=layout,
            rate=sample_rate,
            frame_size=int(_BLOCK * sample_rate),
            options={"rematrix_maxval": "1"},
        )

    @property
    def end(self) -> Fraction:
        """Until when sound has come out, in seconds."""
        return self._start + Fraction(self._done, self._sample_rate)

    def continues(self, frame: AudioFrame, start: Fraction) -> bool:
        """Whether `frame`, which begins at `start`, follows what was pushed without a gap."""
        return self._kind == _kind(frame) and abs(start - self._next) < _TOLERANCE

    def push(self, frame: AudioFrame | None) -> Iterator[tuple[float, np.ndarray]]:
        """Resample one frame, or with None what is left; yields as `blocks`."""
        if frame is not None:
            self._next += Fraction(frame.samples, frame.sample_rate)
            frame.pts = None  # times are kept by the clock, not by the resampler
        for out in self._resampler.resample(frame):
            samples = out.to_ndarray().reshape(out.samples, -1)
            start, self._done = self.end, self._done + len(samples)
            drop = min(self._skip, len(samples))
            self._skip -= drop
            if drop < len(samples):
                yield float(start + Fraction(drop, self._sample_rate)), samples[drop:].clip(-1, 1)


def _kind(frame: AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.layout.name, frame.format.name

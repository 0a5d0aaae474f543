"""The sound of a file, resampled, each block with its time; and resampling of sound in memory."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame, format_dtypes
from av.audio.resampler import AudioResampler

from ..arguments import checks_types
from ..errors import MediaError
from .clock import Clock
from .mixdown import Mixdown
from .source import Source, decode_audio, first_stamp, nothing_decoded, open_source

log = logging.getLogger(__name__)

SAMPLE_RATE = 16000
"""Samples per second (Hz) of the sound that networks get."""

# Stamps in files are rounded (to 1 ms in Matroska) and jitter; less than this is no gap.
_TOLERANCE = Fraction(3, 100)
_BLOCK = 0.5  # seconds
_SILENCE = 1e-3  # amplitude (-60 dB) that a track must reach somewhere to hold sound
# PyAV reads planar sound plane by plane up to a null pointer, which FFmpeg puts after at most 7 planes.
_MOST_PLANES = 7


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


@dataclass
class SoundUsed:
    """What of a file's sound is read; `audio` fills it in while it is read.

    Attributes
    ----------
    track, tracks : int
        Number of the sound track, from 1, and how many the file has.
    channels : int
        How many channels the track has.
    channel : int or None
        Number of the channel that is read alone, from 1; None for the mean of all.
    cancelled : float
        Seconds in which the channels cancelled each other, so that the louder one was read alone.
    """

    track: int = 0
    tracks: int = 0
    channels: int = 0
    channel: int | None = None
    cancelled: float = 0.0


@checks_types
def audio(
    path: Path | str,
    sample_rate: int = SAMPLE_RATE,
    *,
    track: int | None = None,
    channel: int | None = None,
    used: SoundUsed | None = None,
) -> Generator[AudioBlock, None, None]:
    """Read the sound of a file in blocks of half a second or less, as mono.

    Blocks come in order and never overlap. Where the file has a gap, a block starts later than the
    one before it ended: nothing is filled in. A file without sound yields nothing. So does a file whose
    sound cannot be decoded but whose pictures can; a warning is logged. Samples that are no number become 0.

    Parameters
    ----------
    path : path
        A video or audio file of any format that FFmpeg knows.
    sample_rate : int
        Samples per second (Hz) of the blocks.
    track : int, optional
        Number of the sound track, from 1; by default as `audio_track` chooses.
    channel : int, optional
        Number of the channel to read alone, from 1; by default the mean of all, see
        `avaffect.media.mixdown.Mixdown`.
    used : SoundUsed, optional
        Is told what was read.

    Raises
    ------
    MediaError
        If the file cannot be opened, nothing in it can be decoded, or it has no such track or channel.
    """
    chosen = audio_track(path) if track is None else track
    for start, samples in blocks(path, sample_rate=sample_rate, track=chosen, channel=channel, used=used):
        yield AudioBlock(start, samples[:, 0])


@checks_types
def audio_track(path: Path | str) -> int | None:
    """The number, from 1, of the sound track that is read by default; None without sound.

    It is the container's default track. Where that one is silent throughout (below -60 dB), as the desktop's
    track of a screen recording may be, it is the first that is not.

    Raises
    ------
    MediaError
        If the file cannot be opened.
    """
    with open_source(path) as source:
        if source.audio is None:
            return None
        default, count = source.audio_track, len(source.container.streams.audio)
    others = [number for number in range(1, count + 1) if number != default]
    if not others or not _is_silent(path, default):
        return default
    for number in others:
        if not _is_silent(path, number):
            log.warning("%s: sound track %d is silent; read track %d", path, default, number)
            return number
    return default


@checks_types
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


def blocks(
    path: Path | str,
    *,
    sample_rate: int,
    track: int | None = None,
    channel: int | None = None,
    stereo: bool = False,
    used: SoundUsed | None = None,
) -> Iterator[tuple[float, np.ndarray]]:
    """The sound as (start in seconds, samples (n, channel) float32), otherwise as `audio`.

    ``track`` None is the container's default. ``stereo`` keeps two channels as they are; more or fewer, or
    those that cancel each other, become one, twice.
    """
    used = used or SoundUsed()
    with open_source(path, audio_track=track) as source:
        if source.audio is None:
            return
        used.track, used.tracks = source.audio_track, len(source.container.streams.audio)
        clock = Clock(source, source.audio, partial(first_stamp, source, source.audio))
        run: _Run | None = None
        mix: _Mix | None = None
        for frame in decode_audio(source, source.audio):
            start = clock.begins(frame, Fraction(frame.samples, frame.sample_rate))
            if mix is None or not mix.takes(frame):
                mix = _Mix(frame, channel, stereo=stereo, source=source)
                used.channels, used.channel = frame.layout.nb_channels, channel
            if run is None or not run.continues(mix.sample_rate, start):
                known_until = Fraction(0)
                if run is not None:
                    yield from run.push(None)
                    known_until = run.end
                run = _Run(mix.sample_rate, 2 if stereo else 1, start, known_until, sample_rate)
            before = mix.cancelled
            yield from run.push(mix(frame))
            used.cancelled += mix.cancelled - before
        if run is None:
            nothing_decoded(source, "sound", alone=source.video is None)
            return
        yield from run.push(None)
        if used.cancelled:
            log.warning(
                "%s: for %.1f s the channels of the sound cancel each other; the louder one was read alone",
                path,
                used.cancelled,
            )


@checks_types
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
    if not 0 < sample_rate < float("inf") or sample_rate != int(sample_rate):
        raise MediaError(f"a sample rate of {sample_rate} Hz: expected a positive whole number")
    if not np.isfinite(samples).all():
        raise MediaError("samples hold NaN or infinity: expected numbers in [-1, 1]")
    if sample_rate == new_sample_rate or not len(samples):
        return samples
    resampler = AudioResampler(format="flt", layout="mono", rate=new_sample_rate)
    parts = [*resampler.resample(_frame(samples[:, None], int(sample_rate))), *resampler.resample(None)]
    sound = np.concatenate([part.to_ndarray()[0] for part in parts])
    # What comes after is the filter's tail.
    return sound[: round(len(samples) * new_sample_rate / sample_rate)]


class _Mix:
    """Brings decoded frames of one kind to one channel (to two for ``stereo``), (n, channel) float32."""

    def __init__(self, frame: AudioFrame, channel: int | None, *, stereo: bool, source: Source) -> None:
        self._kind = _kind(frame)
        self.sample_rate = frame.sample_rate
        count = frame.layout.nb_channels
        if channel is not None and not 1 <= channel <= count:
            has = "one channel" if count == 1 else f"{count} channels"
            raise MediaError(
                f"{source.path}: its sound has {has}, channel {channel} was asked for; "
                f"give a number from 1 to {count}, or none for their mean"
            )
        self._channel, self._stereo = channel, stereo
        self._mixdown = Mixdown([one.name for one in frame.layout.channels], frame.sample_rate)
        planes = frame.format.is_planar and count > _MOST_PLANES
        known = frame.format.name in format_dtypes
        self._packed = None if known and not planes else AudioResampler(format="flt")

    @property
    def cancelled(self) -> float:
        """Seconds in which the channels cancelled each other."""
        return self._mixdown.cancelled

    def takes(self, frame: AudioFrame) -> bool:
        """Whether a frame is of the same kind as the first."""
        return self._kind == _kind(frame)

    def __call__(self, frame: AudioFrame) -> np.ndarray:
        samples = self._samples(frame)
        if self._channel is not None:
            one = samples[:, self._channel - 1]
        else:
            before = self._mixdown.cancelled
            one = self._mixdown(samples)
            if self._stereo and samples.shape[1] == 2 and self._mixdown.cancelled == before:
                return samples
        return np.stack([one, one], axis=1) if self._stereo else one[:, None]

    def _samples(self, frame: AudioFrame) -> np.ndarray:
        """(n, channel) float32; what is no number is 0."""
        if self._packed is not None:
            frame.pts = None
            frame = self._packed.resample(frame)[0]  # the rate stays: one frame in, one out
        raw = frame.to_ndarray()
        samples = raw.T if frame.format.is_planar else raw.reshape(-1, frame.layout.nb_channels)
        return np.nan_to_num(scaled(samples), nan=0.0, posinf=0.0, neginf=0.0)


def scaled(samples: np.ndarray) -> np.ndarray:
    """Samples as float32, whole numbers divided so that their range becomes [-1, 1].

    >>> scaled(np.array([-32768, 16384], np.int16)).tolist(), scaled(np.array([0, 128], np.uint8)).tolist()
    ([-1.0, 0.5], [-1.0, 0.0])
    """
    if samples.dtype.kind not in "iu":
        return samples.astype(np.float32)
    half = 2.0 ** (8 * samples.dtype.itemsize - 1)
    middle = half if samples.dtype.kind == "u" else 0.0
    return ((samples.astype(np.float64) - middle) / half).astype(np.float32)


class _Run:
    """Sound without a gap and of one rate, through one resampler.

    Samples before `known_until` are left out, so that no sound comes twice from a stream whose time stamps
    overlap.
    """

    def __init__(
        self, rate: int, channels: int, start: Fraction, known_until: Fraction, sample_rate: int
    ) -> None:
        self._rate, self._sample_rate = rate, sample_rate
        self._next = self._start = start  # where the coming input, the first output, begins
        self._done = 0  # samples that left the resampler
        self._skip = max(0, round((known_until - start) * sample_rate))
        self._resampler = AudioResampler(
            format="flt",
            layout="mono" if channels == 1 else "stereo",
            rate=sample_rate,
            frame_size=int(_BLOCK * sample_rate),
        )

    @property
    def end(self) -> Fraction:
        """Until when sound has come out, in seconds."""
        return self._start + Fraction(self._done, self._sample_rate)

    def continues(self, rate: int, start: Fraction) -> bool:
        """Whether sound of this rate that begins at `start` follows what was pushed without a gap."""
        return self._rate == rate and abs(start - self._next) < _TOLERANCE

    def push(self, samples: np.ndarray | None) -> Iterator[tuple[float, np.ndarray]]:
        """Resample (n, channel) samples, or with None what is left; yields as `blocks`."""
        frame = None
        if samples is not None:
            self._next += Fraction(len(samples), self._rate)
            frame = _frame(samples, self._rate)
        for out in self._resampler.resample(frame):
            made = out.to_ndarray().reshape(out.samples, -1)
            start, self._done = self.end, self._done + len(made)
            drop = min(self._skip, len(made))
            self._skip -= drop
            if drop < len(made):
                yield float(start + Fraction(drop, self._sample_rate)), made[drop:].clip(-1, 1)


def _frame(samples: np.ndarray, sample_rate: int) -> AudioFrame:
    """A frame of (n, 1 or 2) float32 samples, without a time: times are kept by the clock."""
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), format="flt", layout=layout)
    frame.sample_rate = sample_rate
    return frame


def _kind(frame: AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.layout.name, frame.format.name


def _is_silent(path: Path | str, track: int) -> bool:
    try:
        return not any(
            np.abs(samples).max() > _SILENCE
            for _, samples in blocks(path, sample_rate=SAMPLE_RATE, track=track)
        )
    except (MediaError, av.FFmpegError):  # a track that cannot be decoded is no choice either
        return True

"""Log-mel spectrograms, the input of the voice networks.

Three presets. ``default16k`` is the one of our own networks: 16 kHz, 25 ms windows every 10 ms, 64 mel bands,
log10 (bels), one frame for each hop of samples, so that the blocks of a stream give the same as the whole.
``whisper16k`` has the bands of Whisper (Radford et al. 2023), and speech has the same level in it as in
``default16k``. ``papers44k`` is the one of the JCA family (44.1 kHz, 20 ms every 10 ms, decibels at most 80
below the peak).

The mel scale is HTK's, with triangles of height 1: the setting of the papers' pipelines, and for our own
preset the choice that resolves low pitch better than Slaney's scale, which is linear below 1 kHz. Whisper has
Slaney's, with triangles of area 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..arguments import checks_types
from ..errors import ModelError, nearest
from .mel import MelScale, triangles

BLOCK_SECONDS = 60.0
"""Seconds that `log_mel` transforms at once, so that memory does not grow with the length of the sound."""

_SMALL = 2**18  # multiplications, up to which OpenBLAS makes a product in the thread that asks for it


@dataclass(frozen=True, kw_only=True)
class LogMelSettings:
    """Settings of a log-mel spectrogram, saved with the weights that were trained on it.

    Attributes
    ----------
    sample_rate : Hz.
    window, hop, n_fft : samples. The Hann window is centred in the `n_fft` samples of its frame.
    n_mels : number of bands between `f_min` and `f_max` (Hz).
    mel : scale and form of the bands, "htk" (height 1) or "slaney" (area 1), as in `avaffect.voice.mel`.
    alignment : "middle" centres frame i at (i + 1/2) hop and gives `samples // hop` frames, beyond the ends
        is silence; "start" centres it at i hop and gives one frame more, beyond the ends is the mirror image.
    normalized : divide the power by the window's energy, so that white noise of variance v has power v.
    floor : the least power; log10 of less is log10 of this.
    decade : units per factor 10 of power: 1 for bels, 10 for decibels.
    top_db : cut everything more than this below the signal's own peak (needs the whole signal: no streaming).
    offset, divisor : the result is (level + offset) / divisor.
    """

    sample_rate: int
    window: int
    hop: int
    n_fft: int
    n_mels: int
    f_min: float
    f_max: float
    mel: MelScale = "htk"
    alignment: Literal["middle", "start"] = "middle"
    normalized: bool = True
    floor: float = 1e-10
    decade: float = 1.0
    top_db: float | None = None
    offset: float = 0.0
    divisor: float = 1.0

    @property
    def frame_rate(self) -> float:
        """Spectrogram frames per second (Hz)."""
        return self.sample_rate / self.hop

    @property
    def padding(self) -> int:
        """Samples by which the frames at the ends reach beyond the first and the last sample."""
        return (self.n_fft - self.hop) // 2 if self.alignment == "middle" else self.n_fft // 2

    def frames(self, samples: int) -> int:
        """Number of frames of a signal with this number of samples."""
        return samples // self.hop + (self.alignment == "start")

    def times(self, frames: int) -> np.ndarray:
        """Centre of each frame, in seconds from the first sample: (frames,) float64.

        >>> PRESETS["default16k"].times(3)
        array([0.005, 0.015, 0.025])
        """
        shift = 0.5 if self.alignment == "middle" else 0.0
        return (np.arange(frames) + shift) / self.frame_rate


PRESETS: dict[str, LogMelSettings] = {
    "default16k": LogMelSettings(
        sample_rate=16000, window=400, hop=160, n_fft=512, n_mels=64, f_min=60.0, f_max=7600.0
    ),
    "whisper16k": LogMelSettings(
        sample_rate=16000,
        window=400,
        hop=160,
        n_fft=400,
        n_mels=80,
        f_min=0.0,
        f_max=8000.0,
        mel="slaney",
        normalized=False,
        # Mean difference of speech levels to default16k, 64 clips of five corpora: standard deviation 0.09.
        offset=-0.3208,
    ),
    "papers44k": LogMelSettings(
        sample_rate=44100,
        window=882,
        hop=441,
        n_fft=1024,
        n_mels=64,
        f_min=0.0,
        f_max=22050.0,
        alignment="start",
        normalized=False,
        decade=10.0,
        top_db=80.0,
        offset=14.8,
        divisor=19.895,
    ),
}


@checks_types
def preset(name: str) -> LogMelSettings:
    """The settings known by a name.

    Raises
    ------
    ModelError
        If there is no preset of that name.
    """
    if name not in PRESETS:
        raise ModelError(f"no log-mel preset {name!r}; {nearest(name, PRESETS)}")
    return PRESETS[name]


@checks_types
def mel_filters(settings: LogMelSettings) -> NDArray[np.float32]:
    """Triangles that are equally wide on the settings' mel scale: (n_mels, n_fft // 2 + 1) float32."""
    s = settings
    bins = np.arange(s.n_fft // 2 + 1) * s.sample_rate / s.n_fft
    return triangles(s.mel, s.n_mels, s.f_min, s.f_max, bins).astype(np.float32)


class LogMel:
    """Waveform to log-mel spectrogram.

    >>> LogMel()(np.zeros((2, 16000), np.float32)).shape
    (2, 100, 64)
    """

    def __init__(self, settings: LogMelSettings = PRESETS["default16k"]) -> None:
        self.settings = settings
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(settings.window) / settings.window)
        before = (settings.n_fft - settings.window) // 2
        self.window = np.zeros(settings.n_fft, np.float32)
        self.window[before : before + settings.window] = hann
        self.energy = np.float32(np.square(hann).sum())
        self.filters = mel_filters(settings)

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-mel of whole signals.

        Parameters
        ----------
        samples : (batch, samples) float32 in [-1, 1] at `settings.sample_rate`.

        Returns
        -------
        (batch, frames, n_mels) float32 at `settings.frame_rate` frames per second.
        """
        if self.settings.frames(samples.shape[-1]) == 0:
            return np.zeros((len(samples), 0, self.settings.n_mels), np.float32)
        mirrored = self.settings.alignment == "start" and samples.shape[-1] > self.settings.padding
        pad = ((0, 0), (self.settings.padding, self.settings.padding))
        return self.spectrogram(np.pad(samples, pad, mode="reflect" if mirrored else "constant"))

    def spectrogram(self, padded: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-mel of samples that already hold the context of the frames at both ends.

        Frame i is that of samples i * hop ... i * hop + n_fft: (batch, samples) -> (batch, frames, n_mels).
        """
        s = self.settings
        pieces = sliding_window_view(padded, s.n_fft, axis=1)[:, :: s.hop]
        spectrum = np.fft.rfft(pieces * self.window)  # (b, frames, bins), single precision
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        if s.normalized:
            power /= self.energy
        bands = _product(power, self.filters.T)
        level = np.float32(s.decade) * np.log10(np.maximum(bands, np.float32(s.floor)))
        if s.top_db is not None:
            peak = level.max(axis=(1, 2), keepdims=True)
            level = np.maximum(level, peak - np.float32(s.top_db))
        return (level + np.float32(s.offset)) / np.float32(s.divisor)


def _product(power: NDArray[np.float32], filters: NDArray[np.float32]) -> NDArray[np.float32]:
    """The matrix product (b, frames, bins) by (bins, n_mels), some frames at a time.

    For the whole OpenBLAS would wake threads of its own, which takes longer than the product, and they go on
    to spin on cores that others need.
    """
    (batch, frames, bins), rows = power.shape, max(1, _SMALL // filters.size)
    blocks = frames // rows
    whole = power[:, : blocks * rows].reshape(batch, blocks, rows, bins) @ filters
    rest = power[:, blocks * rows :] @ filters
    return np.concatenate([whole.reshape(batch, blocks * rows, filters.shape[1]), rest], axis=1)


class LogMelStream:
    """The same spectrogram from samples that arrive in blocks of any size, in bounded memory.

    >>> stream = LogMelStream(LogMel())
    >>> blocks = [stream.push(np.zeros(1000, np.float32)) for _ in range(16)] + [stream.finish()]
    >>> np.concatenate(blocks).shape
    (100, 64)
    """

    def __init__(self, logmel: LogMel) -> None:
        settings = logmel.settings
        if settings.top_db is not None or settings.alignment != "middle":
            raise ModelError(
                "these log-mel settings need the whole signal (top_db, or mirrored ends); "
                "use LogMel at once, or a preset at 16 kHz"
            )
        self.logmel = logmel
        self.waiting = np.zeros(settings.padding, np.float32)
        self.received = 0
        self.given = 0

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Add the next samples (n,); returns the frames that are complete, (frames, n_mels)."""
        self.received += len(samples)
        return self._advance(np.concatenate([self.waiting, samples]))

    def finish(self) -> NDArray[np.float32]:
        """End the stream; returns the frames that reach beyond the last sample, (frames, n_mels)."""
        silence = np.zeros(self.logmel.settings.n_fft, np.float32)
        frames = self._advance(np.concatenate([self.waiting, silence]))
        surplus = self.given - self.logmel.settings.frames(self.received)
        return frames[: len(frames) - surplus]

    def _advance(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        s = self.logmel.settings
        count = max(0, (len(samples) - s.n_fft) // s.hop + 1)
        self.waiting = samples[count * s.hop :]
        self.given += count
        if count == 0:
            return np.zeros((0, s.n_mels), np.float32)
        return self.logmel.spectrogram(samples[None, : (count - 1) * s.hop + s.n_fft])[0]


@checks_types
def log_mel(samples: np.ndarray, settings: LogMelSettings = PRESETS["default16k"]) -> np.ndarray:
    """Log-mel of a whole recording, in blocks where the settings allow it.

    Parameters
    ----------
    samples : (n,) float32 in [-1, 1] at `settings.sample_rate`.

    Returns
    -------
    (frames, n_mels) float32 at `settings.frame_rate` frames per second.
    """
    logmel = LogMel(settings)
    sound = np.asarray(samples, dtype=np.float32)
    if settings.top_db is not None or settings.alignment != "middle":
        return logmel(sound[None])[0]
    stream = LogMelStream(logmel)
    block = int(BLOCK_SECONDS * settings.sample_rate)
    parts = [stream.push(sound[begin : begin + block]) for begin in range(0, len(sound), block)]
    return np.concatenate([*parts, stream.finish()])

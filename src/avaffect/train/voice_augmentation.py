"""Augmentation of clips of speech: speed, room, microphone, noise, other voices.

All that is linear (room, microphone, band limits, speed) is done in one pass through the spectrum of a crop.
All functions draw from the generator they are given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..media.sound import SAMPLE_RATE

HOP = 160  # samples of a frame of 10 ms
ROOM_TAIL = 50  # frames of room response that may follow a crop

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class VoiceAugmentation:
    """How often and how strongly a crop is changed. The default is for training the encoder.

    Attributes
    ----------
    speed : float
        Relative, standard deviation; pitch and tempo change together.
    room : float
        Probability of a room response.
    microphone : float
        Bels, standard deviation of the response at five frequencies.
    band_limit : float
        Probability of the band limits of a telephone or a codec.
    noise, babble : float
        Probability of coloured noise, and of other people's speech.
    """

    speed: float = 0.07
    room: float = 0.4
    microphone: float = 0.25
    band_limit: float = 0.25
    noise: float = 0.9
    babble: float = 0.2


def random_crop(
    sound: Sound,
    voiced: NDArray[np.bool_],
    frames: int,
    rng: np.random.Generator,
    augmentation: VoiceAugmentation,
) -> tuple[Sound, NDArray[np.bool_]]:
    """A piece of a clip around one of its voiced frames, in a random room; silence beyond the clip.

    Parameters
    ----------
    sound : (n,) float32 at 16 kHz.
    voiced : (m,) bool at 100 Hz; at least one is True.
    frames : int
        Length of the piece in frames of 10 ms.

    Returns
    -------
    sound : (frames * 160,) float32
    voiced : (frames,) bool
    """
    total = frames + ROOM_TAIL
    source = round(total * float(np.clip(np.exp(rng.normal(0, augmentation.speed)), 0.8, 1.25)))
    seen = min(round(frames * source / total), source)
    anchor = int(rng.choice(np.flatnonzero(voiced)))
    lowest, highest = min(0, len(voiced) - seen), max(0, len(voiced) - seen)
    start = int(np.clip(anchor - rng.integers(seen), lowest, highest))
    piece = np.zeros(source * HOP, np.float32)
    first, last = max(0, start), min(len(voiced), start + seen)
    inside = sound[first * HOP : last * HOP]
    offset = (first - start) * HOP
    piece[offset : offset + len(inside)] = inside
    mask = np.zeros(source, bool)
    mask[first - start : last - start] = voiced[first:last]
    index = np.arange(frames) * source // total
    return _apply_channel(piece, total * HOP, rng, augmentation)[: frames * HOP], mask[index]


def _apply_channel(
    piece: Sound, length: int, rng: np.random.Generator, augmentation: VoiceAugmentation
) -> Sound:
    """Room, microphone and band limits; resampled to `length` samples, which changes the speed."""
    spectrum = np.fft.rfft(piece)
    frequency = np.fft.rfftfreq(len(piece), 1 / SAMPLE_RATE)
    spectrum *= 10.0 ** (_response(frequency, rng, augmentation.microphone) / 2)
    if rng.random() < augmentation.room:
        spectrum *= np.fft.rfft(_room(rng), len(piece))
    if rng.random() < augmentation.band_limit:
        low, high = rng.uniform(50, 300), np.exp(rng.uniform(np.log(3200), np.log(7500)))
        spectrum /= np.sqrt(1 + (frequency / high) ** 16)
        spectrum *= np.sqrt(1 - 1 / (1 + (frequency / low) ** 4))
    out = np.zeros(length // 2 + 1, spectrum.dtype)
    shared = min(len(out), len(spectrum))
    out[:shared] = spectrum[:shared]
    return (np.fft.irfft(out, length) * (length / len(piece))).astype(np.float32)


def _response(
    frequency: NDArray[np.floating], rng: np.random.Generator, spread: float
) -> NDArray[np.floating]:
    """A smooth response in bels over frequencies (Hz), drawn at five of them."""
    knots = np.log([80.0, 300.0, 1000.0, 3000.0, 8000.0])
    return np.interp(np.log(np.maximum(frequency, 1.0)), knots, rng.normal(0, spread, 5))


def _room(rng: np.random.Generator) -> Sound:
    """Direct sound and exponentially decaying noise (Polack 1988): a simple model of a room."""
    decay = rng.uniform(0.1, 0.6)  # seconds to -60 dB
    time = np.arange(ROOM_TAIL * HOP) / SAMPLE_RATE
    response = rng.standard_normal(len(time)) * 10.0 ** (-3 * time / decay)
    response[: round(rng.uniform(0.001, 0.02) * SAMPLE_RATE)] = 0
    ratio = 10.0 ** rng.uniform(-2.0, 0.0)  # reverberant to direct energy
    response *= np.sqrt(ratio / np.sum(response**2))
    response[0] = 1
    return response.astype(np.float32)


def add_noise(
    sound: Sound,
    voiced: NDArray[np.bool_],
    others: list[Sound],
    rng: np.random.Generator,
    augmentation: VoiceAugmentation,
) -> Sound:
    """Add coloured noise and other people's speech, with levels relative to the voiced part.

    Parameters
    ----------
    sound : (frames * 160,) float32
    voiced : (frames,) bool
    others : list of (n,) float32
        Clips to make babble of, each at least a sample long.
    """
    power = _voice_power(sound, voiced)
    if rng.random() < augmentation.noise:
        sound = sound + _scaled(_coloured(len(sound), rng), power, rng.uniform(0.3, 4.5))
    if others and rng.random() < augmentation.babble:
        babble = np.sum([_looped(other, len(sound), rng) for other in others], axis=0)
        sound = sound + _scaled(babble, power, rng.uniform(0.8, 2.5))
    return sound.astype(np.float32)


def add_noise_below(sound: Sound, voiced: NDArray[np.bool_], bels: float, rng: np.random.Generator) -> Sound:
    """Add coloured noise so many bels below the voiced part; the parameters are those of `add_noise`."""
    return (sound + _scaled(_coloured(len(sound), rng), _voice_power(sound, voiced), bels)).astype(np.float32)


def _voice_power(sound: Sound, voiced: NDArray[np.bool_]) -> float:
    frames = sound.reshape(-1, HOP)
    return float(np.mean(frames[voiced] ** 2)) if voiced.any() else float(np.mean(sound**2))


def _scaled(noise: NDArray[np.floating], power: float, bels: float) -> NDArray[np.floating]:
    """Noise at a level of so many bels below a power."""
    own = float(np.mean(noise**2))
    return noise * np.sqrt(power * 10.0**-bels / own) if own > 0 else noise


def _coloured(length: int, rng: np.random.Generator) -> NDArray[np.floating]:
    """Gaussian noise whose power falls with frequency to a power from 0 (white) to 2 (brown)."""
    frequency = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    shape = np.maximum(frequency, 20.0) ** (-rng.uniform(0, 2) / 2)
    phases = rng.standard_normal((2, len(frequency)))
    return np.fft.irfft(shape * (phases[0] + 1j * phases[1]), length)


def _looped(sound: Sound, length: int, rng: np.random.Generator) -> NDArray[np.floating]:
    start = int(rng.integers(len(sound)))
    piece = np.resize(np.roll(sound, -start), length)
    return piece / max(float(np.sqrt(np.mean(piece**2))), 1e-6)

"""A voice that is no one's: glottal pulses and noise through resonances, in meaningless syllables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

RATE = 16000  # samples per second

# The first four resonances in Hz: vowels of a woman (Peterson and Barney, 1952), and the places
# from which consonants glide into them, with how loud the voice stays meanwhile.
VOWELS = {
    "a": (850, 1220, 2810, 3900),
    "e": (610, 2330, 2990, 4100),
    "i": (370, 2670, 3310, 4200),
    "o": (590, 920, 2710, 3800),
    "u": (430, 1170, 2670, 3800),
}
CONSONANTS = {
    "m": ((280, 1000, 2200, 3500), 0.35),
    "n": ((280, 1700, 2600, 3600), 0.35),
    "l": ((360, 1300, 2900, 3900), 0.5),
    "b": ((300, 900, 2400, 3600), 0.06),
    "d": ((300, 1800, 2800, 3900), 0.06),
    "t": ((300, 1900, 2900, 4000), 0.0),
    "k": ((300, 2200, 2700, 3900), 0.0),
    "s": ((300, 1900, 2900, 4000), 0.0),
}
BURST = {"b": 0.5, "d": 0.5, "t": 1.0, "k": 1.0}  # the puff when the mouth springs open
BANDWIDTHS = (80, 100, 150, 220)  # Hz

Phrases = tuple[tuple[float, float], ...]
Liveliness = Callable[[np.ndarray | float], np.ndarray]


@dataclass(frozen=True)
class Syllable:
    """A consonant and a vowel: from `start`, for `length` seconds, `closed` of them closed."""

    start: float
    length: float
    consonant: str
    vowel: str

    @property
    def closed(self) -> float:
        return min(0.07, 0.32 * self.length)


def syllables(phrases: Phrases, lively: Liveliness, random: np.random.Generator) -> list[Syllable]:
    """Fill phrases, (start, end) in seconds, with syllables, quicker where she is lively."""
    said = []
    for now, end in phrases:
        while now < end - 0.12:
            length = (0.27 - 0.09 * float(lively(now))) * random.uniform(0.8, 1.25)
            length = min(length, end - now)
            vowel, consonant = random.choice(list(VOWELS)), random.choice(list(CONSONANTS))
            said.append(Syllable(now, length, str(consonant), str(vowel)))
            now += length
    return said


def mouth_opening(said: list[Syllable], seconds: np.ndarray) -> np.ndarray:
    """How wide the mouth is open at some times, 0 to 1."""
    height = np.zeros_like(seconds)
    for one in said:
        x = np.clip((seconds - one.start - 0.6 * one.closed) / (one.length - 0.6 * one.closed), 0, 1)
        height = np.maximum(height, np.sin(np.pi * x) ** 0.8)
    return height


def voice(
    said: list[Syllable], phrases: Phrases, lively: Liveliness, length: float, random: np.random.Generator
) -> np.ndarray:
    """Speak.

    Parameters
    ----------
    said, phrases : what `syllables` gave and was given.
    lively : 0 (low, slow, quiet) to 1 (high, quick, loud) for any time in seconds.
    length : of the sound, in seconds.
    random : where the small irregularities come from.

    Returns
    -------
    (length * RATE,) float64 in [-0.8, 0.8]; nearly, not quite, silent between the phrases.
    """
    seconds = np.arange(round(length * RATE)) / RATE
    noise = random.normal(size=len(seconds))
    drift = smooth(random.normal(size=len(seconds)), 0.05) * 20
    knots, shapes, loudness = articulation(said, phrases)
    loud = smooth(np.interp(seconds, knots, loudness), 0.01)
    flow = glottal_flow(pitch(said, phrases, lively, seconds, drift, random))
    source = loud * (np.diff(flow, prepend=0) * (1 + 0.06 * drift) + 0.006 * noise * (0.4 + flow))
    hiss = np.zeros_like(seconds)
    for one in said:
        since = seconds - one.start - 0.9 * one.closed
        puff = np.exp(-np.abs(since) / 0.012) * (since > 0)
        source += 0.04 * BURST.get(one.consonant, 0.0) * puff * noise
        if one.consonant == "s":
            hiss += np.exp(-(((seconds - one.start) / one.closed - 0.55) ** 2) / 0.2)
    spoken = resonate(source, np.stack([np.interp(seconds, knots, s) for s in shapes.T]))
    spoken /= np.sqrt((spoken[loud > 0.5] ** 2).mean())
    spoken += 0.2 * hiss * lfilter([1, -1.6, 0.8], [1, 0.3], noise)
    sound = 3 * np.tanh(spoken / 3) * 10 ** (lively(seconds) / 2 - 0.5)  # 10 dB
    sound += 0.001 * random.normal(size=len(seconds))
    return sound / np.abs(sound).max() * 0.8


def articulation(said: list[Syllable], phrases: Phrases) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times (k,), the resonances at them (k, 4) in Hz, and the loudness of the voice (k,)."""
    rest = VOWELS["a"]
    knots = [(time, rest, 0.0) for phrase in phrases for time in (phrase[0] - 0.01, phrase[1] + 0.03)]
    for one in said:
        place, loud = CONSONANTS[one.consonant]
        vowel, opened, end = VOWELS[one.vowel], one.start + one.closed, one.start + one.length
        knots += [
            (one.start + 0.01, place, loud),
            (one.start + 0.9 * one.closed, place, loud),
            (opened + 0.035, vowel, 1.0),
            (one.start + 0.75 * one.length, vowel, 0.8),
            (end - 0.012, vowel, 0.45),
        ]
    knots.sort(key=lambda knot: knot[0])
    times, shapes, loudness = zip(*knots, strict=True)
    return np.array(times), np.array(shapes, float), np.array(loudness)


def pitch(
    said: list[Syllable],
    phrases: Phrases,
    lively: Liveliness,
    seconds: np.ndarray,
    drift: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:
    """Fundamental frequency in Hz: every phrase falls, every syllable has its accent."""
    fall = np.zeros_like(seconds)
    for start, end in phrases:
        inside = (seconds >= start) & (seconds < end)
        fall[inside] = 1 - (seconds[inside] - start) / (end - start)
    accent = np.zeros_like(seconds)
    for one in said:
        x = (seconds - one.start) / one.length - 0.5
        accent += random.uniform(-0.3, 1) * np.exp(-4 * x**2)
    tune = 1 + 0.14 * smooth(fall, 0.05) + 0.09 * accent + 0.012 * drift
    return (165 + 90 * lively(seconds)) * tune


def glottal_flow(frequency: np.ndarray) -> np.ndarray:
    """The air that passes the vocal folds: opening, closing, closed (Rosenberg, 1971)."""
    phase = np.cumsum(frequency / RATE) % 1
    opening, closing = 0.42, 0.18  # parts of a cycle
    falling = np.cos(np.pi / 2 * np.clip((phase - opening) / closing, 0, 1))
    return np.where(phase < opening, 0.5 - 0.5 * np.cos(np.pi * phase / opening), falling)


def resonate(sound: np.ndarray, tuned: np.ndarray) -> np.ndarray:
    """A chain of resonances whose frequencies, (4, n) in Hz, glide."""
    step = RATE // 400
    for frequency, width in zip(tuned, BANDWIDTHS, strict=True):
        radius = np.exp(-np.pi * width / RATE)
        pieces, state = [], np.zeros(2)
        for at in range(0, len(sound), step):
            poles = [1, -2 * radius * np.cos(2 * np.pi * frequency[at] / RATE), radius**2]
            piece, state = lfilter([sum(poles)], poles, sound[at : at + step], zi=state)
            pieces.append(piece)
        sound = np.concatenate(pieces)
    return sound


def smooth(signal: np.ndarray, seconds: float) -> np.ndarray:
    """A moving, bell-shaped mean."""
    bell = np.hanning(round(seconds * RATE))
    return np.convolve(signal, bell / bell.sum(), "same")

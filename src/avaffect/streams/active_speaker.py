"""Active speaker detection: who of the people in view speaks, from the motion of their mouths during speech.

A person is taken to listen if their mouth stays still through at least a second of speech, or if it moves far
less than the mouth of another person at that moment. Everyone else may be the speaker and keeps the voice.
The answer is unknown if the lips cannot be read, or if there is too little speech to decide.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SPEAKS = 0.5
"""Probability below which a person is taken to listen."""

WINDOW = 1.5
"""Seconds, centred, over which the motion of a mouth is measured. Turns are rarely shorter."""

LEAST = 1.0
"""Seconds of speech with readable lips that a window needs; with less the answer is unknown."""

SHARE = 0.85
"""Quantile of the motion that stands for a window. High, because the mouth rests between words; below 1,
because a single jump of the head or of the detector must not count."""

STILL = 0.30
"""Motion in pixels of the aligned crop at which the probability is 0.5.

Measured on windows of readable faces, in pictures as sharp as H.264 gives at crf 32 or sharper. Speakers:
the four of the GRID clips, at 0.6 to 2 times their size, with 25 and 12.5 pictures a second, blurred, noisy
and compressed, 0.49 to 1.4 (median 0.94); a debater seen from the side 0.58; the driver of the Carphone
sequence 0.85 to 1.4. Silent: that driver before he speaks 0.00 to 0.09; the GRID speakers with their mouths
frozen, and still faces moved, turned, seen from changing sides, made noisy and compressed, 95 in 100 windows
below 0.21, 99 below 0.31. Worse compression freezes lips that talk: at crf 36 to 38, 17 in 100 windows of
speakers are below. A smile that comes or goes has up to 1.0, and keeps the voice."""

STEEPNESS = 4.0
"""Steepness of the probability over the logarithm of the motion: twice `STILL` gives 0.94."""

LESS = 3.0
"""Ratio to the motion of the mouth that moves most at which the probability is 0.5."""

HOLD = 2.0
"""Seconds for which a decision is kept within one stretch of speech where no new decision can be made: at the
beginning and end of the stretch, or while a person looks away."""


_PIECE = 4096  # ticks whose windows are sorted at once


def speaking_probability(
    motion: Sequence[np.ndarray], active: np.ndarray, tick_rate: float, first: Sequence[int] | None = None
) -> list[np.ndarray]:
    """Probability that each person speaks, tick by tick.

    Parameters
    ----------
    motion : sequence of (n,) np.ndarray
        `avaffect.face.mouth.mouth_motion` of each person in pixels; NaN where it cannot be told.
    active : (t,) np.ndarray of bool
        True where speech is heard, whoever speaks.
    tick_rate : float
        Ticks per second (Hz).
    first : sequence of int, optional
        The tick at which each person's ``motion`` begins; 0 for all by default.

    Returns
    -------
    list of (n,) np.ndarray
        In [0, 1]; NaN where no speech is heard, or where the answer is unknown.

    Examples
    --------
    >>> still, moving, speech = np.full(25, 0.05), np.full(25, 1.0), np.ones(25, dtype=bool)
    >>> [float(p[12].round(3)) for p in speaking_probability([still, moving], speech, 12.5)]
    [0.0, 0.992]
    """
    starts = [0] * len(motion) if first is None else first
    spans = [slice(start, start + len(one)) for start, one in zip(starts, motion, strict=True)]
    typical = [
        _typical(np.where(active[span], one, np.nan), tick_rate)
        for span, one in zip(spans, motion, strict=True)
    ]
    most, second, who = _most_two(typical, spans, len(active))
    out = []
    for person, (span, mine) in enumerate(zip(spans, typical, strict=True)):
        alone = _sigmoid(mine, STILL)
        others = np.where(who[span] == person, second[span], most[span])
        # Only a person who surely speaks can take the voice from another whose mouth moves too.
        sure = _sigmoid(others, STILL)
        beside = _sigmoid(mine, np.maximum(others / LESS, 1e-9))
        out.append(_held(alone * (1 - sure * (1 - beside)), active[span], round(HOLD * tick_rate)))
    return out


def is_speaking(probability: np.ndarray) -> np.ndarray:
    """Where a person keeps the voice: (t,) bool, False only where they are known to listen.

    >>> is_speaking(np.array([0.9, 0.1, np.nan])).tolist()
    [True, False, True]
    """
    return ~(probability < SPEAKS)


def _most_two(
    typical: list[np.ndarray], spans: list[slice], ticks: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The largest and second largest motion at each tick, 0 where there is none, and whose the largest is."""
    most, second, who = np.zeros(ticks), np.zeros(ticks), np.full(ticks, -1)
    for person, (span, mine) in enumerate(zip(spans, typical, strict=True)):
        moved = np.nan_to_num(mine)
        ahead = moved > most[span]
        second[span] = np.where(ahead, most[span], np.maximum(second[span], moved))
        most[span] = np.where(ahead, moved, most[span])
        who[span] = np.where(ahead, person, who[span])
    return most, second, who


def _sigmoid(motion: np.ndarray, middle: np.ndarray | float) -> np.ndarray:
    """Logistic in the logarithm of the motion, 0.5 at ``middle``."""
    power = np.power(motion, STEEPNESS)
    return power / (power + np.power(middle, STEEPNESS))


def _typical(motion: np.ndarray, tick_rate: float) -> np.ndarray:
    """The `SHARE` quantile over the window around each tick, (t,); NaN where too little is known."""
    half = round(WINDOW * tick_rate / 2)
    padded = np.pad(motion, half, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    parts = [_quantile(windows[first : first + _PIECE], tick_rate) for first in range(0, len(motion), _PIECE)]
    typical = np.concatenate([np.zeros(0), *parts])
    return np.where(np.isfinite(motion), typical, np.nan)


def _quantile(windows: np.ndarray, tick_rate: float) -> np.ndarray:
    """The `SHARE` quantile of what is known in each window (t, w); NaN where it is too little."""
    windows = np.sort(windows, axis=1)  # NaN last
    known = np.isfinite(windows).sum(axis=1)
    place = np.floor(SHARE * np.maximum(known - 1, 0)).astype(int)
    value = windows[np.arange(len(windows)), place]
    return np.where(known >= LEAST * tick_rate - 0.5, value, np.nan)


def _held(probability: np.ndarray, active: np.ndarray, longest: int) -> np.ndarray:
    """Within a stretch of speech, unknown ticks take the nearest known value, at most ``longest`` away."""
    out = probability.copy()
    edges = np.flatnonzero(np.diff(active.astype(np.int8), prepend=0, append=0))
    for start, stop in edges.reshape(-1, 2):
        known = start + np.flatnonzero(np.isfinite(probability[start:stop]))
        if len(known):
            ticks = np.arange(start, stop)
            nearest = known[np.searchsorted((known[1:] + known[:-1]) / 2, ticks)]
            near = np.abs(nearest - ticks) <= longest
            out[ticks[near]] = probability[nearest[near]]
    return out

"""Who of the people in view speaks, from how their mouths move while speech is heard.

A voice belongs to a person unless that can be excluded: someone whose mouth stays still through a second
and more of speech listens, and so does someone whose mouth moves far less than another's at that moment.
Whose lips cannot be read, or who is silent for too short a time to tell, stays unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SPEAKS = 0.5
"""Probability below which a person is taken to listen."""

WINDOW = 1.5
"""Seconds, centred, over which a mouth is judged. People change turns no faster as a rule."""

LEAST = 1.0
"""Seconds of speech in the window, with lips that can be read, below which nothing is said."""

SHARE = 0.85
"""Quantile of the motion that stands for a window: words leave the mouth at rest in between, while a single
start of the head or of the detector must not count."""

STILL = 0.30
"""Pixels of the aligned crop: a mouth with this much motion is as likely to speak as not.

Measured on windows of readable faces, in pictures as sharp as H.264 gives at crf 32 or sharper. Speakers:
the four of the GRID clips, at 0.6 to 2 times their size, with 25 and 12.5 pictures a second, blurred, noisy
and compressed, 0.49 to 1.4 (median 0.94); a debater seen from the side 0.58; the driver of the Carphone
sequence 0.85 to 1.4. Silent: that driver before he speaks 0.00 to 0.09; the GRID speakers with their mouths
frozen, and still faces moved, turned, seen from changing sides, made noisy and compressed, 95 in 100 windows
below 0.21, 99 below 0.31. Worse compression freezes lips that talk: at crf 36 to 38, 17 in 100 windows of
speakers are below. A smile that comes or goes has up to 1.0, and keeps the voice."""

STEEPNESS = 4.0
"""Of the probability over the logarithm of the motion: twice `STILL` gives 0.94."""

LESS = 3.0
"""A mouth that moves this many times less than the one that moves most is as likely to listen as not."""

HOLD = 2.0
"""Seconds for which a decision holds, within one stretch of speech, where none of its own can be made: at
the beginning and end of the stretch, or while a listener looks away."""


def speaking(motion: Sequence[np.ndarray], active: np.ndarray, rate: float) -> list[np.ndarray]:
    """Probability that each person speaks, tick by tick.

    Parameters
    ----------
    motion : sequence of (t,) np.ndarray
        `avaffect.face.mouth.mouth_motion` of each person in pixels; NaN where it cannot be told.
    active : (t,) np.ndarray of bool
        Somebody's speech is heard.
    rate : float
        Ticks per second (Hz).

    Returns
    -------
    list of (t,) np.ndarray
        In [0, 1]; NaN where nobody is heard, or nothing is known of this person.

    Examples
    --------
    >>> still, talks, heard = np.full(25, 0.05), np.full(25, 1.0), np.ones(25, dtype=bool)
    >>> [float(p[12].round(3)) for p in speaking([still, talks], heard, 12.5)]
    [0.0, 0.992]
    """
    if not motion:
        return []
    typical = np.stack([_typical(np.where(active, one, np.nan), rate) for one in motion])  # (people, t)
    alone = _sigmoid(typical, STILL)
    out = []
    for person in range(len(motion)):
        others = np.delete(np.nan_to_num(typical), person, axis=0).max(axis=0, initial=0.0)
        # Only one who surely speaks takes the voice from another whose mouth moves too.
        sure = _sigmoid(others, STILL)
        beside = _sigmoid(typical[person], np.maximum(others / LESS, 1e-9))
        out.append(_held(alone[person] * (1 - sure * (1 - beside)), active, round(HOLD * rate)))
    return out


def _sigmoid(motion: np.ndarray, middle: np.ndarray | float) -> np.ndarray:
    """Logistic in the logarithm of the motion, 0.5 at ``middle``."""
    power = np.power(motion, STEEPNESS)
    return power / (power + np.power(middle, STEEPNESS))


def _typical(motion: np.ndarray, rate: float) -> np.ndarray:
    """The `SHARE` quantile over the window around each tick, (t,); NaN where too little is known."""
    half = round(WINDOW * rate / 2)
    padded = np.pad(motion, half, constant_values=np.nan)
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1)  # NaN last
    known = np.isfinite(windows).sum(axis=1)
    place = np.floor(SHARE * np.maximum(known - 1, 0)).astype(int)
    value = windows[np.arange(len(windows)), place]
    return np.where(np.isfinite(motion) & (known >= LEAST * rate - 0.5), value, np.nan)


def _held(probability: np.ndarray, active: np.ndarray, longest: int) -> np.ndarray:
    """Unknown ticks of a stretch of speech take the nearest known one of it, at most ``longest`` away."""
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

"""Speech activity: where someone speaks, by Silero's network.

The network (https://github.com/snakers4/silero-vad, MIT) takes 32 ms of 16 kHz sound and the 4 ms before: a
learned short-time Fourier transform, four convolutions, an LSTM over time, a sigmoid. Its graph here
(`scripts/graphs/speech_activity.py`) takes many chunks at once. The tests compare it with the published one.
"""

from __future__ import annotations

import functools

import numpy as np

from ..arguments import checks_types
from ..media.sound import SAMPLE_RATE
from ..session import Session, shipped

CHUNK = 512
CONTEXT = 64
CHUNK_RATE = SAMPLE_RATE / CHUNK
"""Probabilities per second: 31.25."""

BLOCK_CHUNKS = 1024
"""Chunks run at once (33 s), so that memory does not grow with the length of the sound."""

_PIECE = 2**15  # values made at once, when they are brought to another rate


@functools.cache
def _network() -> Session:
    return Session(shipped("silero/speech.onnx"))


class SpeechStream:
    """Probabilities from samples that arrive in blocks of any size.

    >>> stream = SpeechStream()
    >>> len(stream.push(np.zeros(1000, np.float32))), len(stream.push(np.zeros(30, np.float32)))
    (1, 1)
    """

    def __init__(self) -> None:
        self.net = _network()
        self.context = np.zeros(CONTEXT, np.float32)
        self.waiting = np.zeros(0, np.float32)
        self.state = [np.zeros((1, 1, 128), np.float32)] * 2  # of the LSTM: hidden, cell

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Add the next samples (n,) float32; returns the probabilities of the chunks that are complete."""
        sound = np.concatenate([self.waiting, samples]).astype(np.float32, copy=False)
        count = len(sound) // CHUNK
        self.waiting = sound[count * CHUNK :]
        if count == 0:
            return np.zeros(0, np.float32)
        chunks = sound[: count * CHUNK].reshape(count, CHUNK)
        context = np.concatenate([self.context[None], chunks[:-1, -CONTEXT:]])
        self.context = chunks[-1, -CONTEXT:].copy()
        hidden, cell = self.state
        inputs = np.concatenate([context, chunks], axis=1)
        probabilities, *self.state = self.net(chunks=inputs, hidden=hidden, cell=cell)
        return probabilities

    def finish(self) -> np.ndarray:
        """The probability of the last, incomplete chunk, filled with silence: (0 or 1,) float32."""
        if len(self.waiting) == 0:
            return np.zeros(0, np.float32)
        return self.push(np.zeros(CHUNK - len(self.waiting), np.float32))


@checks_types
def speech_probability(samples: np.ndarray) -> tuple[np.ndarray, float]:
    """Probability that someone speaks, over a whole recording, in bounded memory.

    Parameters
    ----------
    samples : (n,) float32 in [-1, 1] at 16 kHz.

    Returns
    -------
    probabilities : (ceil(n / 512),) float32 np.ndarray
        Number k is of the time [k / chunk_rate, (k + 1) / chunk_rate).
    chunk_rate : float
        31.25, probabilities per second (Hz).
    """
    stream = SpeechStream()
    block = BLOCK_CHUNKS * CHUNK
    parts = [stream.push(samples[i : i + block]) for i in range(0, len(samples), block)]
    return np.concatenate([*parts, stream.finish()]), CHUNK_RATE


@checks_types
def resample(values: np.ndarray, old_rate: float, new_rate: float, count: int) -> np.ndarray:
    """Bring a sequence of values, each the mean of one interval, to another rate.

    New value k is the mean over [k / new_rate, (k + 1) / new_rate). An interval partly beyond the end is the
    mean of the part that exists; one wholly beyond it is NaN.

    >>> resample(np.array([0.0, 1.0]), 2.0, 4.0, 5)
    array([ 0.,  0.,  1.,  1., nan])

    Parameters
    ----------
    values : (m,) np.ndarray
        Value j is of the time [j / old_rate, (j + 1) / old_rate).
    old_rate, new_rate : float
        Values per second (Hz).
    count : int
        Number of new values.

    Returns
    -------
    (count,) float64.
    """
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])  # integral, in old intervals
    places, out = np.arange(len(total)), np.full(count, np.nan)
    for begin in range(0, count, _PIECE):
        end = min(count, begin + _PIECE)
        edges = np.minimum(np.arange(begin, end + 1) * (old_rate / new_rate), len(values))
        area, width = np.diff(np.interp(edges, places, total)), np.diff(edges)
        np.divide(area, width, out=out[begin:end], where=width > 1e-9)
    return out


@checks_types
def speech_active(
    probabilities: np.ndarray,
    chunk_rate: float,
    *,
    on: float = 0.5,
    off: float = 0.35,
    shortest: float = 0.1,
    lead: float = 0.1,
    hang_over: float = 0.3,
) -> np.ndarray:
    """Where speech is active: hysteresis, then short stretches are dropped, then a margin on both sides.

    Speech starts where the probability reaches ``on`` and lasts until it falls below ``off``. The margin
    keeps the short pauses of fluent speech active.

    >>> speech_active(np.array([0, 0.9, 0.4, 0.1, 0.4, 0]), 10, lead=0, hang_over=0.1).astype(int)
    array([0, 1, 1, 1, 0, 0])

    Parameters
    ----------
    probabilities : (m,) np.ndarray
        In [0, 1]; NaN (no sound) is not speech.
    chunk_rate : float
        Probabilities per second (Hz).
    on, off : float
        Probabilities at which speech starts and ends.
    shortest : float
        Seconds; a shorter stretch of speech is dropped.
    lead, hang_over : float
        Seconds before and after each stretch that count as active.

    Returns
    -------
    (m,) bool
    """
    known = np.where(probabilities >= on, 1, np.where(probabilities >= off, -1, 0))
    last = np.maximum.accumulate(np.where(known >= 0, np.arange(len(known)), -1))
    speaking = np.where(last >= 0, known[last], 0) == 1
    steps = np.diff(np.concatenate([[0], speaking.astype(np.int8), [0]]))
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    active = np.zeros(len(speaking), bool)
    for start, stop in zip(starts, stops, strict=True):
        if (stop - start) / chunk_rate >= shortest - 1e-9:
            active[max(0, start - round(lead * chunk_rate)) : stop + round(hang_over * chunk_rate)] = True
    return active


@checks_types
def share(active: np.ndarray, count: int, *, new_rate: float = 100.0, least: float = 0.5) -> np.ndarray:
    """Speech activity at another rate: True where at least the share ``least`` of the interval is active.

    Parameters
    ----------
    active : (m,) np.ndarray of bool
        From `speech_active`, at `CHUNK_RATE`.
    count : int
        Number of intervals.
    new_rate : float
        Intervals per second (Hz); that of log-mel frames by default.
    least : float
        In [0, 1].

    Returns
    -------
    (count,) bool
        False beyond the end of ``active``.
    """
    return np.nan_to_num(resample(active.astype(np.float64), CHUNK_RATE, new_rate, count)) >= least

"""How loud, relative to oneself: a recording's reference level.

How loud someone speaks, against how loud that person usually speaks, tells arousal; how far the microphone
stood does not, and a recording mixes the two. So a log-mel enters the network relative to a *reference
level*, the typical level of the speech in the same recording: what rises and falls within the recording
survives, the microphone's gain does not.

A short recording is little to know "usually" from: its only sentence may be a shout. There the level of
recordings in general still tells something. Hence the reference is the estimate of a Gaussian model in which
speech of person and gain unknown has the level PRIOR_LEVEL + gain (spread GAIN_SPREAD) + manner of speaking
(spread MANNER_SPREAD, independent after every MANNER_SECONDS): the measured level, drawn towards the prior
the more, the less speech there is.
"""

from __future__ import annotations

import numpy as np

PRIOR_LEVEL = -2.7
"""Bels: level of the middle of the speech of a recording in general (ours, between corpora)."""

GAIN_SPREAD = 0.65
"""Bels: standard deviation of recordings' gains (between five corpora of acted speech: 0.68)."""

MANNER_SPREAD = 0.6
"""Bels: standard deviation of one person's level from utterance to utterance (acted speech: 0.5 to 0.9)."""

MANNER_SECONDS = 3.0
"""Seconds of speech in one manner."""

RANGE = (-6.0, 3.0)
"""Bels around the reference that the network sees; digital silence would else depend on the gain."""


def frame_level(logmel: np.ndarray) -> np.ndarray:
    """Level of each frame, in bels: log10 of the mean mel power.

    Parameters
    ----------
    logmel : (frames, n_mels), log10 of power (the preset ``default16k``).

    Returns
    -------
    (frames,) float32.
    """
    return np.log10(np.mean(10.0 ** logmel.astype(np.float32), axis=1))


def speech_level(logmel: np.ndarray, voiced: np.ndarray) -> float:
    """Median level of a recording's speech, in bels; NaN where there is none.

    Parameters
    ----------
    logmel : (frames, n_mels), log10 of power.
    voiced : (frames,) bool, True where speech is active.
    """
    if not voiced.any():
        return float("nan")
    return float(np.median(frame_level(logmel[voiced])))


def reference_level(logmel: np.ndarray, voiced: np.ndarray, *, rate: float = 100.0) -> float:
    """The level to which a recording's log-mel is to be taken, in bels.

    With T seconds of speech of median level L, the manner's variance is m2 = MANNER_SPREAD^2 / max(1, T /
    MANNER_SECONDS), the gain's g2 = GAIN_SPREAD^2, and the reference is the posterior mean of PRIOR_LEVEL +
    gain, which is PRIOR_LEVEL + (L - PRIOR_LEVEL) g2 / (g2 + m2).

    Parameters
    ----------
    logmel : (frames, n_mels), log10 of power, at `rate` frames per second: the whole recording.
    voiced : (frames,) bool, True where speech is active.

    Returns
    -------
    Bels. PRIOR_LEVEL where nothing is voiced: features stay finite there, and the stream's mask says that
    they mean nothing.
    """
    return shrunk_level(speech_level(logmel, voiced), float(voiced.sum()) / rate)


def shrunk_level(level: float, seconds: float) -> float:
    """The reference level from a measured level (bels) over so many seconds of speech."""
    if np.isnan(level):
        return PRIOR_LEVEL
    gain = GAIN_SPREAD**2
    manner = MANNER_SPREAD**2 / max(1.0, seconds / MANNER_SECONDS)
    return PRIOR_LEVEL + (level - PRIOR_LEVEL) * gain / (gain + manner)


def relative(logmel: np.ndarray, reference: float) -> np.ndarray:
    """Log-mel relative to a reference level, as `VoiceNet` takes it.

    Parameters
    ----------
    logmel : (frames, n_mels), log10 of power.
    reference : bels, of `reference_level`.

    Returns
    -------
    (frames, n_mels) float32 in RANGE.
    """
    return np.clip(logmel - np.float32(reference), *RANGE).astype(np.float32)

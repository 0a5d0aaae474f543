"""A recording's reference level: loudness relative to the speaker's usual loudness.

Speech that is louder than the speaker's usual level is a sign of arousal. The distance of the microphone is
not, but it changes the level in the same way. So the network gets the log-mel relative to a *reference
level*, the typical level of the speech in the same recording. Changes within the recording are kept; the
microphone's gain is removed.

A short recording tells little about the usual level: its only sentence may be a shout. There the level of
recordings in general helps. The reference is therefore the estimate of a Gaussian model: the level of speech
is PRIOR_LEVEL + the gain (standard deviation GAIN_SPREAD) + the manner of speaking (MANNER_SPREAD,
independent after every MANNER_SECONDS). The less speech there is, the more the measured level is moved
towards the prior.

Recordings of one speaker, made with one microphone in one place, share the gain. Their reference is the
estimate from all their speech together (`shared_level`): whoever shouts through one of them is loud in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ..arguments import checks_types

PRIOR_LEVEL = -2.7
"""Bels: median speech level of recordings in general (our choice, between the corpora)."""

GAIN_SPREAD = 0.65
"""Bels: standard deviation of recordings' gains (between five corpora of acted speech: 0.68)."""

MANNER_SPREAD = 0.6
"""Bels: standard deviation of one person's level from utterance to utterance (acted speech: 0.5 to 0.9)."""

MANNER_SECONDS = 3.0
"""Seconds after which the manner of speaking is independent."""

RANGE = (-6.0, 3.0)
"""Bels around the reference to which the input is clipped: digital silence must not depend on the gain."""


class SpeechLevel(NamedTuple):
    """The speech of one recording: its median level in bels, NaN without speech, and its seconds."""

    level: float
    seconds: float


NO_SPEECH = SpeechLevel(float("nan"), 0.0)


@checks_types
def frame_level(logmel: np.ndarray) -> np.ndarray:
    """Level of each frame, in bels: log10 of the mean mel power.

    Parameters
    ----------
    logmel : (frames, n_mels) np.ndarray
        log10 of power (the preset ``default16k``).

    Returns
    -------
    (frames,) float32.
    """
    return np.log10(np.mean(10.0 ** logmel.astype(np.float32), axis=1))


@checks_types
def speech_level(logmel: np.ndarray, voiced: np.ndarray) -> float:
    """Median level of a recording's speech, in bels; NaN without speech.

    Parameters
    ----------
    logmel : (frames, n_mels) np.ndarray
        log10 of power.
    voiced : (frames,) np.ndarray of bool
        True where speech is active.
    """
    if not voiced.any():
        return float("nan")
    return float(np.median(frame_level(logmel[voiced])))


@checks_types
def reference_level(logmel: np.ndarray, voiced: np.ndarray, *, frame_rate: float = 100.0) -> float:
    """The reference level of a recording, in bels.

    With T seconds of speech of median level L, the manner's variance is m2 = MANNER_SPREAD^2 / max(1, T /
    MANNER_SECONDS), the gain's g2 = GAIN_SPREAD^2, and the reference is the posterior mean of PRIOR_LEVEL +
    gain, which is PRIOR_LEVEL + (L - PRIOR_LEVEL) g2 / (g2 + m2).

    Parameters
    ----------
    logmel : (frames, n_mels) np.ndarray
        log10 of power, of the whole recording.
    voiced : (frames,) np.ndarray of bool
        True where speech is active.
    frame_rate : float
        Frames per second (Hz) of the log-mel.

    Returns
    -------
    float
        Bels; PRIOR_LEVEL without speech, so that features are finite (the stream's mask is False there).
    """
    return shrunk_level(speech_level(logmel, voiced), float(voiced.sum()) / frame_rate)


@checks_types
def shrunk_level(level: float, seconds: float) -> float:
    """The reference level from a measured level (bels) of so many seconds of speech."""
    if np.isnan(level):
        return PRIOR_LEVEL
    gain = GAIN_SPREAD**2
    manner = MANNER_SPREAD**2 / max(1.0, seconds / MANNER_SECONDS)
    return PRIOR_LEVEL + (level - PRIOR_LEVEL) * gain / (gain + manner)


@checks_types
def shared_level(recordings: Iterable[SpeechLevel]) -> float:
    """The reference level that recordings with the same gain share, in bels.

    Recording i has n_i = max(1, T_i / MANNER_SECONDS) independent draws of the manner. The reference is the
    posterior mean of PRIOR_LEVEL + gain, given the mean of the levels L_i weighed by n_i, whose variance is
    MANNER_SPREAD^2 / sum n_i. Of one recording it is its `shrunk_level`.

    Parameters
    ----------
    recordings : iterable of SpeechLevel
        Those without speech count for nothing.

    Returns
    -------
    float
        PRIOR_LEVEL without speech.

    Examples
    --------
    >>> quiet, loud = SpeechLevel(-3.7, 30.0), SpeechLevel(-2.7, 30.0)
    >>> [round(shared_level(each), 2) for each in ([quiet], [loud], [quiet, loud])]
    [-3.62, -2.7, -3.18]
    """
    spoken = [one for one in recordings if one.seconds > 0 and not np.isnan(one.level)]
    if not spoken:
        return PRIOR_LEVEL
    seconds = np.array([max(MANNER_SECONDS, one.seconds) for one in spoken])
    mean = np.average([one.level for one in spoken], weights=seconds / seconds.sum())
    return shrunk_level(float(mean), float(seconds.sum()))


@checks_types
def relative(logmel: np.ndarray, reference: float) -> np.ndarray:
    """Log-mel relative to a reference level, as `VoiceNet` takes it.

    Parameters
    ----------
    logmel : (frames, n_mels) np.ndarray
        log10 of power.
    reference : float
        Bels, from `reference_level`.

    Returns
    -------
    (frames, n_mels) float32
        In RANGE.
    """
    return np.clip(logmel - np.float32(reference), *RANGE).astype(np.float32)

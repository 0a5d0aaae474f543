"""The reference level: what it keeps, and what it takes away."""

import numpy as np
import pytest

from avaffect.voice import SpeechLevel, log_mel, reference_level, relative, shared_level, speech_level
from avaffect.voice.level import GAIN_SPREAD, MANNER_SECONDS, MANNER_SPREAD, PRIOR_LEVEL


def talk(seconds: float, gain: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (gain * rng.standard_normal(int(16000 * seconds))).astype(np.float32)


def voiced(logmel: np.ndarray) -> np.ndarray:
    return np.ones(len(logmel), bool)


def test_gain_drops_out_of_a_long_recording():
    views = []
    for gain in (0.02, 0.2):
        logmel = log_mel(talk(120, gain))
        views.append(relative(logmel, reference_level(logmel, voiced(logmel))))
    assert abs(views[0].mean() - views[1].mean()) < 0.05  # 2 bels of gain


def test_a_shout_stays_a_shout_within_the_recording():
    quiet, loud = talk(30, 0.02), talk(2, 0.2, seed=1)
    logmel = log_mel(np.concatenate([quiet, loud]))
    view = relative(logmel, reference_level(logmel, voiced(logmel)))
    assert view[3100:].mean() - view[:2900].mean() == pytest.approx(2.0, abs=0.05)


def test_shrinkage_is_the_posterior_mean():
    logmel = log_mel(talk(2, 0.3))
    level = speech_level(logmel, voiced(logmel))
    # One manner (2 s < MANNER_SECONDS): gain and manner are two Gaussians that add up to what was measured.
    weights = np.array([GAIN_SPREAD, MANNER_SPREAD]) ** 2
    gain = weights[0] / weights.sum() * (level - PRIOR_LEVEL)
    assert reference_level(logmel, voiced(logmel)) == pytest.approx(PRIOR_LEVEL + gain)


def test_only_speech_counts():
    logmel = log_mel(np.concatenate([talk(5, 0.1), talk(20, 0.001, seed=1)]))
    mask = np.arange(len(logmel)) < 498
    assert speech_level(logmel, mask) == pytest.approx(speech_level(logmel[:498], mask[:498]))
    assert speech_level(logmel, mask) > speech_level(logmel, ~mask) + 3


def test_without_speech_the_prior():
    logmel = log_mel(talk(1, 0.1))
    nobody = np.zeros(len(logmel), bool)
    assert np.isnan(speech_level(logmel, nobody))
    assert reference_level(logmel, nobody) == PRIOR_LEVEL


def test_half_precision_log_mel_gives_the_same():
    logmel = log_mel(talk(5, 0.05))
    mask = voiced(logmel)
    half = reference_level(logmel.astype(np.float16), mask)
    assert half == pytest.approx(reference_level(logmel, mask), abs=0.01)
    assert relative(logmel.astype(np.float16), half).dtype == np.float32


def test_a_shared_level_is_the_posterior_mean_of_the_gain_given_all_recordings():
    recordings = [SpeechLevel(-3.4, 12.0), SpeechLevel(-1.9, 1.0), SpeechLevel(-2.8, 60.0)]
    # Bayes in full: every draw of the manner is an observation of the gain with its own noise.
    draws = [max(1.0, one.seconds / MANNER_SECONDS) for one in recordings]
    gain = np.linspace(-8, 8, 200_001)
    exponent = gain**2 / GAIN_SPREAD**2
    for one, n in zip(recordings, draws, strict=True):
        exponent += n * (one.level - PRIOR_LEVEL - gain) ** 2 / MANNER_SPREAD**2
    weight = np.exp(-0.5 * (exponent - exponent.min()))
    assert shared_level(recordings) == pytest.approx(PRIOR_LEVEL + np.average(gain, weights=weight), abs=1e-6)


def test_a_shared_level_of_one_recording_is_its_own():
    logmel = log_mel(talk(7, 0.3))
    mask = np.arange(len(logmel)) < 500
    alone = SpeechLevel(speech_level(logmel, mask), mask.sum() / 100)
    silent = SpeechLevel(float("nan"), 0.0)
    assert shared_level([silent, alone]) == reference_level(logmel, mask)
    assert shared_level([silent]) == PRIOR_LEVEL

"""Clips for the voice encoder: analysis and levels."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.train.voice_clips import (
    LEVEL_PER_AROUSAL,
    AnalysedClip,
    analyse_clips,
    draw_level,
    voiced_ticks,
)
from avaffect.voice.level import GAIN_SPREAD, MANNER_SPREAD

from .conftest import utterance


def analysed(corpus: str = "ravdess", emotion: str = "anger", manner: float = 0.0) -> AnalysedClip:
    return AnalysedClip(utterance(corpus, emotion), np.ones(100, bool), -2.0 + manner, -2.0)


def test_level_keeps_manner_and_loses_it_in_short_recordings():
    rng = np.random.default_rng(0)
    loud = np.array([draw_level(analysed(manner=1.0), rng) for _ in range(4000)])
    left = MANNER_SPREAD**2 / (MANNER_SPREAD**2 + GAIN_SPREAD**2)
    assert loud.mean() == pytest.approx((1 + left) / 2, abs=0.03)


def test_level_that_a_corpus_lost_follows_arousal():
    rng = np.random.default_rng(0)

    def usual(emotion: str) -> float:
        scaled = AnalysedClip(utterance(emotion=emotion), np.ones(100, bool), 5.0, float("nan"))
        return float(np.mean([draw_level(scaled, rng) for _ in range(4000)]))

    kept = (1 + MANNER_SPREAD**2 / (MANNER_SPREAD**2 + GAIN_SPREAD**2)) / 2
    arousal = {name: utterance(emotion=name).valence_arousal[1] for name in ("anger", "sadness")}
    expected = kept * LEVEL_PER_AROUSAL * (arousal["anger"] - arousal["sadness"])
    assert usual("anger") - usual("sadness") == pytest.approx(expected, abs=0.05)


def test_usual_level_is_the_speakers_where_the_corpus_kept_it():
    clips = [
        utterance(gain=0.1),
        utterance(gain=0.01),
        utterance(speaker="bb"),
        utterance("nemo", speaker="ccc"),
    ]
    items = analyse_clips(clips)
    assert items[0].level - items[1].level == pytest.approx(2.0, abs=0.02)
    assert items[0].usual_level == pytest.approx((items[0].level + items[1].level) / 2)
    assert items[2].usual_level == pytest.approx(items[2].level)
    assert np.isnan(items[3].usual_level)
    assert all(item.voiced.any() for item in items)  # noise is no speech: the loud frames count


def test_ticks_of_frames():
    voiced = np.zeros(35, bool)
    voiced[6:20] = True
    assert voiced_ticks(voiced).tolist() == [False, True, True, False]
    assert voiced_ticks(np.arange(16) == 3).tolist() == [True, False]  # never none

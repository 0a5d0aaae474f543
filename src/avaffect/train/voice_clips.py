"""Clips of acted speech: their speech activity and level, and the level that a recording would give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import voice
from ..corpus.speech import Utterance
from ..voice.level import GAIN_SPREAD, MANNER_SPREAD

STRIDE = 8  # log-mel frames of a tick: 12.5 ticks per second

LEVEL_KEPT = ("ravdess", "tess")
"""Corpora with one gain per speaker. In the others clips were scaled, or recorded under other conditions."""

LEVEL_PER_AROUSAL, LEVEL_SPREAD = 1.0, 0.5
"""Bels by which a speaker's level rises per unit of arousal, and the standard deviation about that. Both lie
between what the corpora of `LEVEL_KEPT` show (RAVDESS 1.47 and 0.59, TESS 0.39 and 0.38)."""

USUAL_AROUSAL = 0.24
"""Mean arousal proxy of RAVDESS, where the mean level of a speaker is taken as the usual one."""


@dataclass(frozen=True, eq=False)
class AnalysedClip:
    """A clip with its speech activity and level.

    Attributes
    ----------
    clip : Utterance
    voiced : (frames,) bool
        At 100 Hz, at least one is True.
    level : float
        Median level of the voiced frames, in bels.
    usual_level : float
        Mean `level` of the speaker's clips; NaN where the corpus did not keep the gain (`LEVEL_KEPT`).
    """

    clip: Utterance
    voiced: NDArray[np.bool_]
    level: float
    usual_level: float


def analyse_clips(clips: Sequence[Utterance]) -> list[AnalysedClip]:
    """Speech activity and levels of clips.

    Where the detector finds almost no speech (vocal bursts, whispers), the frames less than 3 bels below the
    loudest one count as voiced.
    """
    found: list[tuple[NDArray[np.bool_], float]] = []
    usual: dict[str, list[float]] = {}
    for clip in clips:
        levels = voice.frame_level(voice.log_mel(clip.sound))
        active = voice.speech_active(*voice.speech_probability(clip.sound))
        voiced = voice.share(active, len(levels))
        if voiced.mean() < 0.2:
            voiced = levels > levels.max() - 3.0
        level = float(np.median(levels[voiced]))
        found.append((voiced, level))
        if clip.corpus in LEVEL_KEPT:
            usual.setdefault(clip.speaker, []).append(level)
    means = {speaker: float(np.mean(levels)) for speaker, levels in usual.items()}
    return [
        AnalysedClip(clip, voiced, level, means.get(clip.speaker, float("nan")))
        for clip, (voiced, level) in zip(clips, found, strict=True)
    ]


def draw_level(item: AnalysedClip, rng: np.random.Generator) -> float:
    """Level of a clip relative to the reference level, in bels, as some recording of it would have.

    In half of the cases the recording is long: its reference is nearly the speaker's usual level. In the
    other half the clip is the whole recording: then `voice.reference_level` follows the level of the clip,
    gain included, and a part of it is left.

    Some corpora scaled their clips, so their levels say nothing. A network that learns from these would
    learn that level says nothing at all. There the level is drawn from what the arousal of the clip lets
    expect.
    """
    manner = item.level - item.usual_level
    if np.isnan(manner):
        expected = LEVEL_PER_AROUSAL * (item.clip.valence_arousal[1] - USUAL_AROUSAL)
        manner = rng.normal(expected, LEVEL_SPREAD)
    if rng.random() < 0.5:
        return float(manner + rng.normal(0, 0.2))
    left = MANNER_SPREAD**2 / (MANNER_SPREAD**2 + GAIN_SPREAD**2)
    return float(left * (manner + rng.normal(0, GAIN_SPREAD)))


def voiced_ticks(voiced: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Ticks of which at least half is voiced, else the most voiced ones: (frames,) to (frames // 8,)."""
    share = voiced[: len(voiced) // STRIDE * STRIDE].reshape(-1, STRIDE).mean(axis=1)
    return share >= min(0.5, share.max())

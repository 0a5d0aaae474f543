"""Batches for the voice encoder: augmented crops of acted speech, at the level a real recording would have.

The corpora are small, so an encoder may learn speakers, rooms and recording levels instead of expression.
Three things are done against it. Crops are augmented strongly (`voice_augmentation`). Corpora and emotions
are drawn evenly. The level of a crop, relative to its reference level, is drawn as a recording would give it
(`draw_level`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from .. import voice
from ..corpus.speech import EMOTIONS, Utterance
from ..voice.level import GAIN_SPREAD, MANNER_SPREAD
from .batches import Batch, Batches
from .voice_augmentation import VoiceAugmentation, add_noise, mask_bands, random_crop

STRIDE = 8  # log-mel frames of a tick: 12.5 ticks per second
TICKS = 32  # of a crop: 2.56 s
CORPUS_SHARES: Mapping[str, float] = {
    "ravdess": 0.45, "emodb4_full": 0.2, "nemo": 0.17, "tess": 0.1, "emogator": 0.08,
}  # fmt: skip
"""Share of the crops that each corpus gives: between even and proportional to its size."""

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


class VoiceBatches(Batches):
    """Augmented crops of several corpora."""

    def __init__(
        self,
        items: Sequence[AnalysedClip],
        *,
        draws: int,
        batch: int,
        seed: int,
        augmentation: VoiceAugmentation,
    ) -> None:
        self.items = list(items)
        self.steps, self.batch, self.seed, self.augmentation = draws // batch, batch, seed, augmentation
        self.logmel = voice.LogMel()
        self.groups: dict[str, dict[str, list[AnalysedClip]]] = {}
        for item in self.items:
            emotions = self.groups.setdefault(item.clip.corpus, {})
            emotions.setdefault(item.clip.emotion, []).append(item)
        shares = np.array([CORPUS_SHARES[name] for name in self.groups])
        self.shares = shares / shares.sum()

    def __len__(self) -> int:
        return self.steps

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch."""
        rng = np.random.default_rng((self.seed, number))
        for _ in range(self.steps):
            yield self._batch(rng)

    def _draw(self, rng: np.random.Generator) -> AnalysedClip:
        corpus = list(self.groups.values())[rng.choice(len(self.groups), p=self.shares)]
        emotion = list(corpus.values())[rng.integers(len(corpus))]
        return emotion[rng.integers(len(emotion))]

    def _batch(self, rng: np.random.Generator) -> Batch:
        chosen = [self._draw(rng) for _ in range(self.batch)]
        sounds, masks = [], []
        for item in chosen:
            sound, voiced = random_crop(item.clip.sound, item.voiced, TICKS * STRIDE, rng, self.augmentation)
            others = [self._draw(rng).clip.sound for _ in range(rng.integers(3, 6))]
            sounds.append(add_noise(sound, voiced, others, rng, self.augmentation))
            masks.append(voiced)
        with torch.inference_mode():
            logmels = self.logmel(torch.from_numpy(np.stack(sounds))).numpy()
        inputs = []
        for item, logmel, voiced in zip(chosen, logmels, masks, strict=True):
            reference = voice.speech_level(logmel, voiced) - draw_level(item, rng)
            inputs.append(mask_bands(voice.relative(logmel, reference), rng, self.augmentation))
        return {
            "logmel": torch.from_numpy(np.stack(inputs)),
            "mask": torch.from_numpy(np.stack([voiced_ticks(voiced) for voiced in masks])),
            "emotion": torch.tensor([EMOTIONS.index(item.clip.emotion) for item in chosen]),
            "known": torch.tensor([self._known_emotions(item.clip.corpus) for item in chosen]),
            "affect": torch.tensor([item.clip.valence_arousal for item in chosen]),
        }

    def _known_emotions(self, corpus: str) -> list[bool]:
        return [emotion in self.groups[corpus] for emotion in EMOTIONS]

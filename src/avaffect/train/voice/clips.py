"""Batches for the voice encoder: changed crops of acted speech, as if out of some recording.

Small corpora, so the danger is to learn speakers, rooms and recording levels: crops are changed a lot
(`augment`), corpora and emotions are drawn evenly, and how loud a crop is against its reference level
follows from what a recording could have told (`loudness`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset

from ... import voice
from ...corpus.speech import EMOTIONS, Utterance
from ...encoder.voice import STRIDE
from ...voice.level import GAIN_SPREAD, MANNER_SPREAD
from .augment import Damage, add_noise, cut, mask_bands

TICKS = 32  # of a crop: 2.56 s
SHARES: Mapping[str, float] = {
    "ravdess": 0.45, "emodb4_full": 0.2, "nemo": 0.17, "tess": 0.1, "emogator": 0.08,
}  # fmt: skip
"""How often a crop is of each corpus: between even and proportional to its size."""

LEVELLED = ("ravdess", "tess")
"""Corpora that kept one gain per speaker; in the others each clip was scaled, or recorded anywhere."""

LOUDER, LOUDER_SPREAD = 1.0, 0.5
"""Bels that a speaker's level rises per unit of arousal, and its spread about that: between what the levelled
corpora show (RAVDESS 1.47 and 0.59, TESS 0.39 and 0.38)."""

USUAL_AROUSAL = 0.24
"""Mean proxy of RAVDESS, whose speakers' mean level is their usual one."""


@dataclass(frozen=True, eq=False)
class Heard:
    """A clip with what `avaffect.voice` makes of it.

    Attributes
    ----------
    clip : Utterance
    voiced : (frames,) bool
        At 100 Hz, at least one is True.
    level : float
        Median level of the voiced frames, in bels.
    usual : float
        Mean `level` of the speaker's clips; NaN where the corpus did not keep it.
    """

    clip: Utterance
    voiced: NDArray[np.bool_]
    level: float
    usual: float


def hear(clips: Sequence[Utterance]) -> list[Heard]:
    """Speech activity and levels of clips.

    Where the detector finds next to no speech (bursts, whispers), the frames less than 3 bels below the
    loudest count.
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
        if clip.corpus in LEVELLED:
            usual.setdefault(clip.speaker, []).append(level)
    means = {speaker: float(np.mean(levels)) for speaker, levels in usual.items()}
    return [
        Heard(clip, voiced, level, means.get(clip.speaker, float("nan")))
        for clip, (voiced, level) in zip(clips, found, strict=True)
    ]


def loudness(item: Heard, rng: np.random.Generator) -> float:
    """A level relative to the reference, in bels, that a recording with this clip in it might give.

    In a long recording the reference is the speaker's usual level, nearly. Where the clip is the whole
    recording, what is left of its level is what `voice.reference_level` leaves, with the gain in it.

    A corpus that scaled its clips lost what loudness told, and a network that learns from it would learn that
    loudness tells nothing: there the level is drawn as the arousal of the clip lets expect.
    """
    manner = item.level - item.usual
    if np.isnan(manner):
        manner = rng.normal(LOUDER * (item.clip.valence_arousal[1] - USUAL_AROUSAL), LOUDER_SPREAD)
    if rng.random() < 0.5:
        return float(manner + rng.normal(0, 0.2))
    left = MANNER_SPREAD**2 / (MANNER_SPREAD**2 + GAIN_SPREAD**2)
    return float(left * (manner + rng.normal(0, GAIN_SPREAD)))


def ticks(voiced: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Ticks of which at least half is voiced, or the most voiced ones: (frames,) to (frames // 8,)."""
    share = voiced[: len(voiced) // STRIDE * STRIDE].reshape(-1, STRIDE).mean(axis=1)
    return share >= min(0.5, share.max())


class VoiceBatches(IterableDataset):
    """One epoch of changed crops of several corpora; the same for the same seed and epoch."""

    def __init__(self, items: Sequence[Heard], *, draws: int, batch: int, seed: int, damage: Damage) -> None:
        self.items = list(items)
        self.steps, self.batch, self.seed, self.damage = draws // batch, batch, seed, damage
        self.logmel = voice.LogMel()
        self.epoch = 0
        self.groups: dict[str, dict[str, list[Heard]]] = {}
        for item in self.items:
            emotions = self.groups.setdefault(item.clip.corpus, {})
            emotions.setdefault(item.clip.emotion, []).append(item)
        shares = np.array([SHARES[name] for name in self.groups])
        self.shares = shares / shares.sum()

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        rng = np.random.default_rng((self.seed, self.epoch))
        for _ in range(self.steps):
            yield self._batch(rng)

    def _draw(self, rng: np.random.Generator) -> Heard:
        corpus = list(self.groups.values())[rng.choice(len(self.groups), p=self.shares)]
        emotion = list(corpus.values())[rng.integers(len(corpus))]
        return emotion[rng.integers(len(emotion))]

    def _batch(self, rng: np.random.Generator) -> dict[str, Tensor]:
        chosen = [self._draw(rng) for _ in range(self.batch)]
        sounds, masks = [], []
        for item in chosen:
            sound, voiced = cut(item.clip.sound, item.voiced, TICKS * STRIDE, rng, self.damage)
            others = [self._draw(rng).clip.sound for _ in range(rng.integers(3, 6))]
            sounds.append(add_noise(sound, voiced, others, rng, self.damage))
            masks.append(voiced)
        with torch.inference_mode():
            logmels = self.logmel(torch.from_numpy(np.stack(sounds))).numpy()
        views = []
        for item, logmel, voiced in zip(chosen, logmels, masks, strict=True):
            reference = voice.speech_level(logmel, voiced) - loudness(item, rng)
            views.append(mask_bands(voice.relative(logmel, reference), rng, self.damage))
        return {
            "logmel": torch.from_numpy(np.stack(views)),
            "mask": torch.from_numpy(np.stack([ticks(voiced) for voiced in masks])),
            "emotion": torch.tensor([EMOTIONS.index(item.clip.emotion) for item in chosen]),
            "known": torch.tensor([self._known(item.clip.corpus) for item in chosen]),
            "affect": torch.tensor([item.clip.valence_arousal for item in chosen]),
        }

    def _known(self, corpus: str) -> list[bool]:
        return [emotion in self.groups[corpus] for emotion in EMOTIONS]

"""Real pairs: the features of face and voice of one actor at the same time, and sequences made of them.

Axes: ``t`` ticks of 12.5 Hz, ``d`` feature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from .. import voice
from ..progress import Hook
from .acted import ActedRecording
from .adapt import HALVED
from .face_augmentation import STRONG, WEAK, augment, crop_face
from .feature_extraction import NOISY_VOICE, WEAK_VOICE, add_masking_noise
from .feature_pool import MODALITIES, Pair
from .paired import (
    Mask,
    PairedSequence,
    SequenceCorruption,
    assemble,
    available_ticks,
    corrupted_spans,
)
from .rendered import RenderedStream
from .voice_augmentation import add_noise
from .voice_clips import STRIDE, draw_level, voiced_ticks

Array = NDArray[np.float32]


@torch.inference_mode()
def extract_pairs(
    recordings: Sequence[ActedRecording],
    encoders_of: Callable[[str], tuple[nn.Module, nn.Module]],
    logmel: voice.LogMel,
    *,
    seed: int,
    hook: Hook,
) -> list[Pair]:
    """Features of clips, intact and corrupted.

    Parameters
    ----------
    recordings : sequence of ActedRecording
    encoders_of : callable
        Actor to the encoders of voice and face: ones that were trained without this actor.
    logmel : LogMel
        The spectrogram that the voice encoder takes.
    seed : int
    hook : callable
        Called as ``hook("pairs", completed, total)``, in clips.
    """
    rng = np.random.default_rng(seed)
    pairs = []
    for done, recording in enumerate(recordings):
        speaker = recording.voice.clip.speaker
        hearing, seeing = encoders_of(speaker)
        beside = [recordings[i].voice.clip.sound for i in rng.integers(len(recordings), size=3)]
        heard = _heard(recording, hearing, logmel, beside, rng)
        seen = _seen(recording, seeing, rng)
        pairs.append(_pair(recording, heard, seen))
        hook("pairs", done + 1, len(recordings))
    return pairs


def _heard(
    recording: ActedRecording,
    encoder: nn.Module,
    logmel: voice.LogMel,
    others: list[NDArray[np.float32]],
    rng: np.random.Generator,
) -> tuple[Array, Array, Mask]:
    """Intact and corrupted features (t, d) of the voice, and its mask."""
    item = recording.voice
    length = len(item.voiced) // STRIDE * STRIDE
    voiced = item.voiced[:length]
    sound = item.clip.sound[: length * logmel.settings.hop]
    plain = add_noise(sound, voiced, [], rng, WEAK_VOICE)
    noisy = add_masking_noise(add_noise(plain, voiced, others, rng, NOISY_VOICE), voiced, rng)
    frames = logmel(np.stack([plain, noisy]))
    reference = voice.speech_level(frames[0], voiced) - draw_level(item, rng)
    features = encoder(torch.from_numpy(voice.relative(frames, reference))).float().numpy()
    return features[0], features[1], voiced_ticks(voiced)


def _seen(recording: ActedRecording, encoder: nn.Module, rng: np.random.Generator) -> tuple[Array, Array]:
    """Intact and corrupted features (n, d) of the faces."""
    found = []
    for augmentation in (WEAK, STRONG):
        crops = [
            augment(crop_face(face, HALVED, rng, augmentation=augmentation), rng, augmentation)
            for face in recording.faces
        ]
        found.append(encoder(torch.from_numpy(np.stack(crops))).float().numpy())
    return found[0], found[1]


def _pair(recording: ActedRecording, heard: tuple[Array, Array, Mask], seen: tuple[Array, Array]) -> Pair:
    ticks = len(heard[2])
    kept = recording.ticks < ticks
    mask = np.zeros(ticks, bool)
    mask[recording.ticks[kept]] = True
    faces = []
    for features in seen:
        spread = np.zeros((ticks, features.shape[1]), np.float32)
        spread[recording.ticks[kept]] = features[kept]
        faces.append(spread)
    active = heard[2][:, None]
    return Pair(
        recording.voice.clip.speaker,
        {"audio": np.where(active, heard[0], 0), "visual": faces[0]},
        {"audio": np.where(active, heard[1], 0), "visual": faces[1]},
        {"audio": heard[2], "visual": mask},
        recording.affect,
    )


def compose_pairs(
    pairs: Mapping[str, Sequence[Pair]],
    ticks: int,
    rng: np.random.Generator,
    *,
    corruption: SequenceCorruption,
) -> PairedSequence:
    """Draw a sequence of one actor's clips, one after the other: what is said and seen changes at once.

    Parameters
    ----------
    pairs : mapping of str to sequence of Pair
        By actor.
    ticks : int
    rng : np.random.Generator
    corruption : SequenceCorruption
        Where a modality is ``unrelated``, it comes from other clips of the same actor.
    """
    own = pairs[list(pairs)[int(rng.integers(len(pairs)))]]
    corrupts = rng.random() < corruption.sequences
    corrupted = {
        m: corrupted_spans(ticks, rng) & (corrupts and rng.random() < corruption.corrupted)
        for m in MODALITIES
    }
    unrelated = corrupts and rng.random() < 2 * corruption.unrelated
    other = str(rng.choice(MODALITIES)) if unrelated else ""
    begin = -int(rng.integers(0, 30))  # the recording may begin in the middle of a clip
    course = _course(own, ticks, begin, rng)
    courses = {m: _course(own, ticks, begin, rng) if m == other else course for m in MODALITIES}
    streams = {m: _render(courses[m], m, ticks, corrupted[m]) for m in MODALITIES}
    off = {m: corrupted[m] | (m == other) for m in MODALITIES}
    available = available_ticks(ticks, corruption, rng, corrupts=corrupts)
    return assemble(streams["audio"], streams["visual"], off, available)


def _course(own: Sequence[Pair], ticks: int, begin: int, rng: np.random.Generator) -> list[tuple[int, Pair]]:
    """Clips and their first ticks, until the sequence is full."""
    course, at = [], begin
    while at < ticks:
        pair = own[int(rng.integers(len(own)))]
        course.append((at, pair))
        at += len(pair.masks["audio"])
    return course


def _render(course: Sequence[tuple[int, Pair]], modality: str, ticks: int, corrupted: Mask) -> RenderedStream:
    dim = course[0][1].intact[modality].shape[1]
    features, mask = np.zeros((ticks, dim), np.float32), np.zeros(ticks, bool)
    affect = np.full((ticks, 2), np.nan, np.float32)
    for at, pair in course:
        begin, end = max(at, 0), min(at + len(pair.masks[modality]), ticks)
        if end <= begin:
            continue
        own = slice(begin - at, end - at)
        bad = corrupted[begin:end, None]
        features[begin:end] = np.where(bad, pair.corrupted[modality][own], pair.intact[modality][own])
        mask[begin:end] = pair.masks[modality][own]
        affect[begin:end] = pair.affect
    return RenderedStream(features, affect, mask)

"""The feature cache of a work folder: feature pools, computed once and kept in ``work/features``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from .. import voice
from ..corpus.splits import SPLITS
from ..errors import DataError
from ..metric import pcc
from ..progress import Hook
from .acted import CORPUS, ActedRecording, read_recordings
from .adapt import acted_faces, load_face
from .claims import CACHE, check_claim, claim
from .face import AlignedFaces, FaceHeads, predict_faces, read_corpora
from .feature_extraction import extract_faces, extract_voices
from .feature_pool import (
    FaceFeatures,
    FeaturePool,
    Pair,
    VoiceFeatures,
    by_actor,
    load_faces,
    load_pairs,
    load_voices,
    save_faces,
    save_pairs,
    save_voices,
)
from .folds import ALL, Aligned, align, fold_of, folds_of
from .pairs import extract_pairs
from .recipe import CorpusRecipe
from .voice import left_out, load_voice, read_clips, voice_folds
from .voice_clips import AnalysedClip
from .voice_views import ClipViews

VAL_EVERY = 6
ALIGNED_ON = 1000
"""Clips, or faces of each corpus, that the feature spaces of two encoders are aligned on."""
LEAST_CORRELATION = 0.1

Readings = tuple[NDArray[np.floating], NDArray[np.floating]]


def read_pools(settings: CorpusRecipe, hook: Hook) -> dict[str, FeaturePool]:
    """Feature pools by split; no face and no speaker is in two of them.

    All features come from encoders that were trained without the face, the corpus or the actor. What remains
    is that faces of a known corpus are read better than actors: where the recipe does not give this
    generalisation error of the face encoder, it is measured on the pairs. That of the voice is zero.
    """
    claim(settings, CACHE)
    faces, voices = face_features(settings, hook), voice_features(settings, hook)
    pairs = by_actor(pair_features(settings, hook))
    pools = {split: FeaturePool(faces[split], voices[split]) for split in SPLITS}
    face_error = settings.paired.face_generalisation_error
    if face_error is None:
        face_error = _measured_error(settings, faces["val"], pairs)
    voice_error = settings.paired.voice_generalisation_error or (0.0, 0.0)
    pools["train"] = replace(
        pools["train"],
        pairs=pairs,
        face_generalisation_error=face_error,
        voice_generalisation_error=voice_error,
    )
    return pools


def cached_pool(settings: CorpusRecipe, split: str) -> FeaturePool:
    """One split as a finished run has left it in the work folder; needs no corpora and no encoders.

    Raises
    ------
    DataError
        If no run has, or it was one of other settings.
    """
    check_claim(settings, CACHE)
    faces, voices = (_files(settings, kind)[split] for kind in ("faces", "voices"))
    for path in (faces, voices):
        if not path.is_file():
            raise DataError(f"{path} is missing: train the recipe first, or give its work=FOLDER")
    return FeaturePool(load_faces(faces), load_voices(voices))


def face_features(settings: CorpusRecipe, hook: Hook) -> dict[str, FaceFeatures]:
    """Features of faces that the encoder was not trained on, by split, computed where they are not cached.

    Faces of the corpora's validation split make two: one in `VAL_EVERY` is for validation, the others are
    for training the fusion.
    """
    files = _files(settings, "faces")
    if not all(file.is_file() for file in files.values()):
        net, heads = load_face(settings)
        corpora = read_corpora(settings, settings.face.corpora).values()
        unseen = [faces.part("val") for faces in corpora]
        parts = {
            "train": [_every(faces, VAL_EVERY, others=True) for faces in unseen],
            "val": [_every(faces, VAL_EVERY) for faces in unseen],
            "test": [faces.part("test") for faces in corpora],
        }
        for split, file in files.items():
            views, seed = settings.paired.views, settings.seed
            save_faces(file, extract_faces(net, heads, parts[split], views=views, seed=seed, hook=hook))
    return {split: load_faces(file) for split, file in files.items()}


def _every(faces: AlignedFaces, step: int, *, others: bool = False) -> AlignedFaces:
    """One face in so many, or the others."""
    chosen = (np.arange(len(faces.corpus)) % step == 0) ^ others
    return AlignedFaces(faces.corpus.take(chosen), faces.matrices[chosen])


def _about(faces: AlignedFaces, count: int) -> AlignedFaces:
    """About so many of the faces, evenly; all where there are fewer."""
    return _every(faces, max(1, len(faces.corpus) // count))


def voice_features(settings: CorpusRecipe, hook: Hook) -> dict[str, VoiceFeatures]:
    """Features of every clip by split, from encoders trained without its corpus, where they are not cached.

    Raises
    ------
    DataError
        If the recipe's corpora have no speaker in one of the splits.
    """
    files = _files(settings, "voices")
    if not all(file.is_file() for file in files.values()):
        views = read_clips(settings, hook)
        items = [clip.item for clip in views if clip.item.clip.corpus != CORPUS]
        encoders = cross_fitted_voices(settings, views)
        folds = voice_folds(settings, views)

        def encoder_of(item: AnalysedClip) -> nn.Module:
            return encoders[next((fold.name for fold in folds if left_out(item, fold)), ALL)]

        for split, file in files.items():
            part = [item for item in items if item.clip.split == split]
            if not part:
                raise DataError(
                    f"voice.corpora: no speaker of {', '.join(settings.voice.corpora)} is in the split "
                    f"{split!r}, which sequences need; add a corpus"
                )
            found = extract_voices(
                encoder_of,
                log_mel_of(settings),
                part,
                views=settings.paired.views,
                seed=settings.seed,
                hook=hook,
            )
            save_voices(file, found)
    return {split: load_voices(file) for split, file in files.items()}


def pair_features(settings: CorpusRecipe, hook: Hook) -> list[Pair]:
    """Features of the videos of actors, from encoders trained without the actor; [] without such videos."""
    if settings.acted is None:
        return []
    file = settings.folder(CACHE) / "pairs.npz"
    if not file.is_file():
        recordings = read_recordings(settings, hook)
        views = read_clips(settings, hook)
        folds = voice_folds(settings, views)
        voices, faces = cross_fitted_voices(settings, views), cross_fitted_faces(settings, recordings)

        def encoders_of(actor: str) -> tuple[nn.Module, nn.Module]:
            fold = fold_of(actor, folds)
            name = ALL if fold is None else fold.name
            return voices[name], faces[name]

        pairs = extract_pairs(recordings, encoders_of, log_mel_of(settings), seed=settings.seed, hook=hook)
        save_pairs(file, pairs)
    return load_pairs(file)


@torch.inference_mode()
def cross_fitted_voices(settings: CorpusRecipe, views: Sequence[ClipViews]) -> dict[str, nn.Module]:
    """The voice encoder of each fold, aligned to the one used in prediction, by name; that one as `ALL`."""
    common, _ = load_voice(settings)
    found: dict[str, nn.Module] = {ALL: common}
    for fold in voice_folds(settings, views):
        net, _ = load_voice(settings, fold.name)
        seen = [clip for clip in views if not left_out(clip.item, fold)]
        step = max(1, len(seen) // ALIGNED_ON)
        own, other = [], []
        for clip in seen[::step]:
            inputs, mask = torch.from_numpy(clip.plain.inputs).float()[None], clip.plain.active
            own.append(net.features(inputs)[0][mask])
            other.append(common.features(inputs)[0][mask])
        found[fold.name] = Aligned(net, align(torch.cat(own), torch.cat(other)))
    return found


@torch.inference_mode()
def cross_fitted_faces(settings: CorpusRecipe, recordings: Sequence[ActedRecording]) -> dict[str, nn.Module]:
    """The face encoder of each fold, likewise."""
    common, common_heads = load_face(settings)
    found: dict[str, nn.Module] = {ALL: common}
    corpora = read_corpora(settings, settings.face.corpora).values()
    stills = [_about(faces.part("train"), ALIGNED_ON) for faces in corpora]
    known = [predict_faces(common, common_heads, part)["features"] for part in stills]  # for every fold
    for fold in folds_of(settings, [recording.voice.clip.speaker for recording in recordings]):
        net, heads = load_face(settings, fold.name)
        seen = [r for r in recordings if r.voice.clip.speaker not in fold.units]
        acted = _about(acted_faces(seen), ALIGNED_ON)
        own = [predict_faces(net, heads, part)["features"] for part in (*stills, acted)]
        other = [*known, predict_faces(common, common_heads, acted)["features"]]
        matrix = align(*(torch.from_numpy(np.concatenate(of)) for of in (own, other)))
        found[fold.name] = Aligned(net, matrix)
    return found


def log_mel_of(settings: CorpusRecipe) -> voice.LogMel:
    """The spectrogram that the recipe's voice encoder takes."""
    net, _ = load_voice(settings)
    return voice.LogMel(voice.preset(net.preprocessing["logmel"]))


def _files(settings: CorpusRecipe, kind: str) -> dict[str, Path]:
    folder = settings.folder(CACHE)
    return {split: folder / f"{kind}.{split}.npz" for split in SPLITS}


def _measured_error(
    settings: CorpusRecipe, faces: FaceFeatures, pairs: Mapping[str, Sequence[Pair]]
) -> tuple[float, float]:
    heads = load_face(settings)[1]
    unknown = pair_readings(heads, pairs)
    return generalisation_error(face_readings(heads, faces), unknown) if len(unknown[0]) else (0.0, 0.0)


@torch.inference_mode()
def pair_readings(heads: FaceHeads, pairs: Mapping[str, Sequence[Pair]]) -> Readings:
    """Valence and arousal of each clip with a face: (n, 2) predicted, means over time, and (n, 2) known."""
    seen = [pair for own in pairs.values() for pair in own if pair.masks["visual"].any()]
    predicted = np.zeros((len(seen), 2))
    for row, pair in zip(predicted, seen, strict=True):
        _, affect = heads(torch.from_numpy(pair.intact["visual"][pair.masks["visual"]]))
        row[:] = heads.as_proxy(affect).mean(dim=0).numpy()
    return predicted, np.array([pair.affect for pair in seen]).reshape(-1, 2)


@torch.inference_mode()
def face_readings(heads: FaceHeads, faces: FaceFeatures) -> Readings:
    """Valence and arousal of each face: (n, 2) predicted, and (n, 2) known."""
    _, affect = heads(torch.from_numpy(faces.intact[:, 0]))
    return heads.as_proxy(affect).numpy(), faces.affect


def generalisation_error(known: Readings, unknown: Readings) -> tuple[float, float]:
    """Standard deviation of the error that is added on unknown people, for valence and arousal.

    An error added to items that are read with correlation r lowers it to r' when its standard deviation is
    ``s * sqrt(1 / r'**2 - 1 / r**2)``, with s that of the labels. So a rendered face tells the fusion as much
    as a face that the encoder has never seen. The spread of the errors would not do: an encoder that knows
    nothing of a person and stays near zero errs little.

    Parameters
    ----------
    known : (n, 2), (n, 2) numpy.ndarray
        Readings and labels of items whose like is in the encoder's training.
    unknown : (m, 2), (m, 2) numpy.ndarray
        Readings and labels of other items; correlations below `LEAST_CORRELATION`, and NaN, count as it.

    Examples
    --------
    >>> labels = np.array([[-0.4, -0.4], [-0.4, 0.4], [0.4, -0.4], [0.4, 0.4]])
    >>> readings = labels + 0.4 * np.array([[1, 0], [-1, 0], [-1, 0], [1, 0]])
    >>> generalisation_error((labels, labels), (readings, labels))
    (0.4, 0.0)
    """
    added = []
    for k in range(2):
        there, elsewhere = (
            max(LEAST_CORRELATION, pcc(values[:, k], labels[:, k])) for values, labels in (known, unknown)
        )
        lost = max(1 / elsewhere**2 - 1 / there**2, 0.0)
        added.append(round(float(known[1][:, k].std() * np.sqrt(lost)), 6))
    return added[0], added[1]

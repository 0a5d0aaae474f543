"""The feature cache of a work folder: feature pools, computed once and kept in ``work/features``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..corpus.speech import read_speech
from ..corpus.splits import SPLITS
from ..errors import DataError
from ..progress import Hook
from .claims import CACHE, check_claim, claim
from .face import FaceHeads, load_face, read_corpora
from .feature_extraction import extract_faces, extract_voices
from .feature_pool import (
    FaceFeatures,
    FeaturePool,
    VoiceFeatures,
    load_faces,
    load_voices,
    save_faces,
    save_voices,
)
from .recipe import CorpusRecipe
from .voice import VoiceHeads, load_voice
from .voice_clips import analyse_clips


def read_pools(settings: CorpusRecipe, hook: Hook) -> dict[str, FeaturePool]:
    """Feature pools by split; no face and no speaker is in two of them.

    Where the recipe does not give the generalisation error of the encoders, it is measured: how much worse
    they do on the validation items than on those of their training.
    """
    claim(settings, CACHE)
    faces, voices = face_features(settings, hook), voice_features(settings, hook)
    pools = {split: FeaturePool(faces[split], voices[split]) for split in SPLITS}
    face_error, voice_error = (
        settings.paired.face_generalisation_error,
        settings.paired.voice_generalisation_error,
    )
    if face_error is None:
        face_heads = load_face(settings)[1]
        face_error = generalisation_error(*(face_errors(face_heads, faces[s]) for s in ("train", "val")))
    if voice_error is None:
        voice_heads = load_voice(settings)[1]
        voice_error = generalisation_error(*(voice_errors(voice_heads, voices[s]) for s in ("train", "val")))
    pools["train"] = replace(
        pools["train"], face_generalisation_error=face_error, voice_generalisation_error=voice_error
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
    """Features of every face by split, computed where they are not cached."""
    files = _files(settings, "faces")
    if not all(file.is_file() for file in files.values()):
        net, heads = load_face(settings)
        corpora = read_corpora(settings, settings.face.corpora).values()
        for split, file in files.items():
            parts = [faces.part(split) for faces in corpora]
            views, seed = settings.paired.views, settings.seed
            save_faces(file, extract_faces(net, heads, parts, views=views, seed=seed, hook=hook))
    return {split: load_faces(file) for split, file in files.items()}


def voice_features(settings: CorpusRecipe, hook: Hook) -> dict[str, VoiceFeatures]:
    """Features of every clip by split, computed where they are not cached.

    Raises
    ------
    DataError
        If the recipe's corpora have no speaker in one of the splits.
    """
    files = _files(settings, "voices")
    if not all(file.is_file() for file in files.values()):
        net, _ = load_voice(settings)
        items = analyse_clips(read_speech(settings.data / settings.voice.speech, settings.voice.corpora))
        for split, file in files.items():
            part = [item for item in items if item.clip.split == split]
            if not part:
                raise DataError(
                    f"voice.corpora: no speaker of {', '.join(settings.voice.corpora)} is in the split "
                    f"{split!r}, which sequences need; add a corpus"
                )
            views, seed = settings.paired.views, settings.seed
            save_voices(file, extract_voices(net, part, views=views, seed=seed, hook=hook))
    return {split: load_voices(file) for split, file in files.items()}


def _files(settings: CorpusRecipe, kind: str) -> dict[str, Path]:
    folder = settings.folder(CACHE)
    return {split: folder / f"{kind}.{split}.npz" for split in SPLITS}


@torch.inference_mode()
def face_errors(heads: FaceHeads, faces: FaceFeatures) -> NDArray[np.floating]:
    """Predicted less known valence and arousal of each face: (n, 2)."""
    _, affect = heads(torch.from_numpy(faces.intact[:, 0]))
    return heads.as_proxy(affect).numpy() - faces.affect


@torch.inference_mode()
def voice_errors(heads: VoiceHeads, voices: VoiceFeatures) -> NDArray[np.floating]:
    """Predicted less known valence and arousal of each clip: (n, 2)."""
    errors = []
    for clip in (clip for clips in voices.values() for clip in clips):
        _, affect = heads(torch.from_numpy(clip.intact)[None], torch.from_numpy(clip.active)[None])
        errors.append(affect[0].numpy() - clip.affect)
    return np.stack(errors)


def generalisation_error(known: NDArray[np.floating], unknown: NDArray[np.floating]) -> tuple[float, float]:
    """Standard deviation of the error that is added on unknown people, for valence and arousal.

    The variance of the errors on unknown people less that on people of the training, at least zero.

    Parameters
    ----------
    known : (n, 2) numpy.ndarray
        Errors on items of the encoder's training.
    unknown : (m, 2) numpy.ndarray
        Errors on other items.

    Examples
    --------
    >>> generalisation_error(np.array([[0.3, 0.1], [-0.3, -0.1]]), np.array([[0.5, 0.1], [-0.5, -0.1]]))
    (0.4, 0.0)
    """
    added = np.sqrt(np.maximum(unknown.var(axis=0) - known.var(axis=0), 0.0))
    return round(float(added[0]), 6), round(float(added[1]), 6)

"""Feature pools: features of the faces and clips that paired sequences are drawn from, and their files.

A file holds one modality of one split: npz, features in float16.

Axes: ``t`` ticks of 12.5 Hz, ``d`` feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..files import replacing
from ..npz import Expected, read_npz

Array = NDArray[np.float32]


@dataclass(frozen=True)
class FaceFeatures:
    """Features of the faces of one split.

    Attributes
    ----------
    intact : (n, views, d) float32 numpy.ndarray
        Views of one face differ by small errors of the aligner and the camera.
    corrupted : (n, views, d) float32 numpy.ndarray
        Of the same faces, blurred, dark, occluded or tiny.
    affect : (n, 2) float32 numpy.ndarray
        Valence and arousal: proxies, or ratings on the scale of the proxies.
    """

    intact: Array
    corrupted: Array
    affect: Array


@dataclass(frozen=True)
class ClipFeatures:
    """Features of one view of one clip.

    Attributes
    ----------
    intact : (t, d) float32 numpy.ndarray
    corrupted : (t, d) float32 numpy.ndarray
        Of the same clip behind noise and other voices.
    active : (t,) bool numpy.ndarray
        True where there is speech.
    affect : (2,) float32 numpy.ndarray
        Valence and arousal, proxies.
    """

    intact: Array
    corrupted: Array
    active: NDArray[np.bool_]
    affect: Array


VoiceFeatures = Mapping[str, Sequence[ClipFeatures]]
"""Clips of one split by speaker."""


@dataclass(frozen=True)
class FeaturePool:
    """Features of one split, and the generalisation error of its encoders.

    Encoders predict the faces and voices of their own training too well. A fusion that learns from these
    alone relies on them too much. The generalisation error corrects for it: where it is not zero, the
    rendered item is not the one that gives the label, but one whose valence and arousal differ from it by a
    normal error. An encoder misreads an unknown person in the same way all the time. So the error is drawn
    once a sequence, and no average over time removes it.

    Attributes
    ----------
    faces : FaceFeatures
    voices : VoiceFeatures
    face_generalisation_error, voice_generalisation_error : tuple of float
        Standard deviation of the error in valence and arousal.
    """

    faces: FaceFeatures
    voices: VoiceFeatures
    face_generalisation_error: tuple[float, float] = (0.0, 0.0)
    voice_generalisation_error: tuple[float, float] = (0.0, 0.0)


_FACES = {
    "intact": Expected("f", ("faces", "views", "dim")),
    "corrupted": Expected("f", ("faces", "views", "dim")),
    "affect": Expected("f", ("faces", 2)),
}
_VOICES = {
    "speaker": Expected("U", ("clips",)),
    "ticks": Expected("iu", ("clips",)),
    "intact": Expected("f", ("ticks", "dim")),
    "corrupted": Expected("f", ("ticks", "dim")),
    "active": Expected("b", ("ticks",)),
    "affect": Expected("f", ("clips", 2)),
}


def save_faces(path: Path, faces: FaceFeatures) -> None:
    """Write the faces of a split; the file appears when it is complete."""
    _save(
        path,
        intact=faces.intact.astype(np.float16),
        corrupted=faces.corrupted.astype(np.float16),
        affect=faces.affect,
    )


def load_faces(path: Path) -> FaceFeatures:
    """Read what `save_faces` wrote, as float32."""
    data = read_npz(path, _FACES)
    return FaceFeatures(
        data["intact"].astype(np.float32), data["corrupted"].astype(np.float32), data["affect"]
    )


def save_voices(path: Path, voices: VoiceFeatures) -> None:
    """Write the clips of a split; the file appears when it is complete."""
    clips = [(speaker, clip) for speaker, own in voices.items() for clip in own]
    _save(
        path,
        speaker=np.array([speaker for speaker, _ in clips]),
        ticks=np.array([len(clip.active) for _, clip in clips]),
        intact=np.concatenate([clip.intact for _, clip in clips]).astype(np.float16),
        corrupted=np.concatenate([clip.corrupted for _, clip in clips]).astype(np.float16),
        active=np.concatenate([clip.active for _, clip in clips]),
        affect=np.stack([clip.affect for _, clip in clips]),
    )


def load_voices(path: Path) -> dict[str, list[ClipFeatures]]:
    """Read what `save_voices` wrote, as float32."""
    data = read_npz(path, _VOICES)
    if data["ticks"].min(initial=0) < 0 or data["ticks"].sum() != len(data["active"]):
        raise DataError(f"{path}: ticks: they do not add up to those of the features; remove the file")
    voices: dict[str, list[ClipFeatures]] = {}
    ends = np.cumsum(data["ticks"])
    for row, (end, length) in enumerate(zip(ends, data["ticks"], strict=True)):
        own = slice(end - length, end)
        clip = ClipFeatures(
            data["intact"][own].astype(np.float32),
            data["corrupted"][own].astype(np.float32),
            data["active"][own],
            data["affect"][row],
        )
        voices.setdefault(str(data["speaker"][row]), []).append(clip)
    return voices


def _save(path: Path, **arrays: NDArray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)

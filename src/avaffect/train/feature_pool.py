"""Feature pools: features of the faces and clips that paired sequences are drawn from, and their files.

A file holds one modality of one split: npz, features in float16.

Axes: ``t`` ticks of 12.5 Hz, ``d`` feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..files import replacing
from ..npz import Expected, read_npz

Array = NDArray[np.float32]
MODALITIES = ("audio", "visual")


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
    corpus : str
    """

    intact: Array
    corrupted: Array
    active: NDArray[np.bool_]
    affect: Array
    corpus: str = ""


VoiceFeatures = Mapping[str, Sequence[ClipFeatures]]
"""Clips of one split by speaker."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Features of one clip.

    Attributes
    ----------
    actor : str
    intact, corrupted : dict of str to (t, d) float32 numpy.ndarray
        ``audio`` and ``visual``; zero where masked.
    masks : dict of str to (t,) bool numpy.ndarray
        True where there is speech, and where the face is seen.
    affect : (2,) float32 numpy.ndarray
        Valence and arousal, proxies.
    """

    actor: str
    intact: dict[str, Array]
    corrupted: dict[str, Array]
    masks: dict[str, NDArray[np.bool_]]
    affect: Array


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
    pairs : mapping of str to sequence of Pair
        Real pairs of face and voice, by actor.
    face_generalisation_error, voice_generalisation_error : tuple of float
        Standard deviation of the error in valence and arousal.
    """

    faces: FaceFeatures
    voices: VoiceFeatures
    pairs: Mapping[str, Sequence[Pair]] = field(default_factory=dict)
    face_generalisation_error: tuple[float, float] = (0.0, 0.0)
    voice_generalisation_error: tuple[float, float] = (0.0, 0.0)


_FACES = {
    "intact": Expected("f", ("faces", "views", "dim")),
    "corrupted": Expected("f", ("faces", "views", "dim")),
    "affect": Expected("f", ("faces", 2)),
}
_VOICES = {
    "speaker": Expected("U", ("clips",)),
    "corpus": Expected("U", ("clips",)),
    "ticks": Expected("iu", ("clips",)),
    "intact": Expected("f", ("ticks", "dim")),
    "corrupted": Expected("f", ("ticks", "dim")),
    "active": Expected("b", ("ticks",)),
    "affect": Expected("f", ("clips", 2)),
}
_PAIRS = {
    "actor": Expected("U", ("clips",)),
    "ticks": Expected("i", ("clips",)),
    "affect": Expected("f", ("clips", 2)),
    **{
        f"{kind} {m}": Expected("f", ("ticks", f"d {m}"))
        for kind in ("intact", "corrupted")
        for m in MODALITIES
    },
    **{f"mask {m}": Expected("b", ("ticks",)) for m in MODALITIES},
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
        corpus=np.array([clip.corpus for _, clip in clips]),
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
            str(data["corpus"][row]),
        )
        voices.setdefault(str(data["speaker"][row]), []).append(clip)
    return voices


def save_pairs(path: Path, pairs: Sequence[Pair]) -> None:
    """Write pairs; the file appears when it is complete."""
    arrays: dict[str, NDArray] = {
        "actor": np.array([pair.actor for pair in pairs]),
        "ticks": np.array([len(pair.masks["audio"]) for pair in pairs], np.int64),
        "affect": np.stack([pair.affect for pair in pairs]),
    }
    for m in MODALITIES:
        arrays[f"intact {m}"] = np.concatenate([pair.intact[m] for pair in pairs]).astype(np.float16)
        arrays[f"corrupted {m}"] = np.concatenate([pair.corrupted[m] for pair in pairs]).astype(np.float16)
        arrays[f"mask {m}"] = np.concatenate([pair.masks[m] for pair in pairs])
    _save(path, **arrays)


def load_pairs(path: Path) -> list[Pair]:
    """Read what `save_pairs` wrote, as float32.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    data = read_npz(path, _PAIRS)
    if data["ticks"].min(initial=0) < 0 or data["ticks"].sum() != len(data["mask audio"]):
        raise DataError(f"{path}: ticks: they do not add up to those of the features; remove the file")
    ends = np.cumsum(data["ticks"])
    pairs = []
    for row, (end, length) in enumerate(zip(ends, data["ticks"], strict=True)):
        own = slice(end - length, end)
        pairs.append(
            Pair(
                str(data["actor"][row]),
                {m: data[f"intact {m}"][own].astype(np.float32) for m in MODALITIES},
                {m: data[f"corrupted {m}"][own].astype(np.float32) for m in MODALITIES},
                {m: data[f"mask {m}"][own] for m in MODALITIES},
                data["affect"][row],
            )
        )
    return pairs


def by_actor(pairs: Sequence[Pair]) -> dict[str, list[Pair]]:
    """Pairs by actor, in their order."""
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(pair.actor, []).append(pair)
    return found


def _save(path: Path, **arrays: NDArray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)

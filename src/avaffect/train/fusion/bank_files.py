"""Features of faces and clips on disk: one npz per split and modality, float16."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...files import replacing
from ..paired import FaceBank, VoiceBank, VoiceClip


def save_faces(path: Path, faces: FaceBank) -> None:
    """Write the faces of a split; the file appears when it is whole."""
    _save(
        path,
        features=faces.features.astype(np.float16),
        damaged=faces.damaged.astype(np.float16),
        affect=faces.affect,
    )


def load_faces(path: Path) -> FaceBank:
    """Read what `save_faces` wrote, as float32."""
    data = _load(path)
    return FaceBank(data["features"].astype(np.float32), data["damaged"].astype(np.float32), data["affect"])


def save_voices(path: Path, voices: VoiceBank) -> None:
    """Write the clips of a split; the file appears when it is whole."""
    clips = [(speaker, clip) for speaker, own in voices.items() for clip in own]
    _save(
        path,
        speaker=np.array([speaker for speaker, _ in clips]),
        ticks=np.array([len(clip.active) for _, clip in clips]),
        features=np.concatenate([clip.features for _, clip in clips]).astype(np.float16),
        damaged=np.concatenate([clip.damaged for _, clip in clips]).astype(np.float16),
        active=np.concatenate([clip.active for _, clip in clips]),
        affect=np.stack([clip.affect for _, clip in clips]),
    )


def load_voices(path: Path) -> dict[str, list[VoiceClip]]:
    """Read what `save_voices` wrote, as float32."""
    data = _load(path)
    voices: dict[str, list[VoiceClip]] = {}
    ends = np.cumsum(data["ticks"])
    for row, (end, length) in enumerate(zip(ends, data["ticks"], strict=True)):
        own = slice(end - length, end)
        clip = VoiceClip(
            data["features"][own].astype(np.float32),
            data["damaged"][own].astype(np.float32),
            data["active"][own],
            data["affect"][row],
        )
        voices.setdefault(str(data["speaker"][row]), []).append(clip)
    return voices


def _save(path: Path, **arrays: NDArray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _load(path: Path) -> dict[str, NDArray]:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}

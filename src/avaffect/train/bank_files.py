"""Features of faces and clips on disk: one npz per split, float16."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..corpus.paired import FaceBank, VoiceBank, VoiceClip


def save_banks(path: Path, faces: FaceBank, voices: VoiceBank) -> None:
    """Write both banks of a split; the file appears when it is whole."""
    clips = [(speaker, clip) for speaker, own in voices.items() for clip in own]
    part = path.with_suffix(".part.npz")
    np.savez(
        part,
        face_features=faces.features.astype(np.float16),
        face_damaged=faces.damaged.astype(np.float16),
        face_affect=faces.affect,
        voice_speaker=np.array([speaker for speaker, _ in clips]),
        voice_ticks=np.array([len(clip.active) for _, clip in clips]),
        voice_features=np.concatenate([clip.features for _, clip in clips]).astype(np.float16),
        voice_damaged=np.concatenate([clip.damaged for _, clip in clips]).astype(np.float16),
        voice_active=np.concatenate([clip.active for _, clip in clips]),
        voice_affect=np.stack([clip.affect for _, clip in clips]),
    )
    part.replace(path)


def load_banks(path: Path) -> tuple[FaceBank, VoiceBank]:
    """Read what `save_banks` wrote, as float32."""
    with np.load(path, allow_pickle=False) as archive:
        data: dict[str, NDArray] = {name: archive[name] for name in archive.files}
    faces = FaceBank(
        data["face_features"].astype(np.float32),
        data["face_damaged"].astype(np.float32),
        data["face_affect"],
    )
    ends = np.cumsum(data["voice_ticks"])
    voices: dict[str, list[VoiceClip]] = {}
    for row, (end, length) in enumerate(zip(ends, data["voice_ticks"], strict=True)):
        own = slice(end - length, end)
        clip = VoiceClip(
            data["voice_features"][own].astype(np.float32),
            data["voice_damaged"][own].astype(np.float32),
            data["voice_active"][own],
            data["voice_affect"][row],
        )
        voices.setdefault(str(data["voice_speaker"][row]), []).append(clip)
    return faces, voices

"""How much better the encoders read the items of their own training than those of strangers."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ..face.module import FaceHeads
from ..paired import FaceBank, VoiceBank
from ..voice.module import VoiceHeads


@torch.inference_mode()
def face_errors(heads: FaceHeads, bank: FaceBank) -> NDArray[np.floating]:
    """Valence and arousal that the head reads from each face, less the known ones: (n, 2)."""
    _, affect = heads(torch.from_numpy(bank.features[:, 0]))
    return heads.as_proxy(affect).numpy() - bank.affect


@torch.inference_mode()
def voice_errors(heads: VoiceHeads, bank: VoiceBank) -> NDArray[np.floating]:
    """Valence and arousal that the head reads from each clip, less the known ones: (n, 2)."""
    errors = []
    for clip in (clip for clips in bank.values() for clip in clips):
        _, affect = heads(torch.from_numpy(clip.features)[None], torch.from_numpy(clip.active)[None])
        errors.append(affect[0].numpy() - clip.affect)
    return np.stack(errors)


def slip(own: NDArray[np.floating], strangers: NDArray[np.floating]) -> tuple[float, float]:
    """Standard deviation of the error that strangers add, per target: from errors (n, 2) and (m, 2).

    >>> slip(np.array([[0.3, 0.1], [-0.3, -0.1]]), np.array([[0.5, 0.1], [-0.5, -0.1]]))
    (0.4, 0.0)
    """
    added = np.sqrt(np.maximum(strangers.var(axis=0) - own.var(axis=0), 0.0))
    return round(float(added[0]), 6), round(float(added[1]), 6)

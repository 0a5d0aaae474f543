"""How much wider the intervals are for small faces, learnt from the same faces made smaller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from ..progress import Hook
from ..spec import TARGETS
from .acted import CORPUS, SIDE, ActedRecording, read_recordings
from .calibrate import residuals
from .feature_cache import cross_fitted_faces
from .folds import fold_of, folds_of
from .left_out import LeftOut, LeftOutClip
from .recipe import CorpusRecipe

HEIGHTS = (12, 16, 24, 32, 48, 64)
"""Heights of a face's box in pixels that are measured."""

BOX = 107.0
"""Height in pixels of the box of a face that fills an aligned crop of 112x112 at its own resolution (mean of
four recordings, MTCNN's boxes)."""

Widening = dict[str, list[tuple[float, float]]]


def measure_widening(recipe: CorpusRecipe, found: LeftOut, streams: Sequence[str], hook: Hook) -> Widening:
    """By condition with a face: heights of its box and the factor of the half-width there.

    The factor is that of the quantile of errors that the interval is meant to cover, on actors whom neither
    encoder nor network has seen, against the same faces as they are; the mean of both targets. It never rises
    with the height, and is 1 for the largest.
    """
    if "visual" not in streams:
        return {}
    recordings = read_recordings(recipe, hook)
    folds = folds_of(recipe, [recording.voice.clip.speaker for recording in recordings])
    encoders = cross_fitted_faces(recipe, recordings)
    acted = [clip for clip in found.clips if clip.corpus == CORPUS]
    recordings = _by_actor(recordings)
    widths: dict[str, dict[int, NDArray]] = {}
    sizes = (*HEIGHTS, SIDE)
    for done, height in enumerate(sizes):
        clips = []
        for recording, clip in zip(recordings, acted, strict=True):
            fold = fold_of(recording.voice.clip.speaker, folds)
            assert fold is not None  # every actor is in one
            clips.append(_seen_at(recording, clip, encoders[fold.name], height))
        errors = residuals(LeftOut(clips, found.networks).predict, streams)
        for condition, of in errors.items():
            if "visual" in condition and any(map(len, of)):
                level = recipe.calibration.coverage
                widths.setdefault(condition, {})[height] = np.quantile(np.concatenate(of), level, axis=0)
        hook("small faces", done + 1, len(sizes))
    return {condition: _factors(by) for condition, by in widths.items()}


def _by_actor(recordings: Sequence[ActedRecording]) -> list[ActedRecording]:
    """Recordings in the order of the clips left out: actor by actor, as each of them first appears."""
    order = {actor: k for k, actor in enumerate(dict.fromkeys(r.voice.clip.speaker for r in recordings))}
    return sorted(recordings, key=lambda recording: order[recording.voice.clip.speaker])


def _factors(widths: dict[int, NDArray]) -> list[tuple[float, float]]:
    whole = widths[SIDE]
    raw = [float(np.mean(widths[height][: len(TARGETS)] / whole)) for height in HEIGHTS]
    falling = np.maximum.accumulate([1.0, *raw[::-1]])[:0:-1]
    return [(float(height), round(float(f), 3)) for height, f in zip(HEIGHTS, falling, strict=True)]


@torch.inference_mode()
def _seen_at(
    recording: ActedRecording, clip: LeftOutClip, encoder: torch.nn.Module, height: int
) -> LeftOutClip:
    """A clip whose faces are as small in the picture as a box of so many pixels."""
    side = min(SIDE, max(4, round(height * SIDE / BOX)))
    small = [
        cv2.resize(
            cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA),
            (SIDE, SIDE),
            interpolation=cv2.INTER_LINEAR,
        )
        for face in recording.faces
    ]
    features = encoder(torch.from_numpy(np.stack(small))).float().numpy()
    kept = recording.ticks < len(clip.masks["visual"])
    visual = np.zeros((len(clip.masks["visual"]), features.shape[1]), np.float32)
    visual[recording.ticks[kept]] = features[kept]
    return replace(clip, streams={**clip.streams, "visual": visual})

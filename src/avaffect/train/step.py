"""How fast the values follow: the answer to a step, an actor who is neutral and at once happy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ..corpus.emotions import coordinates
from ..corpus.speech import INTENSITY
from .feature_pool import MODALITIES, Pair
from .folds import Fold, fold_of
from .left_out import LeftOut
from .rendered import TICK_RATE

HOLD = 25
"""Ticks (2 s) before and after the step."""


@torch.inference_mode()
def step_response(
    found: LeftOut, pairs: Mapping[str, Sequence[Pair]], folds: Sequence[Fold]
) -> dict[str, float]:
    """Valence where a neutral clip of an actor is followed at once by a happy one of the same actor.

    Returns
    -------
    dict
        ``before``: share of the change that shows 0.5 s before the step; ``after``: share that shows 0.5 s
        after it; ``half_seconds``: from the step to half of the change (negative: before it). Means over
        all actors and clips, each read by the network that has not seen the actor. Empty without such clips.
    """
    curves = []
    neutral, happy = (np.array(coordinates(name), np.float32) for name in ("neutral", "happiness"))
    for actor, own in pairs.items():
        fold = fold_of(actor, folds)
        if fold is None:
            continue
        first = [pair for pair in own if np.abs(pair.affect - INTENSITY[""] * neutral).max() < 0.01]
        then = [pair for pair in own if np.abs(pair.affect - INTENSITY[""] * happy).max() < 0.01]
        for a, b in zip(first, then, strict=False):
            curves.append(_curve(found, fold.name, a, b))
    if not curves:
        return {}
    mean = np.mean(curves, axis=0)
    low, high = mean[: HOLD // 2].mean(), mean[-(HOLD // 2) :].mean()
    share = (mean - low) / (high - low)
    around = round(0.5 * TICK_RATE)
    half = int(np.argmax(share >= 0.5))
    return {
        "before": float(share[HOLD - around]),
        "after": float(share[HOLD + around]),
        "half_seconds": float((half - HOLD) / TICK_RATE),
    }


def _curve(found: LeftOut, fold: str, first: Pair, then: Pair) -> NDArray[np.floating]:
    """Valence (2 HOLD,) over the end of one clip and the beginning of the next."""
    streams, masks = {}, {}
    for m in MODALITIES:
        parts = [_tail(first.intact[m]), _head(then.intact[m])]
        streams[m] = torch.from_numpy(np.concatenate(parts))[None]
        parts = [_tail(first.masks[m]), _head(then.masks[m])]
        masks[m] = torch.from_numpy(np.concatenate(parts))[None]
    return found.networks[fold](streams, masks).values[0, :, 0].numpy()


def _tail(values: NDArray) -> NDArray:
    """The last HOLD ticks, the end of speech cut off by 0.4 s; short clips repeat their first tick."""
    kept = values[: max(1, len(values) - 5)][-HOLD:]
    return np.concatenate([np.repeat(kept[:1], HOLD - len(kept), axis=0), kept])


def _head(values: NDArray) -> NDArray:
    """The first HOLD ticks, likewise."""
    kept = values[min(5, len(values) - 1) :][:HOLD]
    return np.concatenate([kept, np.repeat(kept[-1:], HOLD - len(kept), axis=0)])

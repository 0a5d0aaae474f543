"""How fast the values follow: the answer to a step, an actor who is neutral and at once happy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

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
    found: LeftOut, pairs: Mapping[str, Sequence[Pair]], folds: Sequence[Fold], *, causal: bool = False
) -> dict[str, float]:
    """Valence where a neutral clip of an actor is followed at once by a happy one of the same actor.

    With ``causal`` a tick is read from what was there until then, as `avaffect.live` does without a lag.

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
            curves.append(_curve(found, fold.name, a, b, causal=causal))
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


def _curve(found: LeftOut, fold: str, first: Pair, then: Pair, *, causal: bool) -> NDArray[np.floating]:
    """Valence (2 HOLD,) over the end of one clip and the beginning of the next."""
    streams, masks = {}, {}
    for m in MODALITIES:
        streams[m] = torch.from_numpy(np.concatenate([_tail(first.intact[m]), _head(then.intact[m])]))[None]
        masks[m] = torch.from_numpy(np.concatenate([_tail(first.masks[m]), _head(then.masks[m])]))[None]
    if not causal:
        return found.networks[fold](streams, masks).values[0, :, 0].numpy()
    ends = range(2 * HOLD)
    pasts = {m: torch.cat([_until(values, end) for end in ends]) for m, values in streams.items()}
    known = {m: torch.cat([_until(mask, end) for end in ends]) for m, mask in masks.items()}
    return found.networks[fold](pasts, known).values[:, -1, 0].numpy()


def _until(values: Tensor, end: int) -> Tensor:
    """A sequence (1, t, ...) of the same length that ends with the tick ``end``; before it is nothing."""
    past = values[:, : end + 1]
    return torch.cat([torch.zeros_like(values[:, end + 1 :]), past], dim=1)


def _tail(values: NDArray) -> NDArray:
    """The last HOLD ticks, the end of speech cut off by 0.4 s; short clips repeat their first tick."""
    kept = values[: max(1, len(values) - 5)][-HOLD:]
    return np.concatenate([np.repeat(kept[:1], HOLD - len(kept), axis=0), kept])


def _head(values: NDArray) -> NDArray:
    """The first HOLD ticks, likewise."""
    kept = values[min(5, len(values) - 1) :][:HOLD]
    return np.concatenate([kept, np.repeat(kept[-1:], HOLD - len(kept), axis=0)])

"""A fusion against the NumPy reference of its equations, with and without masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from avaffect.fusion import Fusion

from . import reference as ref
from .cases import WINDOW, all_there, random_masks, random_streams, sequence, weights_of

BATCH = 3
CLOSE = 1e-9  # the requirement is 1e-6; float64 leaves no reason for more


def compare(
    fusion: Fusion,
    expected: Callable[[ref.Weights, ref.Streams, ref.Streams], dict[str, np.ndarray]],
    ticks: int = WINDOW,
) -> None:
    """Compare what is named by ``expected``: "features", or one of the weights."""
    streams = random_streams(fusion.dims, BATCH, ticks)
    weights = weights_of(fusion)
    for masks in (all_there(fusion.dims, BATCH, ticks), random_masks(fusion.dims, BATCH, ticks)):
        with torch.no_grad():
            fused = fusion(streams, masks)
        got = {"features": fused.features, **fused.weights}
        for index in range(BATCH):
            wanted = expected(weights, sequence(streams, index), sequence(masks, index))
            for name, value in wanted.items():
                np.testing.assert_allclose(got[name][index].numpy(), value, rtol=0, atol=CLOSE)


def joined(weights: ref.Weights, streams: ref.Streams, masks: ref.Streams) -> np.ndarray:
    """Side by side, with the learned vector in the place of what is absent."""
    return np.concatenate(
        [np.where(masks[m][:, None], x, weights[f"absent.{m}"]) for m, x in streams.items()], axis=1
    )


FORMS = [
    {"correlation": correlation, "mixing": mixing, "window": WINDOW if mixing == "time" else None}
    for correlation in ("feature", "time")
    for mixing in ("feature", "time")
]


def step_of(form: dict[str, Any]) -> Any:
    return ref.STEPS[form["correlation"], form["mixing"]]

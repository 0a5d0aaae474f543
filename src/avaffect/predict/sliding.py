"""The fusion over recordings longer than its window: overlapping windows, cross-faded."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from ..fusion import stream_weights
from ..model import Affect, AffectModel
from ..windows import window_starts

BATCH = 16


@torch.inference_mode()
def fuse(
    model: AffectModel, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Run `AffectModel.network` over a whole recording by overlap-add.

    Windows weigh in by a triangle that is largest in their middle, where context is on both sides.

    Parameters
    ----------
    streams : mapping of str to (t, d) torch.Tensor
    masks : mapping of str to (t,) torch.BoolTensor

    Returns
    -------
    values : (t, targets) np.ndarray
    gates : dict of str to (t,) np.ndarray
        ``attended.<stream>`` or ``share.<stream>``, as in `avaffect.fusion.Fused`; empty for fusions
        without such gates.
    """
    ticks = len(next(iter(masks.values())))
    window = round(model.spec.window * model.spec.tick_rate)
    length = min(ticks, window)
    firsts = window_starts(ticks, window, max(1, window // 2))
    taper = torch.minimum(torch.arange(1, length + 1), torch.arange(length, 0, -1)).double()
    total, weight = torch.zeros(ticks, 0, dtype=torch.float64), torch.zeros(ticks, 1).double()
    names: list[str] = []
    for at in range(0, len(firsts), BATCH):
        batch = firsts[at : at + BATCH]
        index = torch.tensor(batch)[:, None] + torch.arange(length)  # (b, length)
        out = model.network(
            {name: x[index] for name, x in streams.items()},
            {name: m[index] for name, m in masks.items()},
        )
        names, stacked = _stack(out)
        if not total.numel():
            total = torch.zeros(ticks, stacked.shape[-1], dtype=torch.float64)
        share = taper.expand(len(batch), -1).reshape(-1, 1)
        total.index_add_(0, index.reshape(-1), stacked.reshape(-1, stacked.shape[-1]) * share)
        weight.index_add_(0, index.reshape(-1), share)
    mean = (total / weight).numpy()
    targets = len(model.spec.targets)
    return mean[:, :targets], {name: mean[:, targets + i] for i, name in enumerate(names)}


def _stack(out: Affect) -> tuple[list[str], Tensor]:
    """Targets and gates side by side, (b, t, targets + gates) float64, and the gates' names."""
    gates = stream_weights(out.weights)
    columns = [out.values, *(value[..., None] for value in gates.values())]
    return list(gates), torch.cat(columns, dim=-1).double()

"""The network over recordings longer than its window: overlapping windows, averaged.

Axes: ``b`` windows, ``t`` ticks of a window or of the recording, ``d`` feature.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .fusion import stream_weights
from .model import Affect
from .overlap import OverlapAdd
from .windows import window_starts

BATCH = 16


class Network(Protocol):
    """What `slide` runs: a `FusionNetwork`."""

    def __call__(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor], /) -> Affect: ...


@torch.inference_mode()
def slide(
    network: Network,
    streams: Mapping[str, Tensor],
    masks: Mapping[str, Tensor],
    *,
    window: int,
    hop: int,
    taper: bool = True,
    batch: int = BATCH,
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Run a network over a whole recording by overlap-add.

    A recording shorter than the window is one window as long as it is; for a fusion that takes one length
    only, it is padded and masked.

    Parameters
    ----------
    network : FusionNetwork
        In evaluation mode.
    streams : mapping of str to (t, d) torch.Tensor
    masks : mapping of str to (t,) torch.BoolTensor
    window, hop : int
        Ticks of a window, and from one to the next.
    taper : bool
        See `OverlapAdd`.
    batch : int
        Windows at a time.

    Returns
    -------
    values : (t, targets) np.ndarray
    gates : dict of str to (t,) np.ndarray
        ``attended.<stream>`` and ``share.<stream>`` as in `avaffect.fusion.Fused`, and each stream's column
        of ``modality`` as ``modality.<stream>``; empty for fusions without such gates.
    """
    ticks = len(next(iter(masks.values())))
    length = min(ticks, window)
    padding = window - length if fixed_length(network) else 0
    firsts = window_starts(ticks, window, hop)
    mean = OverlapAdd(ticks, taper=taper)
    for at in range(0, len(firsts), batch):
        starts = firsts[at : at + batch]
        index = torch.tensor(starts)[:, None] + torch.arange(length)  # (b, length)
        out = network(
            {name: nn.functional.pad(x[index], (0, 0, 0, padding)) for name, x in streams.items()},
            {name: nn.functional.pad(m[index], (0, padding)) for name, m in masks.items()},
        )
        gates = stream_weights(out.weights)
        if "modality" in out.weights:
            columns = out.weights["modality"].unbind(-1)
            gates |= {f"modality.{name}": column for name, column in zip(masks, columns, strict=True)}
        found = {"values": out.values, **gates}
        mean.add(starts, {name: x[:, :length].cpu().numpy() for name, x in found.items()})
    means = mean.means()
    return means.pop("values"), means


def fixed_length(network: Network) -> bool:
    """Whether a part of the network takes windows of one length only."""
    modules = network.modules() if isinstance(network, nn.Module) else ()
    return any(isinstance(getattr(module, "window", None), int) for module in modules)

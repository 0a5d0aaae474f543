"""The network over recordings longer than its window: overlapping windows, averaged.

Axes: ``b`` windows, ``t`` ticks of a window or of the recording, ``d`` feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .fusion import stream_weights
from .model import Affect
from .windows import window_starts

BATCH = 16


class Network(Protocol):
    """What `slide` runs: a `FusionNetwork`."""

    def __call__(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor], /) -> Affect: ...


class OverlapAdd:
    """The mean of overlapping windows of one recording.

    Parameters
    ----------
    ticks : int
        Length of the recording.
    taper : bool
        Windows weigh in by a triangle that is largest in their middle, where context is on both sides;
        otherwise all of their ticks count alike.
    """

    def __init__(self, ticks: int, *, taper: bool) -> None:
        self.ticks, self.taper = ticks, taper
        self.weight = torch.zeros(ticks, dtype=torch.float64)
        self.totals: dict[str, Tensor] = {}

    def add(self, starts: Sequence[int], windows: Mapping[str, Tensor], share: Tensor | None = None) -> None:
        """Add windows that begin at these ticks and lie inside the recording.

        Parameters
        ----------
        starts : sequence of int
        windows : mapping of str to (b, t, ...) torch.Tensor
            By name, the same names every time.
        share : (t,) torch.Tensor, optional
            How much each tick counts, for windows that are parts of whole ones.
        """
        length = next(iter(windows.values())).shape[1]
        index = (torch.tensor(starts)[:, None] + torch.arange(length)).reshape(-1)
        if share is None:
            share = triangle(length) if self.taper else torch.ones(length, dtype=torch.float64)
        share = share.expand(len(starts), -1).reshape(-1)
        self.weight.index_add_(0, index, share)
        for name, values in windows.items():
            shape = values.shape[2:]
            total = self.totals.setdefault(name, torch.zeros(self.ticks, *shape, dtype=torch.float64))
            flat = values.detach().cpu().double().flatten(0, 1)
            total.index_add_(0, index, flat * share.reshape(-1, *[1] * len(shape)))

    def means(self) -> dict[str, NDArray[np.float64]]:
        """The means (ticks, ...) by name; NaN at ticks that no window covers."""
        return {
            name: (total / self.weight.reshape(-1, *[1] * (total.ndim - 1))).numpy()
            for name, total in self.totals.items()
        }


def triangle(length: int) -> Tensor:
    """How much the ticks of a window count that is tapered: (length,), largest in its middle.

    >>> triangle(4).tolist()
    [1.0, 2.0, 2.0, 1.0]
    """
    return torch.minimum(torch.arange(1, length + 1), torch.arange(length, 0, -1)).double()


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
        mean.add(starts, {name: x[:, :length] for name, x in {"values": out.values, **gates}.items()})
    means = mean.means()
    return means.pop("values"), means


def fixed_length(network: Network) -> bool:
    """Whether a part of the network takes windows of one length only."""
    modules = network.modules() if isinstance(network, nn.Module) else ()
    return any(isinstance(getattr(module, "window", None), int) for module in modules)

"""The network that all fusions share, and its training: the same size, batches and number of steps for all.

Axes: ``b`` batch, ``t`` ticks of a second, ``f`` feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..fusion import create_fusion, stream_weights
from ..loss import CCCLoss
from ..model import Affect, AffectHead
from ..temporal import TCN

TARGETS = 2


@dataclass(frozen=True)
class Settings:
    """What is equal for all systems; chosen once on ``concat`` with inner validation segments.

    Attributes
    ----------
    size : int
        Features of each stream after its temporal network.
    levels, kernel, dropout
        Of the temporal networks, see `temporal.TCN`.
    window : int
        Ticks of a window, in training and at test (there with half overlap).
    batch, steps : int
    rate, weight_decay : float
        Of AdamW; the rate falls as half a cosine.
    squares : float
        Weight of the mean squared error beside 1 - CCC.
    """

    size: int = 32
    levels: int = 1
    kernel: int = 3
    dropout: float = 0.2
    window: int = 64
    batch: int = 8
    steps: int = 100
    rate: float = 2e-3
    weight_decay: float = 1e-2
    squares: float = 0.5


@dataclass(frozen=True)
class Example:
    """One segment as the network sees it.

    Attributes
    ----------
    streams : dict of str to (t, f) torch.Tensor
        Scaled features, 0 at masked ticks.
    masks : dict of str to (t,) torch.BoolTensor
        True where available.
    labels : (t, 2) torch.Tensor
        NaN where not labelled.
    """

    streams: dict[str, Tensor]
    masks: dict[str, Tensor]
    labels: Tensor

    @classmethod
    def build(
        cls, streams: Mapping[str, NDArray], available: Mapping[str, NDArray[np.bool_]], labels: NDArray
    ) -> Example:
        """From arrays; NaN features, of unavailable ticks, become 0 behind their mask."""
        return cls(
            {name: torch.from_numpy(np.nan_to_num(values)).float() for name, values in streams.items()},
            {name: torch.from_numpy(np.asarray(mask)) for name, mask in available.items()},
            torch.from_numpy(labels).float(),
        )


class Network(nn.Module):
    """A temporal network per stream, one fusion, one head."""

    def __init__(self, fusion: str, dims: Mapping[str, int], settings: Settings) -> None:
        super().__init__()
        self.temporal = nn.ModuleDict(
            {
                name: TCN(
                    dim,
                    settings.size,
                    levels=settings.levels,
                    kernel=settings.kernel,
                    dropout=settings.dropout,
                )
                for name, dim in dims.items()
            }
        )
        self.fusion = create_fusion(fusion, dims=dict.fromkeys(dims, settings.size))
        self.head = AffectHead(
            self.fusion.output_dim, TARGETS, hidden=settings.size, dropout=settings.dropout
        )

    def forward(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> Affect:
        """Streams (b, t, f) and masks (b, t) to values (b, t, 2) and the fusion's weights."""
        features = {name: network(streams[name], masks[name]) for name, network in self.temporal.items()}
        fused = self.fusion(features, {name: masks[name] for name in features})
        return Affect(self.head(fused.features), fused.weights)


def fit(network: Network, examples: Sequence[Example], settings: Settings, seed: int) -> None:
    """Train on random windows of the examples (in place), leaving the network ready to judge.

    The seed fixes batches and dropout. Examples are drawn in proportion to their length.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    length = min(settings.window, *(len(each.labels) for each in examples))
    weights = np.array([len(each.labels) for each in examples], float)
    concordance = CCCLoss()
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=settings.rate, weight_decay=settings.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.steps)
    network.train()
    for _ in range(settings.steps):
        chosen = random.choice(len(examples), settings.batch, p=weights / weights.sum())
        starts = [int(random.integers(len(examples[i].labels) - length + 1)) for i in chosen]
        streams, masks, labels = _cut(examples, chosen.tolist(), starts, length)
        labelled = labels.isfinite().all(dim=-1)
        values = network(streams, masks).values
        error = torch.where(labelled[..., None], values - labels.nan_to_num(), 0.0).square().sum()
        squares = error / (labelled.sum().clamp(min=1) * TARGETS)
        loss = concordance(values, labels, labelled) + settings.squares * squares
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
    network.eval()


@torch.no_grad()
def judge(network: Network, example: Example, settings: Settings) -> tuple[NDArray, dict[str, NDArray]]:
    """Predictions (t, 2) of a whole segment, and the gates that have one number a tick (t,).

    Windows of the training's length with half overlap, averaged: some fusions look at a whole window, and
    would otherwise meet lengths they never saw. Of ``modality`` (t, m) each stream's share is given as
    ``modality.<stream>``.
    """
    ticks = len(example.labels)
    length = min(settings.window, ticks)
    starts = [*range(0, ticks - length, max(length // 2, 1)), ticks - length]
    streams, masks, _ = _cut([example], [0] * len(starts), starts, length)
    affect = network(streams, masks)
    values = _overlap(affect.values, starts, ticks)
    gates = {
        name: _overlap(weight[..., None], starts, ticks)[:, 0]
        for name, weight in stream_weights(affect.weights).items()
    }
    if "modality" in affect.weights:
        shares = _overlap(affect.weights["modality"], starts, ticks)
        gates |= {f"modality.{name}": shares[:, i] for i, name in enumerate(streams)}
    return values, gates


def _cut(
    examples: Sequence[Example], chosen: Sequence[int], starts: Sequence[int], length: int
) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor]:
    """Windows as one batch: streams (b, t, f), masks (b, t), labels (b, t, 2)."""
    rows = [(examples[i], slice(start, start + length)) for i, start in zip(chosen, starts, strict=True)]
    names = examples[0].streams
    return (
        {name: torch.stack([each.streams[name][at] for each, at in rows]) for name in names},
        {name: torch.stack([each.masks[name][at] for each, at in rows]) for name in names},
        torch.stack([each.labels[at] for each, at in rows]),
    )


def _overlap(windows: Tensor, starts: Sequence[int], ticks: int) -> NDArray:
    """Windows (b, t, k) averaged where they overlap, (ticks, k)."""
    total = np.zeros((ticks, windows.shape[-1]))
    number = np.zeros((ticks, 1))
    for window, start in zip(windows.numpy(), starts, strict=True):
        total[start : start + len(window)] += window
        number[start : start + len(window)] += 1
    return total / number

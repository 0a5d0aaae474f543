"""The network that all fusions share, and its training: the same size, batches and number of steps for all.

Axes: ``b`` batch, ``t`` ticks of a second, ``f`` feature.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..model import FusionNetwork
from ..sliding import slide
from ..spec import Component, Spec, Stream
from ..train import Batches, Loss, NetworkFit, NetworkModule, fit
from ..train.batches import Batch


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
    learning_rate, weight_decay : float
        Of AdamW; the learning rate falls as half a cosine.
    mse : float
        Weight of the mean squared error beside 1 - CCC.
    """

    size: int = 32
    levels: int = 1
    kernel: int = 3
    dropout: float = 0.2
    window: int = 64
    batch: int = 8
    steps: int = 100
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    mse: float = 0.5

    @property
    def fit(self) -> NetworkFit:
        """As the trainer takes it: all steps are one epoch."""
        return NetworkFit(
            epochs=1,
            batch=self.batch,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            loss=Loss(mse=self.mse),
            clip=5.0,
        )


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


def create_network(fusion: str, dims: Mapping[str, int], settings: Settings) -> FusionNetwork:
    """A temporal network per stream, one fusion, one head, with untrained weights."""
    temporal = Component(
        "tcn", {"levels": settings.levels, "kernel": settings.kernel, "dropout": settings.dropout}
    )
    return FusionNetwork(
        Spec(
            f"{fusion}.comparison",
            {name: Stream(dim, temporal=temporal, temporal_dim=settings.size) for name, dim in dims.items()},
            Component(fusion),
            head={"hidden": settings.size, "dropout": settings.dropout},
        )
    )


class RandomWindows(Batches):
    """Random windows of the examples, which are drawn in proportion to their length.

    Parameters
    ----------
    examples : sequence of Example
    settings : Settings
    seed : int
    """

    def __init__(self, examples: Sequence[Example], settings: Settings, seed: int) -> None:
        self.examples, self.settings, self.seed = examples, settings, seed

    def __len__(self) -> int:
        return self.settings.steps

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch; there is one."""
        random = np.random.default_rng(self.seed)
        lengths = np.array([len(each.labels) for each in self.examples])
        length, weights = min(self.settings.window, *lengths.tolist()), lengths / lengths.sum()
        for _ in range(self.settings.steps):
            chosen = random.choice(len(self.examples), self.settings.batch, p=weights)
            rows = []
            for i in chosen.tolist():
                start = int(random.integers(lengths[i] - length + 1))
                rows.append((self.examples[i], slice(start, start + length)))
            yield _batch(rows) | {"recording": torch.from_numpy(chosen)}


def _batch(rows: Sequence[tuple[Example, slice]]) -> Batch:
    """Windows as one batch."""
    labels = torch.stack([each.labels[at] for each, at in rows])
    batch = {"affect": labels, "labelled": labels.isfinite().any(dim=-1)}
    for name in rows[0][0].streams:
        batch[name] = torch.stack([each.streams[name][at] for each, at in rows])
        batch[f"{name}_mask"] = torch.stack([each.masks[name][at] for each, at in rows])
    return batch


def train(network: FusionNetwork, examples: Sequence[Example], settings: Settings, seed: int) -> None:
    """Train on random windows of the examples (in place), leaving the network in evaluation mode.

    The seed fixes batches and dropout.
    """
    fit(NetworkModule(network, settings.fit), RandomWindows(examples, settings, seed), seed=seed)


def predict(
    network: FusionNetwork, example: Example, settings: Settings
) -> tuple[NDArray, dict[str, NDArray]]:
    """Predictions (t, 2) of a whole segment, and the gates that have one number a tick (t,).

    Windows of the training's length with half overlap, averaged: some fusions look at a whole window, and
    would otherwise meet lengths they never saw. Of ``modality`` (t, m) each stream's share is given as
    ``modality.<stream>``.
    """
    window = min(settings.window, len(example.labels))
    return slide(
        network,
        example.streams,
        example.masks,
        window=window,
        hop=max(window // 2, 1),
        taper=False,
        batch=len(example.labels),
    )

"""A made-up store whose ratings can be read off its features, and small networks for it.

Imports nothing of the tests: scripts of the tests' own use it too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from avaffect.corpus.base import Features
from avaffect.corpus.store import FeatureStore, Meta, write
from avaffect.corpus.windows import Windows
from avaffect.model import FusionNetwork
from avaffect.progress import Hook, silent
from avaffect.spec import TARGETS, Component, Spec, Stream
from avaffect.train import NetworkFit, NetworkModule, fit
from avaffect.train.prediction import score
from avaffect.train.store import WindowBatches, measure_scale, predict

TCN = Component("tcn", {"levels": 2, "kernel": 3})


def made_up_store(folder: Path) -> FeatureStore:
    """Four recordings to train on and two to validate; three streams, some of it masked and unrated."""
    rng = np.random.default_rng(0)
    for number in range(6):
        ticks = 90 + 7 * number
        affect = np.sin(np.arange(ticks)[:, None] / (7.0, 11.0) + rng.uniform(0, 6, 2)) * 0.8
        streams = {
            "audio": 5 * affect[:, [1, 0, 1]] + 3 + rng.normal(0, 1, (ticks, 3)),
            "visual": np.tile(affect, 2) + rng.normal(0, 0.3, (ticks, 4)),
            "text": affect[:, :1] + rng.normal(0, 0.5, (ticks, 1)),
        }
        masks = {name: rng.random(ticks) > 0.1 for name in streams}
        labelled = rng.random(ticks) > 0.1
        write(
            folder,
            Meta(f"r{number}", f"s{number}", "val" if number > 3 else "train", "made-up", TARGETS, 12.5),
            Features({name: x.astype(np.float32) for name, x in streams.items()}, masks),
            np.where(labelled[:, None], affect, np.nan).astype(np.float32),
            labelled,
            half=False,
        )
    return FeatureStore(folder)


def network_of(
    dims: Mapping[str, int],
    fusion: str | None = "hgrjca",
    *,
    temporal: Component | None = TCN,
    temporal_dim: int | None = 8,
    **parts: Any,
) -> FusionNetwork:
    """An untrained network for streams of these sizes; `parts` are further fields of its spec."""
    streams = {name: Stream(dim, temporal=temporal, temporal_dim=temporal_dim) for name, dim in dims.items()}
    return FusionNetwork(Spec("made.up", streams, Component(fusion) if fusion else None, **parts))


def model_of(dims: Mapping[str, int], seed: int = 0, **parts: Any) -> FusionNetwork:
    """A network with weights of a seed, which standardises."""
    torch.manual_seed(seed)
    return network_of(dims, **{"standardise": True, **parts})


def settings(**changes: Any) -> NetworkFit:
    return NetworkFit(**{"epochs": 3, "batch": 8, "learning_rate": 0.003, **changes})


class Trained(NamedTuple):
    """A network and what `fit` says of its training."""

    model: FusionNetwork
    epoch: int
    figures: dict[str, float]
    history: list[dict[str, float]]


def fit_store(
    network: FusionNetwork,
    train: Windows,
    val: Windows | None,
    plan: NetworkFit,
    folder: Path | None = None,
    seed: int = 0,
    hook: Hook = silent,
) -> Trained:
    """Train a network on windows, as the fusion stage does."""
    measure_scale(network, train)
    module = NetworkModule(network, plan, recordings=len(train.recordings))
    batches = WindowBatches(train, network.targets, batch=plan.batch, seed=seed)
    measure: Callable[[], dict[str, float]] | None = None
    if val is not None:
        measure = lambda: score(predict(network, val, batch=plan.batch), network.targets)  # noqa: E731
    fitted = fit(module, batches, measure=measure, folder=folder, seed=seed, hook=hook)
    return Trained(network, fitted.epoch, fitted.figures, fitted.history)

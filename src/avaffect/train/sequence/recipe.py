"""Recipes that train from a feature store: what comes behind the encoders, and how it is optimised."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from ...corpus.splits import Fold
from ...corpus.store import FeatureStore, Stored
from ...corpus.windows import Windows
from ...errors import DataError, nearest
from ...spec import Component
from ..recipe import Part
from . import SequenceFit, SequenceModel
from .settings import Strict


def _threads() -> int:
    """All cores, shared with the processes that torchrun has started beside this one."""
    return max(1, (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", 1)))


class StoreRecipe(Strict):
    """A run on a store. Sizes are per tick, durations in seconds."""

    name: str
    store: Path = Field(description="folder that `avaffect extract` wrote")
    output: Path = Field(default=Path("runs/sequence"), description="folder of checkpoints and the model")
    encoders: str | None = Field(
        default=None,
        description="model that the store was extracted with; the output is then a model for prediction",
    )
    seed: int = 0
    threads: int = Field(default_factory=_threads, gt=0)

    folds: int | Literal["subject"] | None = Field(
        default=None, description="rolling folds, or one a subject; None: the official split"
    )
    fold: int | str = Field(default=0, description="which of the folds validates: its place or its name")
    window: float = Field(gt=0, description="seconds of a training window")
    hop: float = Field(gt=0, description="seconds from one window to the next")

    streams: tuple[str, ...] | None = Field(
        default=None, description="in the fusion's order; None: all, by name"
    )
    targets: tuple[str, ...] | None = Field(default=None, description="None: all")
    standardise: bool = False
    temporal: Part | None = Part(name="tcn")
    fused_dim: int | dict[str, int] | None = 64
    fusion: Part | None = None
    joint: Part | None = None
    joint_dim: int | None = Field(default=None, gt=0)
    head: dict[str, Any] = Field(default_factory=dict)
    fit: SequenceFit

    def model(self, store: FeatureStore) -> SequenceModel:
        """The untrained model for a store's streams."""
        names = tuple(sorted(store.dims)) if self.streams is None else self.streams
        for name in names:
            if name not in store.dims:
                raise DataError(f"{store.path} has no stream {name!r}; {nearest(name, store.dims)}")
        return SequenceModel(
            {name: store.dims[name] for name in names},
            targets=store.targets if self.targets is None else self.targets,
            fused_dim=self.fused_dim,
            temporal=_component(self.temporal),
            fusion=_component(self.fusion),
            joint=_component(self.joint),
            joint_dim=self.joint_dim,
            head=self.head,
            standardise=self.standardise,
        )

    def windows(self, store: FeatureStore) -> tuple[Windows, Windows]:
        """Windows to train on, and those that cover the validation recordings."""
        fold = self.split(store)
        ticks, hop = (max(1, round(seconds * store.tick_rate)) for seconds in (self.window, self.hop))
        return (
            Windows(fold.train, ticks=ticks, hop=hop),
            Windows(fold.val, ticks=ticks, hop=min(hop, ticks), labelled_only=False),
        )

    def split(self, store: FeatureStore) -> Fold[Stored]:
        """The recordings that train and those that validate."""
        if self.folds is None:
            parts = {name: tuple(store.split(name)) for name in ("train", "val")}
            if not all(parts.values()):
                raise DataError(
                    f"{store.path}: this corpus has no official split; set folds to a number, or to subject"
                )
            return Fold("official", parts["train"], parts["val"])
        folds = store.folds(None if self.folds == "subject" else self.folds)
        by_name = {fold.name: fold for fold in folds}
        if isinstance(self.fold, int) and 0 <= self.fold < len(folds):
            return folds[self.fold]
        if str(self.fold) not in by_name:
            raise DataError(
                f"fold: there is no {self.fold!r}; give 0 to {len(folds) - 1}, or {', '.join(by_name)}"
            )
        return by_name[str(self.fold)]


def _component(part: Part | None) -> Component | None:
    return None if part is None else Component(part.name, part.options)

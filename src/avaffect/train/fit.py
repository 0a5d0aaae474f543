"""One Lightning trainer for all stages: resumable at every epoch, CSV logs, a progress hook."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, cast

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from torch.utils.data import DataLoader, IterableDataset

from ..progress import Hook
from .metrics_table import MetricsTable
from .recipe import Fit

logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # it advertises at every start


class Epochs(Protocol):
    """Batches that differ from epoch to epoch, and are the same for the same epoch."""

    epoch: int

    def __iter__(self) -> Iterator[Any]: ...


class EpochData(L.LightningDataModule):
    """Training batches that follow the trainer's epoch: a resumed run sees what it would have seen."""

    def __init__(self, batches: Epochs) -> None:
        super().__init__()
        self.batches = batches

    def train_dataloader(self) -> DataLoader:
        """Called anew every epoch (``reload_dataloaders_every_n_epochs=1``)."""
        self.batches.epoch = self.trainer.current_epoch if self.trainer else 0
        return DataLoader(cast(IterableDataset, self.batches), batch_size=None)


class _Progress(Callback):
    def __init__(self, stage: str, hook: Hook) -> None:
        self.stage = stage
        self.hook = hook

    def on_train_batch_end(self, trainer: L.Trainer, module: L.LightningModule, *args: Any) -> None:
        if trainer.is_global_zero:
            self.hook(self.stage, trainer.global_step, int(trainer.estimated_stepping_batches))


class _Seed(Callback):
    """Dropout and noise drawn from the seed and the step: a resumed run equals an unbroken one."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_batch_start(self, trainer: L.Trainer, module: L.LightningModule, *args: Any) -> None:
        torch.manual_seed(self.seed * 1_000_003 + trainer.global_step)


class EveryEpochs(Callback):
    """Log what a function measures, every few epochs and after the last one."""

    def __init__(self, measure: Callable[[], dict[str, float]], *, every: int) -> None:
        self.measure = measure
        self.every = every

    def on_train_epoch_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        done = trainer.current_epoch + 1
        if done % self.every == 0 or done == trainer.max_epochs:
            training = module.training
            module.log_dict({f"val/{name}": value for name, value in self.measure().items()})
            module.train(training)


def fit(
    module: L.LightningModule,
    data: L.LightningDataModule,
    *,
    stage: str,
    folder: Path,
    plan: Fit,
    seed: int = 0,
    hook: Hook,
    callbacks: tuple[Callback, ...] = (),
) -> None:
    """Train until the epochs of the plan are done, from ``folder/last.ckpt`` where a stopped run left one.

    The checkpoint is written at the end of each epoch and replaced atomically; the epoch in which a run was
    stopped starts again from its beginning, with the same batches. ``folder/log/metrics.csv`` has what was
    logged by all runs, each step once.
    """
    checkpoint = ModelCheckpoint(
        folder, filename="last", save_on_train_epoch_end=True, enable_version_counter=False
    )
    trainer = L.Trainer(
        max_epochs=plan.epochs,
        accelerator="auto",
        precision=plan.precision,  # type: ignore[arg-type]
        default_root_dir=folder,
        logger=MetricsTable(folder / "log" / "metrics.csv"),
        callbacks=[checkpoint, _Seed(seed), _Progress(stage, hook), *callbacks],
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=20,
        reload_dataloaders_every_n_epochs=1,
        gradient_clip_val=5.0,
    )
    last = folder / "last.ckpt"
    with warnings.catch_warnings():
        # Said of loaders with workers, of short epochs, and of the folder that a resumed run finds again.
        for message in (".*IterableDataset.*", ".*logging interval.*", ".*is not empty.*"):
            warnings.filterwarnings("ignore", message)
        trainer.fit(module, data, ckpt_path=last if last.exists() else None)

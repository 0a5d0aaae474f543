"""The Lightning module: loss, optimiser and learning rate of a sequence model, as its settings say."""

from __future__ import annotations

from typing import Any

import lightning as L
import torch
from torch import Tensor

from .loss import SequenceLoss
from .model import SequenceModel
from .rate import Rate
from .settings import SequenceFit


class SequenceModule(L.LightningModule):
    """Trains a `SequenceModel` on batches of `avaffect.train.sequence.batches`.

    A tick counts where all the model's targets are rated and at least one of its streams is there. Dropout is
    drawn from the seed and the step, so that a resumed run equals an unbroken one.

    Parameters
    ----------
    model : SequenceModel
    settings : SequenceFit
    columns : list of int
        Where the model's targets stand in the labels.
    recordings : int
        Number of training recordings.
    steps : int
        Optimiser steps of an epoch.
    seed : int
    """

    def __init__(
        self,
        *,
        model: SequenceModel,
        settings: SequenceFit,
        columns: list[int],
        recordings: int,
        steps: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.model, self.settings, self.columns, self.seed = model, settings, columns, seed
        self.loss = SequenceLoss(settings.loss, recordings=recordings)
        self.learning_rate = Rate(settings.schedule, settings.rate, epochs=settings.epochs, steps=steps)
        self.epoch_losses: list[Tensor] = []

    def on_train_epoch_start(self) -> None:
        """Forget the last epoch's losses."""
        self.epoch_losses = []

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Seed the step and set its learning rate."""
        step = self.trainer.global_step
        # Each process draws its own dropout; step and process never give another pair's seed.
        torch.manual_seed((self.seed * 1_000_003 + step) * self.trainer.world_size + self.global_rank)
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = self.learning_rate.at(step)

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        """The loss of a batch."""
        masks = {name: batch[f"{name}_mask"] for name in self.model.dims}
        values = self.model(batch, masks).values
        labels = batch["affect"][..., self.columns]
        there = torch.stack(list(masks.values())).any(0)
        loss = self.loss(values, labels, there & labels.isfinite().all(-1), batch["recording"])
        self.epoch_losses.append(loss.detach())
        return loss

    @property
    def epoch_loss(self) -> float:
        """Mean loss of the epoch's steps."""
        return float(torch.stack(self.epoch_losses).mean())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The optimiser on all parameters; its learning rate is set at every step."""
        plan = self.settings
        # In one pass over all parameters, several times as fast; Lightning cannot clip its gradients.
        options: dict[str, Any] = {"weight_decay": plan.weight_decay, "fused": plan.clip is None}
        if plan.optimizer == "sgd":
            return torch.optim.SGD(self.parameters(), lr=plan.rate, momentum=plan.momentum, **options)
        kind = torch.optim.AdamW if plan.optimizer == "adamw" else torch.optim.Adam
        return kind(self.parameters(), lr=plan.rate, **options)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the state of the schedule."""
        checkpoint["rate"] = self.learning_rate.state()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the schedule."""
        self.learning_rate.restore(checkpoint["rate"])

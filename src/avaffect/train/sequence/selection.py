"""After every epoch: measure, keep the best weights, say when to stop, write the table of epochs."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback
from safetensors.torch import save_file
from torch import Tensor

from ...files import replacing
from .module import SequenceModule

Measure = Callable[[], dict[str, float]]

BEST, HISTORY = "best.safetensors", "history.csv"


class Selection(Callback):
    """Keeps the weights of the epoch with the best validation CCC, or those of the last.

    All of its state is in Lightning's checkpoint, so that a resumed run knows what was best, and its table of
    epochs has each epoch once.

    Parameters
    ----------
    measure : callable, optional
        Gives the validation figures of the current weights, ``ccc`` among them.
    keep : {"best", "last"}
        The last without ``measure`` anyway.
    patience : int, optional
        Epochs without a better one after which training stops.
    folder : Path, optional
        For ``best.safetensors`` and ``history.csv``.

    Attributes
    ----------
    history : list of dict
        A row an epoch: ``epoch`` (from 1), ``rate``, ``loss``, and the validation figures as ``val/NAME``.
    epoch : int
        The one that is kept.
    weights : dict of str to torch.Tensor
        Its weights.
    """

    def __init__(
        self, measure: Measure | None, *, keep: str, patience: int | None, folder: Path | None
    ) -> None:
        self.measure, self.patience, self.folder = measure, patience, folder
        self.keep_last = keep == "last" or measure is None
        self.history: list[dict[str, float]] = []
        self.epoch, self.best = 0, -math.inf
        self.weights: dict[str, Tensor] = {}

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """A run that was stopped after its last epoch has nothing left to do."""
        trainer.should_stop = self._waited_enough()

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Measure and compare."""
        assert isinstance(pl_module, SequenceModule)  # no other has its schedule
        module, epoch = pl_module, trainer.current_epoch + 1
        figures = {} if self.measure is None else self.measure()
        row = {
            "epoch": epoch,
            "rate": float(trainer.optimizers[0].param_groups[0]["lr"]),
            "loss": module.epoch_loss,
            **{f"val/{name}": value for name, value in figures.items()},
        }
        self.history.append(row)
        value = figures.get("ccc", math.inf)
        # NaN, the CCC of two equal constants, is never better.
        if value > self.best or self.keep_last:
            self.epoch, self.best = epoch, value
            self.weights = {k: v.detach().cpu().clone() for k, v in module.model.state_dict().items()}
            self._write_weights(trainer)
        watched = -row["loss"] if module.settings.schedule.watch == "train" else value
        module.learning_rate.measured(watched)
        self._write_history(trainer)
        for logger in trainer.loggers:
            logger.log_metrics({k: v for k, v in row.items() if k != "epoch"}, step=epoch)
        trainer.should_stop = trainer.should_stop or self._waited_enough()

    def state_dict(self) -> dict[str, Any]:
        """For Lightning's checkpoint."""
        return {name: getattr(self, name) for name in ("history", "epoch", "best", "weights")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From Lightning's checkpoint."""
        for name, value in state_dict.items():
            setattr(self, name, value)

    def _waited_enough(self) -> bool:
        return self.patience is not None and len(self.history) - self.epoch >= self.patience

    def _write_weights(self, trainer: L.Trainer) -> None:
        if self.folder is None or not trainer.is_global_zero:
            return
        with replacing(self.folder / BEST) as part:
            save_file(self.weights, part)

    def _write_history(self, trainer: L.Trainer) -> None:
        if self.folder is None or not trainer.is_global_zero:
            return
        with replacing(self.folder / HISTORY) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(self.history[0]))
            writer.writeheader()
            writer.writerows(self.history)

"""After every epoch: measure, keep the best weights, say when to stop, write the table of epochs."""

from __future__ import annotations

import csv
import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback
from safetensors.torch import save
from torch import Tensor

from ..errors import DataError
from ..files import replacing
from .module import TrainedModule

Measure = Callable[[], dict[str, float]]

BEST, HISTORY = "best.safetensors", "history.csv"
log = logging.getLogger("avaffect.train")


def with_mean_ccc(figures: dict[str, float]) -> dict[str, float]:
    """Figures with ``ccc`` before them: the mean of all that are a CCC of a target.

    >>> with_mean_ccc({"a/ccc_valence": 0.25, "a/ccc_arousal": 0.75, "a/uar": 0.5})["ccc"]
    0.5
    """
    values = [value for name, value in figures.items() if "ccc_" in name]
    return {"ccc": sum(values) / len(values) if values else math.nan, **figures}


class Selection(Callback):
    """Keeps the weights of the epoch with the best validation CCC, or those of the last.

    All of its state is in Lightning's checkpoint, so that a resumed run knows what was best, and its table of
    epochs has each epoch once.

    Parameters
    ----------
    stage : str
        For the log.
    measure : callable, optional
        Gives the validation figures of the current weights, ``ccc`` among them.
    folder : Path, optional
        For ``best.safetensors`` and ``history.csv``.

    Attributes
    ----------
    history : list of dict
        A row an epoch: ``epoch`` (from 1), ``learning_rate``, ``loss`` and its parts as ``loss/NAME``, and
        the validation figures as ``val/NAME``.
    epoch : int
        The one that is kept.
    weights : dict of str to torch.Tensor
        Its weights.
    """

    def __init__(self, stage: str, measure: Measure | None, folder: Path | None) -> None:
        self.stage, self.measure, self.folder = stage, measure, folder
        self.history: list[dict[str, float]] = []
        self.epoch, self.best = 0, -math.inf
        self.weights: dict[str, Tensor] = {}

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """A run that was stopped after its last epoch has nothing left to do."""
        assert isinstance(pl_module, TrainedModule)  # no other is trained here
        trainer.should_stop = self._waited_enough(pl_module)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Measure and compare.

        Raises
        ------
        DataError
            If the training diverged: the loss or a weight is no finite number any more.
        """
        assert isinstance(pl_module, TrainedModule)
        plan, epoch = pl_module.plan, trainer.current_epoch + 1
        losses = pl_module.mean_losses()
        self._check_finite(pl_module, epoch, losses["loss"])
        figures = self._figures(pl_module, epoch)
        row = {
            "epoch": epoch,
            "learning_rate": float(trainer.optimizers[0].param_groups[0]["lr"]),
            **losses,
            **{f"val/{name}": value for name, value in figures.items()},
        }
        self.history.append(row)
        # NaN, the CCC of two equal constants, is never better.
        if self.measure is None or plan.checkpoint == "last" or figures.get("ccc", -math.inf) > self.best:
            self.epoch, self.best = epoch, figures.get("ccc", -math.inf)
            kept = pl_module.kept.state_dict()
            self.weights = {
                k: v.detach().cpu().clone(memory_format=torch.contiguous_format) for k, v in kept.items()
            }
            self._write_weights(trainer)
        if plan.schedule.monitor == "train":
            pl_module.learning_rate.measured(-row["loss"])
        elif "ccc" in figures:
            pl_module.learning_rate.measured(figures["ccc"])
        self._write_history(trainer)
        self._tell(trainer, row)
        trainer.should_stop = trainer.should_stop or self._waited_enough(pl_module)

    def state_dict(self) -> dict[str, Any]:
        """For Lightning's checkpoint."""
        return {name: getattr(self, name) for name in ("history", "epoch", "best", "weights")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From Lightning's checkpoint."""
        for name, value in state_dict.items():
            setattr(self, name, value)

    def _check_finite(self, module: TrainedModule, epoch: int, loss: float) -> None:
        """Stop before anything of a training that diverged is kept."""
        weights = [*module.trained.state_dict().values(), *module.kept.state_dict().values()]
        if math.isfinite(loss) and all(bool(weight.isfinite().all()) for weight in weights):
            return
        kept = f"; what epoch {epoch - 1} gave is kept" if epoch > 1 and self.folder is not None else ""
        raise DataError(
            f"{self.stage}: the training diverged in epoch {epoch} (loss {loss:g}, learning rate"
            f" {module.plan.learning_rate:g}){kept}; try a lower learning_rate, a warmup, or clip=1,"
            " in another output folder"
        )

    def _figures(self, module: TrainedModule, epoch: int) -> dict[str, float]:
        """Validation figures, every so many epochs and after the last."""
        if self.measure is None or not (
            epoch % module.plan.measure_every == 0 or epoch == module.plan.epochs
        ):
            return {}
        training = module.training
        figures = self.measure()
        module.train(training)
        return figures

    def _waited_enough(self, module: TrainedModule) -> bool:
        patience = module.plan.patience
        return patience is not None and len(self.history) - self.epoch >= patience

    def _write_weights(self, trainer: L.Trainer) -> None:
        if self.folder is None or not trainer.is_global_zero:
            return
        with replacing(self.folder / BEST) as part:
            part.write_bytes(save(self.weights))

    def _write_history(self, trainer: L.Trainer) -> None:
        if self.folder is None or not trainer.is_global_zero:
            return
        columns = dict.fromkeys(name for row in self.history for name in row)
        with replacing(self.folder / HISTORY) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(columns))
            writer.writeheader()
            writer.writerows(self.history)

    def _tell(self, trainer: L.Trainer, row: dict[str, float]) -> None:
        """The row to the log and to the loggers."""
        for logger in trainer.loggers:
            logger.log_metrics({k: v for k, v in row.items() if k != "epoch"}, step=int(row["epoch"]))
        if trainer.is_global_zero:
            ccc = f", validation CCC {row['val/ccc']:.4f}" if "val/ccc" in row else ""
            log.info(
                "%s: epoch %d of %s, loss %.4f%s",
                self.stage, row["epoch"], trainer.max_epochs, row["loss"], ccc,
            )  # fmt: skip

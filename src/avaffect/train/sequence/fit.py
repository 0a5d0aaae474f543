"""Train a sequence model: in memory for a benchmark, or in a folder, resumable at every epoch."""

from __future__ import annotations

import logging
import os
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback, Checkpoint
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.data import DataLoader

from ...corpus.windows import Windows
from ...errors import DataError
from ..fit import Hook
from .batches import Shares, shuffled
from .model import SequenceModel
from .module import SequenceModule
from .replay import columns_of, predict, score
from .selection import Selection
from .settings import SequenceFit

LAST = "last.ckpt"


@dataclass(frozen=True, eq=False)
class SequenceResult:
    """A trained model.

    Attributes
    ----------
    model : SequenceModel
        The one that was given, with the weights of the kept epoch, in evaluation mode, on the CPU.
    epoch : int
        The kept epoch, from 1.
    figures : dict of str to float
        Its validation figures: ``ccc`` (mean over targets), ``ccc_TARGET``; empty without validation.
    history : list of dict
        A row an epoch: ``epoch``, ``rate``, ``loss``, ``val/...``.
    """

    model: SequenceModel
    epoch: int
    figures: dict[str, float]
    history: list[dict[str, float]]


def fit_sequence(
    model: SequenceModel,
    train: Windows,
    val: Windows | None,
    settings: SequenceFit,
    folder: str | Path | None = None,
    seed: int = 0,
    *,
    hook: Hook | None = None,
) -> SequenceResult:
    """Train, and keep the epoch with the best validation CCC (or the last, as the settings say).

    The CCC of validation is pooled over all rated ticks of ``val``, overlapping windows averaged. With
    several processes (torchrun, SLURM, or ``settings.devices``) each takes its share of every batch, the loss
    is that of the whole batch, and every process measures the validation recordings.

    Parameters
    ----------
    model : SequenceModel
        Seed before building it: its first weights are the caller's.
    train, val : Windows
        Without ``val`` the last epoch is kept.
    settings : SequenceFit
    folder : path, optional
        Gets ``last.ckpt`` after every epoch, ``best.safetensors``, ``history.csv`` and TensorBoard's events.
        A run that was stopped goes on from it with the next epoch. Without it nothing is written.
    seed : int
        Of the order of windows and of dropout.
    hook : callable, optional
        Called as ``hook("sequence", completed, total)`` after every step, by the first process alone.

    Raises
    ------
    DataError
        If the store lacks a target of the model, or what needs validation is asked for without it.
    """
    plateau = settings.schedule.name == "plateau" and settings.schedule.watch == "val"
    if val is None and (settings.patience is not None or plateau):
        raise DataError("patience and a plateau of val need validation recordings; give some, or drop them")
    if settings.keep == "last" and settings.patience is not None:
        raise DataError(
            "keep=last and patience do not go together: patience waits for a better epoch; drop one"
        )
    place = None if folder is None else Path(folder)
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
    model.measure_scale(train)
    steps = -(-len(train) // settings.batch)
    module = SequenceModule(
        model=model,
        settings=settings,
        columns=columns_of(model, train),
        recordings=len(train.recordings),
        steps=steps,
        seed=seed,
    )

    def measure(held_out: Windows) -> dict[str, float]:
        return score(predict(model, held_out, batch=settings.batch), model.targets)

    selection = Selection(
        None if val is None else partial(measure, val),
        keep=settings.keep,
        patience=settings.patience,
        folder=place,
    )
    callbacks: list[Callback] = [selection]
    if hook is not None:
        callbacks.append(_Progress(hook))
    trainer = _trainer(settings, place, callbacks)
    last = None if place is None else place / LAST
    with warnings.catch_warnings():
        # Said of loaders without workers, of short epochs, and of a folder that a resumed run finds again.
        for message in (".*many workers.*", ".*logging interval.*", ".*is not empty.*", ".*LeafSpec.*"):
            warnings.filterwarnings("ignore", message)
        data = _Data(train, settings, seed)
        trainer.fit(module, datamodule=data, ckpt_path=last if last is not None and last.exists() else None)
    model.load_state_dict(selection.weights)
    row = selection.history[selection.epoch - 1]
    figures = {name.removeprefix("val/"): v for name, v in row.items() if name.startswith("val/")}
    return SequenceResult(model.cpu().eval(), selection.epoch, figures, selection.history)


class _Data(L.LightningDataModule):
    """Makes the loader when the number of processes is known."""

    def __init__(self, windows: Windows, settings: SequenceFit, seed: int) -> None:
        super().__init__()
        self.windows, self.settings, self.seed = windows, settings, seed

    def train_dataloader(self) -> DataLoader[dict[str, torch.Tensor]]:
        """This process's share of each batch."""
        assert self.trainer is not None  # Lightning sets it before it asks
        shares = Shares(
            len(self.windows),
            batch=self.settings.batch,
            seed=self.seed,
            process=self.trainer.global_rank,
            processes=self.trainer.world_size,
        )
        return shuffled(self.windows, shares, workers=self.settings.workers)


class _Progress(Callback):
    def __init__(self, hook: Hook) -> None:
        self.hook = hook

    def on_train_batch_end(self, trainer: L.Trainer, *_: Any) -> None:
        if trainer.is_global_zero:
            self.hook("sequence", trainer.global_step, int(trainer.estimated_stepping_batches))


class _Last(Checkpoint):
    """Writes the state after every epoch.

    Not `ModelCheckpoint`: it moves the file in from the folder for temporary files, which is a copy, and can
    be cut short, where that is on another disk.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LAST

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        part = self.path.with_name(f".{LAST}.part")
        trainer.save_checkpoint(part)
        if trainer.is_global_zero:
            part.replace(self.path)


def _trainer(settings: SequenceFit, folder: Path | None, callbacks: list[Callback]) -> L.Trainer:
    """A quiet trainer that knows where torchrun put it."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # torchrun has started the processes of this machine already, and says how many.
    devices = int(os.environ.get("LOCAL_WORLD_SIZE", settings.devices))
    nodes = int(os.environ["WORLD_SIZE"]) // devices if "LOCAL_WORLD_SIZE" in os.environ else settings.nodes
    if folder is not None:
        callbacks = [*callbacks, _Last(folder)]
    return L.Trainer(
        max_epochs=settings.epochs,
        accelerator="auto",
        devices=devices,
        num_nodes=nodes,
        strategy="ddp" if devices * nodes > 1 else "auto",
        precision=settings.precision,  # type: ignore[arg-type]
        gradient_clip_val=settings.clip,
        default_root_dir=folder,
        logger=False if folder is None else TensorBoardLogger(folder, name="tensorboard", version=""),
        callbacks=callbacks,
        enable_checkpointing=folder is not None,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )

"""One trainer for encoders and networks: in memory, or in a folder, resumable at every epoch."""

from __future__ import annotations

import io
import logging
import os
import pickle
import signal
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch.callbacks import Callback, Checkpoint
from lightning.pytorch.loggers import TensorBoardLogger

from ..arguments import checks_types
from ..errors import DataError
from ..progress import Hook, silent
from .batches import Batch, Batches
from .module import TrainedModule
from .recipe import Fit
from .selection import Measure, Selection

LAST = "last.ckpt"


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a training has given; the weights are in the module that was trained.

    Attributes
    ----------
    epoch : int
        The kept epoch, from 1.
    figures : dict of str to float
        Its validation figures, as `fit` was given them; empty without.
    history : list of dict
        A row an epoch: ``epoch``, ``learning_rate``, ``loss``, ``loss/...``, ``val/...``.
    """

    epoch: int
    figures: dict[str, float]
    history: list[dict[str, float]]


@checks_types
def fit(
    module: TrainedModule,
    batches: Batches,
    *,
    measure: Measure | None = None,
    folder: str | Path | None = None,
    stage: str = "fusion",
    seed: int = 0,
    hook: Hook = silent,
) -> Fitted:
    """Train, and keep the epoch with the best validation CCC (or the last, as the plan says).

    Afterwards ``module.trained`` holds the kept weights, averaged ones where the plan averages, in
    evaluation mode, on the CPU. With several processes (torchrun, SLURM, or ``devices`` of the plan) each
    takes its share of every batch, the loss of a `NetworkModule` is that of the whole batch, and every
    process measures.

    Parameters
    ----------
    module : TrainedModule
        Seed before building it: its first weights are the caller's.
    batches : Batches
    measure : callable, optional
        Gives the validation figures of ``module.kept``, ``ccc`` among them. Without it the last epoch is
        kept.
    folder : path, optional
        Gets ``last.ckpt`` after every epoch, ``best.safetensors`` (what is kept so far), ``history.csv`` and
        TensorBoard's events. A run that was stopped goes on from it with the epoch that was not finished.
        Without it nothing is written.
    stage : str
        What the hook and the log call it.
    seed : int
        Of dropout and noise; that of the batches is their own.
    hook : callable
        Called as ``hook(stage, completed, total)`` after every step, by the first process alone.

    Raises
    ------
    DataError
        If what needs validation is asked for without it; the batches cannot be divided among processes;
        ``last.ckpt`` is damaged or of another training; the training diverges, or nothing can be measured.
    KeyboardInterrupt
        As Python raises it. What the last whole epoch gave is in ``folder``.
    """
    plan = module.plan
    check_plan(plan, measured=measure is not None)
    place = None if folder is None else Path(folder)
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
    module.begin(steps=len(batches), seed=seed)
    selection = Selection(stage, measure, place)
    callbacks: list[Callback] = [selection]
    if hook is not silent:
        callbacks.append(_Progress(stage, hook))
    trainer = _trainer(plan, place, callbacks)
    last = None if place is None or not (place / LAST).exists() else place / LAST
    if last is not None:
        _check_resumable(last, module)
    with warnings.catch_warnings():
        # Said of loaders without workers, of short epochs, and of a folder that a resumed run finds again.
        for message in (
            ".*many workers.*",
            ".*IterableDataset.*",
            ".*logging interval.*",
            ".*is not empty.*",
            ".*LeafSpec.*",
        ):
            warnings.filterwarnings("ignore", message)
        data = _Data(batches, plan.workers)
        with _interrupts():
            trainer.fit(module, datamodule=data, ckpt_path=last, weights_only=True)
    if not selection.weights:
        raise DataError(
            f"{stage}: no epoch has a CCC on the validation recordings: their labels, or all predictions, are"
            " constant; check the labels, or try a lower learning_rate"
        )
    for part in (module.trained, module.kept):
        part.load_state_dict(selection.weights)
    module.cpu().eval()
    row = selection.history[selection.epoch - 1]
    figures = {name.removeprefix("val/"): v for name, v in row.items() if name.startswith("val/")}
    return Fitted(selection.epoch, figures, selection.history)


def _check_resumable(path: Path, module: TrainedModule) -> None:
    """Raise a `DataError` unless a checkpoint is whole and of this module. No code in it is run."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
        theirs = {name: value.shape for name, value in state.items()}
    except (
        pickle.UnpicklingError,
        RuntimeError,
        EOFError,
        OSError,
        LookupError,
        TypeError,
        AttributeError,
        ValueError,
    ) as error:
        raise DataError(f"{path} is damaged; remove it, and the stage begins anew") from error
    if theirs != {name: value.shape for name, value in module.state_dict().items()}:
        raise DataError(f"{path} is of a training of another network; give another output, or remove it")


@contextmanager
def _interrupts() -> Iterator[None]:
    """Ctrl-C inside is a `KeyboardInterrupt` outside, as everywhere; Lightning makes an exit of it."""
    main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as stop:
        if isinstance(stop.__context__, KeyboardInterrupt):
            raise stop.__context__ from None
        raise
    finally:
        if main and before is not None:  # Lightning leaves it ignored
            signal.signal(signal.SIGINT, before)


def check_plan(plan: Fit, *, measured: bool) -> None:
    """Raise a `DataError` if a plan asks for what it cannot have, with or without validation figures."""
    plateau = plan.schedule.name == "plateau" and plan.schedule.monitor == "val"
    if not measured and (plan.patience is not None or plateau):
        raise DataError("patience and a plateau of val need validation recordings; give some, or drop them")
    if plan.checkpoint == "last" and plan.patience is not None:
        raise DataError(
            "checkpoint=last and patience do not go together: patience waits for a better epoch; drop one"
        )


class _Data(L.LightningDataModule):
    """Asks for the batches of an epoch when the epoch and the number of processes are known."""

    def __init__(self, batches: Batches, workers: int) -> None:
        super().__init__()
        self.batches, self.workers = batches, workers

    def train_dataloader(self) -> Iterable[Batch]:
        """This process's share of each batch; called anew for every epoch."""
        trainer = self.trainer
        assert trainer is not None  # Lightning sets it before it asks
        return self.batches.loader(
            trainer.current_epoch,
            process=trainer.global_rank,
            processes=trainer.world_size,
            workers=self.workers,
        )


class _Progress(Callback):
    def __init__(self, stage: str, hook: Hook) -> None:
        self.stage, self.hook = stage, hook

    def on_train_batch_end(self, trainer: L.Trainer, *_: Any) -> None:
        if trainer.is_global_zero:
            self.hook(self.stage, trainer.global_step, int(trainer.estimated_stepping_batches))


class _Last(Checkpoint):
    """Writes the state after every epoch.

    Not `ModelCheckpoint`: it moves the file in from the folder for temporary files, which is a copy, and can
    be cut short, where that is on another disk.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LAST

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Replace the state of the epoch before; what cannot be written is a `DataError`."""
        part = self.path.with_name(f".{LAST}.part")
        try:
            trainer.save_checkpoint(part)
            if trainer.is_global_zero:
                part.replace(self.path)
        except OSError as error:
            if trainer.is_global_zero:
                part.unlink(missing_ok=True)
            raise DataError(
                f"cannot write {self.path} ({error.strerror}); free space, and start again"
            ) from error


class _Beside(TorchCheckpointIO):
    """Writes checkpoints where they are to lie; Lightning writes to the folder for temporary files first."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        whole = io.BytesIO()  # `torch.save` hides what the disk says
        torch.save(checkpoint, whole)
        Path(path).write_bytes(whole.getbuffer())


def _trainer(plan: Fit, folder: Path | None, callbacks: list[Callback]) -> L.Trainer:
    """A quiet trainer that knows where torchrun put it."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)  # it advertises at every start
    # torchrun has started the processes of this machine already, and says how many.
    devices = int(os.environ.get("LOCAL_WORLD_SIZE", plan.devices))
    nodes = int(os.environ["WORLD_SIZE"]) // devices if "LOCAL_WORLD_SIZE" in os.environ else plan.nodes
    if folder is not None:
        callbacks = [*callbacks, _Last(folder)]
    return L.Trainer(
        max_epochs=plan.epochs,
        accelerator="auto",
        devices=devices,
        num_nodes=nodes,
        strategy="ddp" if devices * nodes > 1 else "auto",
        precision=plan.precision,
        default_root_dir=folder,
        logger=False if folder is None else TensorBoardLogger(folder, name="tensorboard", version=""),
        callbacks=callbacks,
        plugins=[_Beside()],
        enable_checkpointing=folder is not None,
        enable_progress_bar=False,
        enable_model_summary=False,
        reload_dataloaders_every_n_epochs=1,
        use_distributed_sampler=False,
    )

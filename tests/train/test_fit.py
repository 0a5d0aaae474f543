"""The trainer of the stages: what a stopped run has logged stays, and one process alone speaks."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import lightning as L
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import IterableDataset

from avaffect.train.fit import EpochData, EveryEpochs, _Progress, fit
from avaffect.train.metrics_table import MetricsTable
from avaffect.train.recipe import Fit

STEPS, EPOCHS = 45, 4  # two steps of an epoch are logged: every twentieth


class Draws(IterableDataset):
    """Numbers that depend on the epoch alone."""

    epoch = 0

    def __len__(self) -> int:
        return STEPS

    def __iter__(self) -> Iterator[Tensor]:
        generator = torch.Generator().manual_seed(self.epoch)
        return iter(torch.randn(STEPS, 4, 3, generator=generator))


class Regression(L.LightningModule):
    """Learns to give the first of three numbers."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(3, 1)

    def training_step(self, batch: Tensor, _index: int) -> Tensor:
        loss = (self.layer(batch)[:, 0] - batch[:, 0]).square().mean()
        self.log("train/loss", loss)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.01)


class Killed(BaseException):
    """Stands for kill -9: nothing handles it."""


def train(folder: Path, *, until: int = STEPS * EPOCHS) -> None:
    """Train, or be stopped as a step has been done."""

    def hook(stage: str, done: int, total: int) -> None:
        assert (stage, total) == ("some", STEPS * EPOCHS)
        if done > until:
            raise Killed

    module = Regression()
    fit(
        module,
        EpochData(Draws()),
        stage="some",
        folder=folder,
        plan=Fit(epochs=EPOCHS, batch=4, rate=0.01),
        hook=hook,
        # The second column comes late: the header changes under a table that is there already.
        callbacks=(EveryEpochs(lambda: {"weight": module.layer.weight[0, 0].item()}, every=2),),
    )


def read(folder: Path) -> list[dict[str, str]]:
    with (folder / "log" / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("until", [30, 2 * STEPS + 25], ids=["first epoch", "third epoch"])
def test_a_resumed_run_keeps_what_was_logged(until: int, tmp_path: Path) -> None:
    train(tmp_path / "whole")
    whole = read(tmp_path / "whole")
    # Every twentieth step, and the last of every second epoch; as many rows as steps.
    assert [int(row["step"]) for row in whole] == [19, 39, 59, 79, 89, 99, 119, 139, 159, 179]
    assert [row["step"] for row in whole if row["val/weight"]] == ["89", "179"]
    assert whole[-1]["train/loss"]

    with pytest.raises(Killed):
        train(tmp_path / "killed", until=until)
    begun = read(tmp_path / "killed")
    assert begun == [{n: row[n] for n in begun[0]} for row in whole[: len(begun)]]
    assert int(begun[-1]["step"]) >= until // STEPS * STEPS  # of the epoch that is trained again
    train(tmp_path / "killed")
    assert read(tmp_path / "killed") == whole


def test_a_step_that_comes_again_drops_what_lay_behind(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    first = MetricsTable(path)
    for step in (10, 20, 30):
        first.log_metrics({"loss": step / 10}, step)
    first.log_metrics({"val": 0.5}, 30)
    first.save()
    assert path.read_text().split() == ["step,loss,val", "10,1.0,", "20,2.0,", "30,3.0,0.5"]
    second = MetricsTable(path)
    second.log_metrics({"loss": 2.5}, 20)
    second.save()
    assert path.read_text().split() == ["step,loss", "10,1.0", "20,2.5"]
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_the_first_process_alone_tells_of_progress() -> None:
    told: list[int] = []
    progress = _Progress("some", lambda _stage, done, _total: told.append(done))
    for rank in (0, 1):
        trainer = SimpleNamespace(
            is_global_zero=rank == 0, global_step=7 + rank, estimated_stepping_batches=9
        )
        progress.on_train_batch_end(trainer, Regression())
    assert told == [7]

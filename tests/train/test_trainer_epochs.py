"""The trainer on any module and batches: the table of epochs after a stop, averaged weights, what is told."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from avaffect.errors import DataError
from avaffect.progress import Hook, silent
from avaffect.train import Batches, Fit, Fitted, TrainedModule, fit
from avaffect.train.batches import Batch
from avaffect.train.trainer import _Progress

STEPS, EPOCHS = 15, 4


class Draws(Batches):
    """Numbers that depend on the epoch alone."""

    def __len__(self) -> int:
        return STEPS

    def epoch(self, number: int) -> Iterator[Batch]:
        generator = torch.Generator().manual_seed(number)
        for x in torch.randn(STEPS, 4, 3, generator=generator):
            yield {"x": x}


class Regression(TrainedModule):
    """Learns to give the first of three numbers."""

    def __init__(self, plan: Fit) -> None:
        torch.manual_seed(0)
        super().__init__(nn.Linear(3, 1), plan)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        error = self.trained(batch["x"])[:, 0] - batch["x"][:, 0]
        return error.square().mean(), {"bias": error.mean()}

    def weight(self) -> dict[str, float]:
        assert isinstance(self.kept, nn.Linear)
        value = self.kept.weight[0, 0].item()
        return {"ccc": value, "weight": value}


class Killed(BaseException):
    """Stands for kill -9: nothing handles it."""


def train(folder: Path, *, until: int = STEPS * EPOCHS, **changes: object) -> tuple[Regression, Fitted]:
    """Train, or be stopped as a step has been done."""

    def hook(stage: str, done: float, total: float | None) -> None:
        assert (stage, total) == ("some", STEPS * EPOCHS)
        if done > until:
            raise Killed

    plan = {"optimizer": "sgd", "learning_rate": 0.01, "measure_every": 2, "ema_decay": 0.9, **changes}
    module = Regression(Fit.model_validate({"epochs": EPOCHS, "batch": 4, **plan}))
    return module, fit(module, Draws(), measure=module.weight, folder=folder, stage="some", hook=hook)


def read(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("until", [10, 2 * STEPS + 5], ids=["first epoch", "third epoch"])
def test_a_resumed_run_has_every_epoch_once_and_the_same_weights(until: int, tmp_path: Path) -> None:
    unbroken, _ = train(tmp_path / "whole")
    whole = read(tmp_path / "whole")
    assert [row["epoch"] for row in whole] == ["1", "2", "3", "4"]
    # A column that comes late: the header changes under a table that is there already.
    assert [row["epoch"] for row in whole if row["val/weight"]] == ["2", "4"]
    assert all(row["loss"] and row["loss/bias"] for row in whole)

    with pytest.raises(Killed):
        train(tmp_path / "killed", until=until)
    if until > STEPS:
        begun = read(tmp_path / "killed")
        assert begun == [{name: row[name] for name in begun[0]} for row in whole[: len(begun)]]
    resumed, _ = train(tmp_path / "killed")
    assert read(tmp_path / "killed") == whole
    for name, value in unbroken.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name


def test_the_kept_weights_are_the_average_of_those_after_each_step(tmp_path: Path) -> None:
    module, _ = train(tmp_path / "average", checkpoint="last")
    torch.manual_seed(0)
    plain, average = nn.Linear(3, 1), None
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS * EPOCHS)
    for epoch in range(EPOCHS):
        for batch in Draws().epoch(epoch):
            optimizer.zero_grad()
            (plain(batch["x"])[:, 0] - batch["x"][:, 0]).square().mean().backward()
            optimizer.step()
            scheduler.step()
            weight = plain.weight.detach().clone()
            average = weight if average is None else 0.9 * average + 0.1 * weight
    assert average is not None
    torch.testing.assert_close(module.trained.weight, average, rtol=1e-5, atol=1e-6)
    assert not module.trained.training


def test_a_line_an_epoch_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="avaffect.train")
    train(tmp_path)
    lines = [record.getMessage() for record in caplog.records if record.name == "avaffect.train"]
    assert len(lines) == EPOCHS
    assert lines[0].startswith("some: epoch 1 of 4, loss ")
    assert "validation CCC" not in lines[0]
    assert "validation CCC" in lines[1]


def test_the_first_process_alone_tells_of_progress() -> None:
    told: list[float] = []
    hook: Hook = lambda _stage, done, _total: told.append(done)  # noqa: E731
    for rank in (0, 1):
        trainer = SimpleNamespace(
            is_global_zero=rank == 0, global_step=7 + rank, estimated_stepping_batches=9
        )
        _Progress("some", hook).on_train_batch_end(trainer)
    assert told == [7]


def test_batches_that_are_not_divided_say_so() -> None:
    with pytest.raises(DataError, match="Draws are not divided among 2 processes; set devices and nodes"):
        Draws().loader(0, process=1, processes=2)


def test_batches_made_by_another_process_are_the_same() -> None:
    here, there = (list(Draws().loader(2, workers=workers)) for workers in (0, 1))
    assert len(here) == STEPS
    assert all(torch.equal(a["x"], b["x"]) for a, b in zip(here, there, strict=True))


def test_nothing_is_written_without_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = Regression(Fit(epochs=1, batch=4, learning_rate=0.01))
    assert fit(module, Draws(), hook=silent).epoch == 1
    assert not list(tmp_path.iterdir())

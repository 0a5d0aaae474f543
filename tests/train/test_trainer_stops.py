"""Training that is stopped, diverges or finds a damaged checkpoint says so, and what was good is kept."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch

from avaffect.corpus.windows import Windows
from avaffect.errors import DataError
from avaffect.train.trainer import LAST, _Last

from .stores import fit_store, model_of, settings


@pytest.fixture
def windows(store):
    return (
        Windows(store.split("train"), ticks=40, hop=10),
        Windows(store.split("val"), ticks=40, hop=20, labelled_only=False),
    )


def test_a_training_that_diverges_stops(store, windows, tmp_path):
    with pytest.raises(
        DataError, match=r"diverged in epoch 1 .*learning rate 1e\+30\); try a lower"
    ) as caught:
        fit_store(model_of(store.dims), *windows, settings(learning_rate=1e30), folder=tmp_path)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("*.ckpt*"))


def test_what_was_good_before_it_diverged_is_kept(store, windows, tmp_path):
    network = model_of(store.dims)

    def spoil(_: str, done: int, total: int) -> None:
        if done == total // 2:
            with torch.no_grad():
                next(network.parameters()).fill_(float("nan"))

    with pytest.raises(DataError, match="diverged in epoch 2 .*; what epoch 1 gave is kept; try a lower"):
        fit_store(network, *windows, settings(epochs=3), folder=tmp_path, hook=spoil)
    state = torch.load(tmp_path / LAST, weights_only=True)
    assert state["epoch"] == 0
    assert all(value.isfinite().all() for value in state["state_dict"].values())


def test_nothing_to_measure_is_said(store, windows):
    class Constant(Windows):
        def __getitem__(self, index):
            batch = super().__getitem__(index)
            return batch | {"affect": torch.full_like(batch["affect"], float("nan"))}

    val = Constant(store.split("val"), ticks=40, hop=20, labelled_only=False)
    with pytest.raises(DataError, match="no epoch has a CCC on the validation recordings"):
        fit_store(model_of(store.dims), windows[0], val, settings(epochs=1))


def test_an_interrupt_is_one_outside(store, windows, tmp_path):
    def interrupt(_: str, done: int, total: int) -> None:
        if done == total // 2:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fit_store(model_of(store.dims), *windows, settings(epochs=3), folder=tmp_path, hook=interrupt)
    assert signal.getsignal(signal.SIGINT) is before
    assert torch.load(tmp_path / LAST, weights_only=True)["epoch"] == 0


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", None])
def test_a_damaged_checkpoint_is_said(store, windows, tmp_path, content):
    fit_store(model_of(store.dims), *windows, settings(epochs=1), folder=tmp_path)
    path = tmp_path / LAST
    path.write_bytes(path.read_bytes()[:-1000] if content is None else content)
    with pytest.raises(DataError, match="last.ckpt is damaged; remove it") as caught:
        fit_store(model_of(store.dims), *windows, settings(epochs=2), folder=tmp_path)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_runs_no_code(store, windows, tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "run"),)

    torch.save({"state_dict": {"a": Evil()}}, tmp_path / LAST)
    with pytest.raises(DataError, match="last.ckpt is damaged"):
        fit_store(model_of(store.dims), *windows, settings(epochs=1), folder=tmp_path)
    assert not (tmp_path / "run").exists()


def test_a_checkpoint_of_another_network(store, windows, tmp_path):
    fit_store(model_of(store.dims), *windows, settings(epochs=1), folder=tmp_path)
    with pytest.raises(DataError, match="of a training of another network"):
        fit_store(model_of(store.dims, temporal_dim=4), *windows, settings(epochs=2), folder=tmp_path)


def test_a_checkpoint_that_cannot_be_written_leaves_the_last_one(tmp_path):
    class Full:
        is_global_zero = True

        def save_checkpoint(self, path: Path) -> None:
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")

    (tmp_path / LAST).write_bytes(b"whole")
    with pytest.raises(DataError, match=r"cannot write .*last.ckpt \(No space left on device\)"):
        _Last(tmp_path).on_train_epoch_end(Full(), None)
    assert [path.name for path in tmp_path.iterdir()] == [LAST]
    assert (tmp_path / LAST).read_bytes() == b"whole"


def test_nothing_is_written_to_the_folder_for_temporary_files(store, windows, tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    opened: list[str] = []
    monkeypatch.setattr("tempfile.mkstemp", lambda *a, **k: opened.append("mkstemp"))
    fit_store(model_of(store.dims), *windows, settings(epochs=1), folder=tmp_path / "run")
    assert (tmp_path / "run" / LAST).exists()
    assert not opened

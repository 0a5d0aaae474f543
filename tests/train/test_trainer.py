"""Training: it learns, keeps the best epoch, stops early, repeats itself, and goes on after kill -9."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import lightning as L
import pytest
import torch
from safetensors.torch import load_file

from avaffect.corpus.windows import Windows
from avaffect.errors import DataError
from avaffect.train.prediction import score
from avaffect.train.store import predict

from .stores import fit_store, model_of, network_of, settings


@pytest.fixture
def windows(store):
    return (
        Windows(store.split("train"), ticks=40, hop=10),
        Windows(store.split("val"), ticks=40, hop=20, labelled_only=False),
    )


class Contrary(Windows):
    """Ratings of the opposite sign: the more is learnt from others, the worse it fits."""

    def __getitem__(self, index):
        batch = super().__getitem__(index)
        return batch | {"affect": -batch["affect"]}


@pytest.fixture
def contrary(store, windows):
    return windows[0], Contrary(store.split("val"), ticks=40, hop=20, labelled_only=False)


def test_it_learns(store, windows):
    steps = []
    result = fit_store(
        model_of(store.dims),
        *windows,
        settings(epochs=15),
        hook=lambda _, done, total: steps.append((done, total)),
    )
    assert result.figures["ccc"] > 0.8
    assert result.history[-1]["loss"] < 0.4 * result.history[0]["loss"]
    per_epoch = -(-len(windows[0]) // 8)
    assert steps == [(k + 1, 15 * per_epoch) for k in range(15 * per_epoch)]


def test_the_best_epoch_is_kept(store, contrary):
    result = fit_store(model_of(store.dims), *contrary, settings(epochs=6))
    values = [row["val/ccc"] for row in result.history]
    assert [row["epoch"] for row in result.history] == [1, 2, 3, 4, 5, 6]
    assert result.figures["ccc"] == max(values) == values[result.epoch - 1] > values[-1]
    assert score(predict(result.model, contrary[1]), ("valence", "arousal")) == pytest.approx(result.figures)
    assert not result.model.training


def test_or_the_last(store, contrary):
    result = fit_store(model_of(store.dims), *contrary, settings(epochs=6, checkpoint="last"))
    values = [row["val/ccc"] for row in result.history]
    assert result.epoch == 6
    assert result.figures["ccc"] == values[-1] < max(values)
    with pytest.raises(DataError, match="checkpoint=last and patience do not go together"):
        fit_store(model_of(store.dims), *contrary, settings(checkpoint="last", patience=1))


def test_it_stops_without_progress(store, contrary):
    result = fit_store(model_of(store.dims), *contrary, settings(epochs=50, patience=2))
    assert len(result.history) == result.epoch + 2 < 50


def test_the_seed_decides(store, windows):
    def losses(seed):
        return [
            row["loss"] for row in fit_store(model_of(store.dims), *windows, settings(), seed=seed).history
        ]

    assert losses(0) == losses(0)
    assert losses(0) != losses(1)


def test_one_target_and_one_stream(store, windows):
    network = network_of({"text": 1}, fusion=None, targets=("valence",))
    result = fit_store(network, *windows, settings(optimizer="adam", loss={"per": "recording", "mse": 1.0}))
    assert set(result.figures) == {"ccc", "ccc_valence"}


@pytest.mark.parametrize("changes", [{"patience": 3}, {"schedule": {"name": "plateau"}}])
def test_what_needs_validation_says_so(store, windows, changes):
    with pytest.raises(DataError, match="need validation recordings"):
        fit_store(model_of(store.dims), windows[0], None, settings(**changes))
    result = fit_store(
        model_of(store.dims), windows[0], None, settings(schedule={"name": "plateau", "monitor": "train"})
    )
    assert (result.epoch, result.figures) == (3, {})


def test_plateau_lowers_the_rate(store, windows):
    plan = {"name": "plateau", "factor": 0.1, "patience": 0}
    result = fit_store(model_of(store.dims), *windows, settings(epochs=5, learning_rate=1e-12, schedule=plan))
    best, rates = float("-inf"), []
    scale = 1e-12
    for row in result.history:
        rates.append(scale)
        scale = scale if row["val/ccc"] > best else scale / 10
        best = max(best, row["val/ccc"])
    assert [row["learning_rate"] for row in result.history] == pytest.approx(rates, rel=1e-6)


KILLED = """
import os, signal, sys
import torch
torch.set_num_threads(1)
sys.path.insert(0, sys.argv[3])
from stores import fit_store, model_of, settings
from avaffect.corpus.store import FeatureStore
from avaffect.corpus.windows import Windows

store = FeatureStore(sys.argv[1])
train = Windows(store.split("train"), ticks=40, hop=10)
val = Windows(store.split("val"), ticks=40, hop=20, labelled_only=False)

def kill(_, done, total):
    if done == 2 * total // 3 + 1:
        os.kill(os.getpid(), signal.SIGKILL)

fit_store(model_of(store.dims), train, val, settings(schedule={"name": "plateau", "patience": 0}),
             folder=sys.argv[2], hook=kill)
"""


def test_killed_it_goes_on_without_a_lost_or_repeated_epoch(store, windows, tmp_path):
    plan = settings(schedule={"name": "plateau", "patience": 0})
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    whole = fit_store(model_of(store.dims), *windows, plan, folder=tmp_path / "whole")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(store.path), str(tmp_path / "killed"), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(read_history(tmp_path / "killed")) == 2
    steps = []
    # Other first weights: what counts is what the checkpoint holds.
    resumed = fit_store(
        model_of(store.dims, seed=5),
        *windows,
        plan,
        folder=tmp_path / "killed",
        hook=lambda _, done, total: steps.append(done),
    )
    torch.set_num_threads(threads)
    per_epoch = -(-len(windows[0]) // 8)
    assert steps == list(range(2 * per_epoch + 1, 3 * per_epoch + 1))
    assert resumed.history == whole.history
    assert resumed.epoch == whole.epoch
    assert read_history(tmp_path / "killed") == read_history(tmp_path / "whole")
    for name, value in whole.model.state_dict().items():
        assert torch.equal(resumed.model.state_dict()[name], value), name
    best = load_file(tmp_path / "killed" / "best.safetensors")
    assert all(torch.equal(best[name], value) for name, value in whole.model.state_dict().items())
    assert list((tmp_path / "killed" / "tensorboard").glob("events*"))


class Killed(BaseException):
    """Stands for kill -9: nothing handles it."""


def test_stopped_between_table_and_checkpoint_the_epoch_is_done_again_once(
    store, contrary, tmp_path, monkeypatch
):
    whole = fit_store(model_of(store.dims), *contrary, settings(), folder=tmp_path / "whole")
    save = L.Trainer.save_checkpoint

    def killed(trainer, path, **options):
        if trainer.current_epoch == 1:
            raise Killed
        save(trainer, path, **options)

    monkeypatch.setattr(L.Trainer, "save_checkpoint", killed)
    with pytest.raises(Killed):
        fit_store(model_of(store.dims), *contrary, settings(), folder=tmp_path / "cut")
    monkeypatch.undo()
    assert len(read_history(tmp_path / "cut")) == 2
    resumed = fit_store(model_of(store.dims, seed=5), *contrary, settings(), folder=tmp_path / "cut")
    assert resumed.history == whole.history
    assert all(torch.equal(resumed.model.state_dict()[k], v) for k, v in whole.model.state_dict().items())


@pytest.mark.parametrize("changes", [{"epochs": 2}, {"epochs": 50, "patience": 1}])
def test_a_finished_run_is_not_trained_on(store, contrary, tmp_path, changes):
    plan = settings(**changes)
    first = fit_store(model_of(store.dims), *contrary, plan, folder=tmp_path)
    again = fit_store(model_of(store.dims, seed=5), *contrary, plan, folder=tmp_path)
    assert len(first.history) < 50
    assert again.history == first.history
    assert all(torch.equal(again.model.state_dict()[k], v) for k, v in first.model.state_dict().items())


def read_history(folder):
    with (folder / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))

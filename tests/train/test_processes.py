"""Two processes that share each batch do what one does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from avaffect.corpus.windows import Windows
from avaffect.spec import Component
from avaffect.train import NetworkFit

from .stores import fit_store, network_of

SCRIPT = """
import json, os, sys
import torch
from avaffect.corpus.store import FeatureStore
from avaffect.corpus.windows import Windows
from avaffect.spec import Component
from avaffect.train import NetworkFit

sys.path.insert(0, sys.argv[4])
from stores import fit_store, network_of

store = FeatureStore(sys.argv[1])
train = Windows(store.split("train"), ticks=40, hop=20)
val = Windows(store.split("val"), ticks=40, hop=40, labelled_only=False)
runs, told = {}, []
for name, loss in json.loads(sys.argv[3]).items():
    torch.manual_seed(0)
    network = network_of(store.dims, head={"dropout": 0.0},
                         temporal=Component("tcn", {"levels": 1, "dropout": 0.0}))
    plan = NetworkFit(epochs=3, batch=17, learning_rate=0.01, loss=loss)
    runs[name] = fit_store(network, train, val, plan, hook=lambda *what: told.append(what)).history
open(sys.argv[2] + os.environ["RANK"], "w").write(str(len(told)))
if os.environ["RANK"] == "0":
    open(sys.argv[2], "w").write(json.dumps(runs))
"""

LOSSES = {
    "batch": {"mse": 0.5},
    "recording": {"per": "recording"},
    "window": {"per": "window"},
}


def test_two_processes_have_the_loss_of_one(store, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    found = tmp_path / "found.json"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*command, tmp_path / "script.py", store.path, found, json.dumps(LOSSES), Path(__file__).parent],
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    train = Windows(store.split("train"), ticks=40, hop=20)
    # The first process alone tells of progress: a step of all together, once.
    told = [int((tmp_path / f"found.json{rank}").read_text()) for rank in (0, 1)]
    assert told == [len(LOSSES) * 3 * -(-len(train) // 17), 0]
    assert len(train) % 17 == 1  # the last batch leaves the second process nothing
    val = Windows(store.split("val"), ticks=40, hop=40, labelled_only=False)
    for name, loss in LOSSES.items():
        torch.manual_seed(0)
        network = network_of(
            store.dims, head={"dropout": 0.0}, temporal=Component("tcn", {"levels": 1, "dropout": 0.0})
        )
        plan = NetworkFit(epochs=3, batch=17, learning_rate=0.01, loss=loss)
        alone = fit_store(network, train, val, plan).history
        together = json.loads(found.read_text())[name]
        for one, two in zip(alone, together, strict=True):
            assert two == pytest.approx(one, abs=1e-4), name
        assert alone[-1]["loss"] < alone[0]["loss"]

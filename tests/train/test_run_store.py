"""A whole run on a feature store, through the command too."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from avaffect import checkpoint, model_folder
from avaffect.corpus.base import Features
from avaffect.corpus.encode import encoders_hash
from avaffect.corpus.store import FeatureStore, Meta, write
from avaffect.corpus.windows import Windows
from avaffect.errors import AvaffectError, DataError
from avaffect.model import AffectModel
from avaffect.spec import Spec
from avaffect.train.prediction import score
from avaffect.train.run import run
from avaffect.train.store import predict

TINY = {
    "name": "concat.tiny",
    "threads": 1,
    "window": 1.6,
    "hop": 0.8,
    "temporal": {"name": "tcn", "options": {"levels": 1}},
    "temporal_dim": 8,
    "fusion": {"name": "concat"},
    "fit": {"epochs": 2, "batch": 8, "learning_rate": 0.003},
}


def made_up(folder: Path, *, encoders: str = "") -> FeatureStore:
    rng = np.random.default_rng(0)
    for number, split in enumerate(("train", "train", "val")):
        streams = {name: rng.normal(size=(60, 128)).astype(np.float32) for name in ("audio", "visual")}
        masks = {name: rng.random(60) > 0.2 for name in streams}
        affect = np.tanh(streams["audio"][:, :2])
        meta = Meta(f"r{number}", f"s{number}", split, "made-up", ("valence", "arousal"), 12.5, encoders)
        write(folder, meta, Features(streams, masks), affect, np.ones(60, bool), half=False)
    return FeatureStore(folder)


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    return made_up(tmp_path / "store")


def recipe_for(store: FeatureStore, **changes: object) -> Path:
    path = store.path.parent / "tiny.yaml"
    output = str(store.path.parent / "out")
    path.write_text(yaml.safe_dump({**TINY, "store": str(store.path), "output": output, **changes}))
    return path


def test_from_a_store_to_a_model(store: FeatureStore, tmp_path: Path) -> None:
    seen: list[tuple[str, float, float | None]] = []
    output = run(recipe_for(store, standardise=True), hook=lambda *what: seen.append(what))
    steps = seen[-1][2]
    assert steps is not None
    assert seen == [("fusion", k, steps) for k in range(1, int(steps) + 1)]

    model = checkpoint.load(output)
    spec = model.spec
    assert (spec.name, spec.tick_rate, spec.window, spec.reads_media) == ("concat.tiny", 12.5, 1.6, False)
    assert {name: stream.dim for name, stream in spec.streams.items()} == {"audio": 128, "visual": 128}
    assert (spec.corpora[0].name, spec.standardise) == ("made-up", True)
    assert set(spec.calibration) == {"audio+visual", "audio", "visual"}
    figures = json.loads((output / "fusion" / "figures.json").read_text())
    measured = {name for name in spec.metrics if name.startswith("fusion/")}
    assert {f"fusion/val/{name}" for name in figures["val"]} == measured
    val = Windows(store.split("val"), ticks=20, hop=10, labelled_only=False)
    again = score(predict(model.network, val), ("valence", "arousal"))
    assert again == pytest.approx(figures["val"], abs=1e-5)
    assert sorted(p.name for p in (output / "fusion").iterdir()) == [
        "figures.json", "history.csv", "recipe.json", "tensorboard", "weights.safetensors",
    ]  # fmt: skip

    # A second run finds it done; other settings do not overwrite it.
    seen.clear()
    run(recipe_for(store, standardise=True), ["threads=2"], hook=lambda *what: seen.append(what))
    assert not seen
    with pytest.raises(
        DataError, match=r"run of other settings \(seed: it has 0, the recipe 1\); give another output=FOLDER"
    ):
        run(recipe_for(store, standardise=True), ["seed=1"])


def test_a_full_disk_is_one_line_and_training_goes_on_afterwards(store: FeatureStore) -> None:
    resource = pytest.importorskip("resource")
    recipe = recipe_for(store)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for most in (500, 3000, 60_000, 100_000):  # bytes of a file: the record, the best weights, the checkpoint
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
        try:
            with pytest.raises(DataError, match="cannot write .*File too large"):
                run(recipe)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list((store.path.parent / "out").rglob(".*"))
    assert checkpoint.load(run(recipe)).spec.name == "concat.tiny"


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("store", "store is the feature store; give another output"),
        ("mine", r"network.safetensors is there already; give another output"),
        ("damaged", r"spec.json: .*; give another output"),
    ],
)
def test_the_output_is_looked_at_before_the_work(store: FeatureStore, output: str, message: str) -> None:
    folder = store.path.parent / output
    folder.mkdir(exist_ok=True)
    if output == "mine":
        (folder / "network.safetensors").write_bytes(b"precious")
    if output == "damaged":
        (folder / "spec.json").write_text("{}")
    before = sorted(path.read_bytes() for path in folder.iterdir())
    with pytest.raises(DataError, match=message):
        run(recipe_for(store), [f"output={folder}"])
    assert sorted(path.read_bytes() for path in folder.iterdir()) == before


@pytest.mark.parametrize("fused", [None, {"name": "tcn"}], ids=["no fused temporal", "fused temporal"])
def test_with_its_encoders_it_is_a_model_for_prediction(
    fused: dict | None, debug_spec: Spec, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    base = AffectModel(debug_spec).eval()
    folder = checkpoint.save(base, tmp_path / "base", card="made up")
    store = made_up(tmp_path / "store", encoders=encoders_hash(base, "mtcnn"))
    output = run(recipe_for(store, encoders=str(folder), fused_temporal=fused))
    whole = checkpoint.load(output)
    assert (whole.spec.name, whole.spec.window) == ("concat.tiny", 1.6)
    assert set(whole.spec.calibration) == {"audio+visual", "audio", "visual"}
    assert whole.spec.corpora[-1].name == "made-up"
    assert "fusion/val/ccc" in whole.spec.metrics
    assert "a little too narrow" in (output / "card.md").read_text()
    for name, value in base.encoders.state_dict().items():
        assert torch.equal(whole.encoders.state_dict()[name], value)
    # It says of features what the trained weights say.
    kept = load_file(output / "fusion" / "weights.safetensors")
    own = {f"network.{name}": value for name, value in whole.network.state_dict().items()}
    assert set(kept) == set(own)
    assert all(torch.equal(own[name], value) for name, value in kept.items())


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("fold=9", "there is no 9; give 0 to 2"),
        ("streams=[audio, text]", "no stream 'text'"),
        ("fusion=null", "no fusion; name one"),
        (
            "fit={epochs: 1, batch: 4, learning_rate: 0.1, checkpoint: last, patience: 3}",
            "do not go together",
        ),
    ],
)
def test_what_does_not_fit_leaves_no_folder(store: FeatureStore, override: str, message: str) -> None:
    with pytest.raises(AvaffectError, match=message):
        run(recipe_for(store, folds="subject"), [override])
    assert not (store.path.parent / "out").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"temporal": None},
        {"standardise": True},
        {"fused_temporal": {"name": "tcn"}, "fused_temporal_dim": 6},
        {"streams": ["visual", "audio"]},
        {"streams": ["audio"], "fusion": None},
        {"temporal_dim": {"audio": 4, "visual": 6}},
        {"targets": ["arousal"]},
    ],
    ids=lambda changes: "+".join(changes),
)
def test_whatever_is_trained_predicts_with_its_encoders(
    changes: dict, debug_spec: Spec, tmp_path: Path
) -> None:
    base = AffectModel(debug_spec).eval()
    folder = checkpoint.save(base, tmp_path / "base", card="made up")
    store = made_up(tmp_path / "store", encoders=encoders_hash(base, "yunet"))
    model = checkpoint.load(run(recipe_for(store, encoders=str(folder), **changes)))
    assert model.spec.reads_media
    assert list(model.encoders) == list(model.spec.streams) == changes.get("streams", ["audio", "visual"])
    for name, encoder in model.encoders.items():
        for key, value in base.encoders[name].state_dict().items():
            assert torch.equal(encoder.state_dict()[key], value)


def test_a_stream_that_the_encoders_lack(debug_spec: Spec, tmp_path: Path) -> None:
    base = AffectModel(replace(debug_spec, streams={"audio": debug_spec.streams["audio"]}))
    folder = checkpoint.save(base, tmp_path / "base", card="made up")
    store = made_up(tmp_path / "store", encoders=encoders_hash(base, "mtcnn"))
    with pytest.raises(DataError, match="has no encoder of the stream 'visual'; known: audio"):
        run(recipe_for(store, encoders=str(folder)))
    assert not (tmp_path / "out").exists()


def test_other_encoders(debug_spec: Spec, store: FeatureStore, tmp_path: Path) -> None:
    folder = checkpoint.save(AffectModel(debug_spec), tmp_path / "base", card="made up")
    with pytest.raises(DataError, match="was not made by the encoders of"):
        run(recipe_for(store, encoders=str(folder)))


def test_no_split_no_store_no_model(store: FeatureStore, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no extracted recordings; make them with `avaffect extract"):
        run(recipe_for(store), [f"store={tmp_path / 'nowhere'}"])
    (store.path / "r2.safetensors").unlink()
    with pytest.raises(DataError, match="no official split; set folds"):
        run(recipe_for(store))
    with pytest.raises(DataError, match="unknown stage 'face'; known: calibration, export, fusion"):
        run(recipe_for(store), stages=["face"])
    with pytest.raises(DataError, match="run the stage 'fusion' first"):
        run(recipe_for(store), ["folds=3"], stages=["export"])


def test_the_command(store: FeatureStore, tmp_path: Path) -> None:
    overrides = [f"output={tmp_path / 'there'}"]
    done = subprocess.run(
        [sys.executable, "-m", "avaffect", "train", str(recipe_for(store)), *overrides],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert f"The model is in {tmp_path / 'there'}" in done.stdout
    # Without a terminal: a line an epoch while it works, and the figures at the end.
    for epoch in (1, 2):
        assert re.search(
            rf"^fusion: epoch {epoch} of 2, loss \d\.\d+, validation CCC -?\d\.\d+$", done.stderr, re.M
        )
    figures = json.loads((tmp_path / "there" / "fusion" / "figures.json").read_text())["val"]
    assert f"val/ccc: {figures['ccc']:.3f}\n" in done.stdout
    assert model_folder.read_spec(tmp_path / "there").name == "concat.tiny"


def test_people_of_the_training_are_not_in_the_other_sets(store: FeatureStore, tmp_path: Path) -> None:
    def renamed(number: int, split: str, subject: str) -> None:
        path = store.path / f"r{number}.safetensors"
        stored = store[f"r{number}"]
        labels = stored.read()["labels"].numpy()
        meta = replace(stored.meta, subject=subject, split=split)
        features = stored.features()
        path.unlink()
        write(store.path, meta, features, labels, np.ones(60, bool), half=False)

    renamed(1, "train", "s2")
    said = r"store: subjects in more than one set: s2 \(train, val\).*or set shared_subjects=true"
    with pytest.raises(DataError, match=said):
        run(recipe_for(store))
    assert not (tmp_path / "out").exists()
    assert (run(recipe_for(store), ["shared_subjects=true"]) / "spec.json").exists()
    renamed(1, "test", "s0")
    with pytest.raises(DataError, match=r"s0 \(train, test\)"):
        run(recipe_for(store), ["folds=subject", "fold=s2"])


class Enough(Exception):
    """Ends a run that has shown what it was to show."""


def test_sigterm_ends_the_command_with_143_and_it_goes_on(store: FeatureStore, tmp_path: Path) -> None:
    recipe = recipe_for(store, fit={"epochs": 100_000, "batch": 8, "learning_rate": 1e-5})
    process = subprocess.Popen(
        [sys.executable, "-m", "avaffect", "train", str(recipe)], stderr=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert process.stderr is not None
    seen = ""
    while "epoch 2 of" not in seen:  # the first one is kept by now
        seen = process.stderr.readline()
        assert seen, "it ended before"
    process.terminate()
    _, told = process.communicate(timeout=100)
    assert process.returncode == 143, told
    assert "Traceback" not in told
    assert told.splitlines()[-1] == "stopped; files written so far are complete"
    assert {path.name for path in (tmp_path / "out" / "fusion").iterdir()} == {
        "best.safetensors", "history.csv", "last.ckpt", "recipe.json", "tensorboard",
    }  # fmt: skip
    epochs = len((tmp_path / "out" / "fusion" / "history.csv").read_text().splitlines()) - 1
    steps: list[float] = []

    def first(_: str, completed: float, total: float | None) -> None:
        steps.append(completed)
        raise Enough

    with pytest.raises(Enough):
        run(recipe, hook=first)
    assert steps[0] > epochs  # steps of one epoch are more than one

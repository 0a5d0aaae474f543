"""The recipes for feature stores: each is valid, builds its model, and takes a step on made-up features."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch
import yaml
from skimage.data import astronaut

import avaffect
from avaffect import checkpoint, model_folder
from avaffect.corpus.base import Features
from avaffect.corpus.encode import encoders_hash
from avaffect.corpus.store import FeatureStore, Meta, write
from avaffect.errors import AvaffectError, DataError
from avaffect.fusion import list_fusions
from avaffect.model import FusionNetwork
from avaffect.train import NetworkModule, StoreRecipe, read_recipe, run, stages_of
from avaffect.train.model_spec import spec_of
from avaffect.train.store import WindowBatches, split_of, windows_of

ROOT = Path(__file__).parents[2] / "recipes"
RECIPES = sorted(ROOT.glob("*/*.yaml"))
TEMPLATE = ROOT / "studyforrest" / "fusion.yaml"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    """Seven subjects as the default encoders would leave them, and text; six train, one validates."""
    folder = tmp_path_factory.mktemp("store")
    rng = np.random.default_rng(0)
    for number in range(7):
        ticks = 230
        streams = {
            name: rng.normal(size=(ticks, dim)).astype(np.float32)
            for name, dim in (("audio", 128), ("visual", 128), ("text", 32))
        }
        masks = {name: rng.random(ticks) > 0.2 for name in streams}
        affect = np.tanh(streams["audio"][:, :2] + streams["visual"][:, :2])
        split = "val" if number == 6 else "train"
        meta = Meta(f"run{number}", f"run{number}", split, "made-up", ("valence", "arousal"), 12.5)
        write(folder, meta, Features(streams, masks), affect, np.ones(ticks, bool), half=True)
    return FeatureStore(folder)


def step(recipe: StoreRecipe, store: FeatureStore) -> float:
    """One optimiser step on one window; every weight that the loss reaches moves."""
    torch.manual_seed(0)
    model = FusionNetwork(spec_of(recipe))
    train, _ = windows_of(recipe, store)
    module = NetworkModule(model, recipe.fit, recordings=len(train.recordings))
    batch = WindowBatches(train, model.targets, batch=1, seed=0).cut[[0]]
    optimizer = module.configure_optimizers()
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    loss = module.training_step(batch, 0)
    loss.backward()
    optimizer.step()
    moved = {n: p.grad is not None and bool((p != before[n]).any()) for n, p in model.named_parameters()}
    assert np.mean(list(moved.values())) > 0.7, [name for name, is_moved in moved.items() if not is_moved]
    return loss.item()


def test_they_are_all_here() -> None:
    found = {str(path.relative_to(ROOT).with_suffix("")) for path in RECIPES}
    systems = ("ca", "jca.abaw3", "jca.tbiom", "rjca", "dca", "iaca", "rjcma", "grjca", "hgrjca")
    assert {f"affwild2/{name}" for name in systems} <= found
    assert {f"recola/{name}" for name in ("ca", "jca", "dca")} <= found


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_it_takes_a_step(path: Path, store: FeatureStore) -> None:
    recipe = read_recipe(path, [f"store={store.path}", "encoders=null"])
    assert isinstance(recipe, StoreRecipe)
    assert stages_of(recipe) == ("fusion", "calibration", "export")
    assert 0 < step(recipe, store) < 2


def test_names_and_outputs_are_their_own() -> None:
    read_all = [yaml.safe_load(path.read_text()) for path in RECIPES]
    for key in ("name", "output"):
        assert len({raw[key] for raw in read_all}) == len(RECIPES)


@pytest.mark.parametrize("fusion", list_fusions())
def test_the_template_takes_every_fusion(fusion: str, store: FeatureStore) -> None:
    recipe = read_recipe(
        TEMPLATE, [f"store={store.path}", f"fusion.name={fusion}", "streams=[audio, visual]"]
    )
    assert isinstance(recipe, StoreRecipe)
    assert 0 < step(recipe, store) < 2


def test_the_template_takes_one_stream(store: FeatureStore) -> None:
    recipe = read_recipe(TEMPLATE, [f"store={store.path}", "streams=[visual]", "fusion=null"])
    assert isinstance(recipe, StoreRecipe)
    assert list(spec_of(recipe).streams) == ["visual"]
    assert 0 < step(recipe, store) < 2


def test_folds(store: FeatureStore) -> None:
    def val(*overrides: str) -> list[str]:
        recipe = read_recipe(TEMPLATE, [f"store={store.path}", *overrides])
        assert isinstance(recipe, StoreRecipe)
        fold = split_of(recipe, store)
        assert not {r.subject for r in fold.train} & {r.subject for r in fold.val}
        return [stored.name for stored in fold.val]

    assert val("fold=run3") == ["run3"]
    assert val("fold=2") == ["run2"]
    assert val("folds=null") == ["run6"]
    assert val("folds=3", "fold=0") == ["run6"]
    assert len(val("folds=3", "fold=fold2")) == 3
    with pytest.raises(DataError, match="there is no 'run9'; give 0 to 6, or run0, run1"):
        val("fold=run9")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("widnow=3", "unknown key 'widnow'; did you mean 'window'"),
        ("fusion.nam=jca", "unknown key 'fusion.nam'; did you mean 'name'"),
        ("fit.schedule.evry=2", "unknown key 'fit.schedule.evry'; did you mean 'every'"),
        ("fit.optimizer=rmsprop", "fit.optimizer: .*'adam', 'adamw' or 'sgd'.*'rmsprop'"),
        ("fit.learning_rate=0", "fit.learning_rate: .*greater than 0"),
        ("streams=[audio, vidual]", "has no stream 'vidual'; did you mean 'visual'"),
        ("fusion.name=hgrjac", "unknown fusion 'hgrjac'; did you mean 'hgrjca'"),
        ("targets=[valense]", "has no rating of 'valense'; did you mean 'valence'"),
    ],
)
def test_a_wrong_key_names_the_nearest(override: str, message: str, store: FeatureStore) -> None:
    def attempt() -> None:
        recipe = read_recipe(TEMPLATE, [f"store={store.path}", override])
        assert isinstance(recipe, StoreRecipe)
        step(recipe, store)

    with pytest.raises(AvaffectError, match=message) as caught:
        attempt()
    assert "\n" not in str(caught.value)


BASE = "hgrjca.default"
SMALL = {"blstm": "{layers: 1}", "tcn": "{levels: 1}"}


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    """A store as `avaffect extract` would make it with the default encoders."""
    folder = tmp_path_factory.mktemp("extracted")
    rng = np.random.default_rng(0)
    encoders = encoders_hash(checkpoint.load(BASE), "mtcnn")
    for number in range(7):
        sizes = {"audio": 64, "visual": 128}  # of the embedded encoders
        streams = {name: rng.normal(size=(60, dim)).astype(np.float32) for name, dim in sizes.items()}
        masks = {name: rng.random(60) > 0.2 for name in streams}
        affect = np.tanh(streams["audio"][:, :2])
        split = "val" if number == 6 else "train"
        meta = Meta(f"run{number}", f"run{number}", split, "made-up", ("valence", "arousal"), 12.5, encoders)
        write(folder, meta, Features(streams, masks), affect, np.ones(60, bool), half=True)
    return FeatureStore(folder)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of a face that hums: much shorter than any window."""
    path = tmp_path_factory.mktemp("clip") / "face.mp4"
    image = cv2.resize(astronaut()[:256, 100:356], (160, 160), interpolation=cv2.INTER_AREA)
    hum = (0.3 * np.sin(np.arange(8000) / 16000 * 2 * np.pi * 150)).astype(np.float32)
    with av.open(str(path), "w") as container:
        video, audio = container.add_stream("mpeg4", rate=12), container.add_stream("aac", rate=16000)
        video.width = video.height = 160
        for _ in range(6):
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(video.encode(None))
        sound = av.AudioFrame.from_ndarray(hum[None], format="fltp", layout="mono")
        sound.rate = 16000
        container.mux(audio.encode(sound))
        container.mux(audio.encode(None))
    return path


def small(path: Path) -> list[str]:
    """Overrides that make a recipe's network tiny and its training one epoch."""
    raw = yaml.safe_load(path.read_text())
    changes = ["fit.epochs=1", "fit.patience=null", "head.hidden=4"]
    for key in ("temporal", "fused_temporal"):
        if raw.get(key):
            name = raw[key]["name"]
            changes.append(f"{key}={{name: {name}, options: {SMALL[name]}}}")
    if raw["temporal_dim"] is not None:
        changes.append("temporal_dim=8")
    if raw.get("fused_temporal_dim"):
        changes.append("fused_temporal_dim=6")
    return changes


def reads_words(path: Path) -> bool:
    """Whether a recipe asks for a text stream: tests/predict/test_words.py trains that one."""
    return "text" in (yaml.safe_load(path.read_text()).get("streams") or ())


@pytest.mark.parametrize(
    "path",
    [path for path in RECIPES if path.parent.name != "studyforrest" and not reads_words(path)],
    ids=lambda path: path.stem,
)
def test_with_encoders_it_predicts_from_media(
    path: Path, extracted: FeatureStore, clip: Path, tmp_path: Path
) -> None:
    overrides = [f"store={extracted.path}", f"encoders={BASE}", f"output={tmp_path / 'out'}", "threads=1"]
    output = run(path, [*overrides, *small(path)])
    spec = model_folder.read_spec(output)
    assert spec.reads_media
    assert spec.fusion is not None
    assert spec.fusion.name == yaml.safe_load(path.read_text())["fusion"]["name"]
    table = avaffect.load(output).process_file(clip).table
    assert len(table) == 6
    assert table["track"].notna().all()
    assert np.isfinite(table[["valence", "arousal", "valence_lo", "arousal_hi"]]).all(axis=None)

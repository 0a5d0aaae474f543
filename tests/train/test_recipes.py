"""The recipes for feature stores: each is valid, builds its model, and takes a step on made-up features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from avaffect.corpus.base import Features
from avaffect.corpus.store import FeatureStore, Meta, write
from avaffect.errors import AvaffectError, DataError
from avaffect.fusion import list_fusions
from avaffect.train.run import read, stages_of
from avaffect.train.sequence import SequenceModule
from avaffect.train.sequence.recipe import StoreRecipe
from avaffect.train.sequence.replay import columns_of

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
    model = recipe.model(store)
    train, _ = recipe.windows(store)
    module = SequenceModule(
        model=model,
        settings=recipe.fit,
        columns=columns_of(model, train),
        recordings=len(train.recordings),
        steps=1,
        seed=0,
    )
    batch = train[[0]] | {"recording": torch.zeros(1, dtype=torch.long)}
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
    recipe = read(path, [f"store={store.path}"])
    assert isinstance(recipe, StoreRecipe)
    assert stages_of(recipe) == ("sequence",)
    assert 0 < step(recipe, store) < 2


def test_names_and_outputs_are_their_own() -> None:
    read_all = [yaml.safe_load(path.read_text()) for path in RECIPES]
    for key in ("name", "output"):
        assert len({raw[key] for raw in read_all}) == len(RECIPES)


@pytest.mark.parametrize("fusion", list_fusions())
def test_the_template_takes_every_fusion(fusion: str, store: FeatureStore) -> None:
    recipe = read(TEMPLATE, [f"store={store.path}", f"fusion.name={fusion}", "streams=[audio, visual]"])
    assert isinstance(recipe, StoreRecipe)
    assert 0 < step(recipe, store) < 2


def test_the_template_takes_one_stream(store: FeatureStore) -> None:
    recipe = read(TEMPLATE, [f"store={store.path}", "streams=[visual]", "fusion=null"])
    assert isinstance(recipe, StoreRecipe)
    assert list(recipe.model(store).dims) == ["visual"]
    assert 0 < step(recipe, store) < 2


def test_folds(store: FeatureStore) -> None:
    def val(*overrides: str) -> list[str]:
        recipe = read(TEMPLATE, [f"store={store.path}", *overrides])
        assert isinstance(recipe, StoreRecipe)
        fold = recipe.split(store)
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
        ("fit.rate=0", "fit.rate: .*greater than 0"),
        ("streams=[audio, vidual]", "has no stream 'vidual'; did you mean 'visual'"),
        ("fusion.name=hgrjac", "unknown fusion 'hgrjac'; did you mean 'hgrjca'"),
        ("targets=[valense]", "no rating of 'valense' in the store; did you mean 'valence'"),
    ],
)
def test_a_wrong_key_names_the_nearest(override: str, message: str, store: FeatureStore) -> None:
    def attempt() -> None:
        recipe = read(TEMPLATE, [f"store={store.path}", override])
        assert isinstance(recipe, StoreRecipe)
        step(recipe, store)

    with pytest.raises(AvaffectError, match=message) as caught:
        attempt()
    assert "\n" not in str(caught.value)

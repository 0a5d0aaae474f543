"""Recipes: overrides and errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from avaffect.errors import DataError
from avaffect.train.recipe import Recipe, read_recipe
from avaffect.train.recipe_file import read_yaml
from avaffect.train.run import read

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_committed_recipes_are_valid(path: Path) -> None:
    recipe = read_recipe(path, ["data=/some/where"])
    assert recipe.data == Path("/some/where")
    assert path.stem == recipe.name


def test_overrides_reach_inside(recipe: Path) -> None:
    read = read_recipe(recipe, ["seed=7", "face.fit.epochs=3", "fusion.mechanism.name=jca"])
    assert (read.seed, read.face.fit.epochs, read.fusion.mechanism.name) == (7, 3, "jca")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sed=1", "unknown key 'sed'; did you mean 'seed'"),
        ("face.fit.epoch=1", "unknown key 'face.fit.epoch'; did you mean 'epochs'"),
        ("face.fit.epochs=many", "face.fit.epochs: .*integer.*'many'"),
        ("face.fit.epochs=-1", "face.fit.epochs: .*greater than 0.*-1"),
        ("seed", "override 'seed': expected key=value"),
        ("name=face", "name: .*pattern.*'face'"),
        ("voice.corpora=[ravdes]", "voice: unknown corpus 'ravdes'; did you mean 'ravdess'"),
        ("voice.unseen=[ravdess]", "voice: 'ravdess' is named twice"),
        ("face.unseen=[ferplus]", "face: 'ferplus' is named twice"),
        ("face.corpora=[]", "face.corpora: .*at least 1 item"),
        ("fusion.streams=[audio, text]", "fusion.streams.1: .*'audio' or 'visual'.*'text'"),
        ("fusion.streams=[audio, audio]", "fusion: streams .* name one twice"),
        ("fusion.face_slip=[0.1]", "fusion.face_slip.1: .*|the key 'fusion.face_slip.1' is missing"),
        ("seed.deep=1", "override 'seed.deep=1': 'seed' is a value"),
    ],
)
def test_wrong_overrides(recipe: Path, override: str, message: str) -> None:
    overrides = ["seed=0", override]
    with pytest.raises(DataError, match=message) as caught:
        read_recipe(recipe, overrides)
    assert "\n" not in str(caught.value)


def test_missing_key(tmp_path: Path) -> None:
    path = tmp_path / "short.yaml"
    path.write_text("data: here\n")
    with pytest.raises(DataError, match="the key 'name' is missing; add it, or give name=VALUE"):
        read_recipe(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [1", "not valid YAML"), ("just words", "a recipe is a mapping")],
)
def test_not_a_recipe(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        read_recipe(path)
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read the recipe"):
        read_recipe(tmp_path / "none.yaml")


def test_the_default_family_shares_encoders_and_nothing_else() -> None:
    family = [read_recipe(path) for path in RECIPES if path.stem.endswith(".default")]
    assert {recipe.name for recipe in family} >= {
        f"{name}.default" for name in ("hgrjca", "jca", "audio", "visual")
    }
    first = family[0]
    for recipe in family[1:]:
        assert (recipe.work, recipe.face, recipe.voice) == (first.work, first.face, first.voice)
    assert len({recipe.own for recipe in family}) == len({recipe.output for recipe in family}) == len(family)


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def test_a_recipe_extends_another(tmp_path: Path) -> None:
    write(
        tmp_path,
        base="seed: 1\nfit: {epochs: 9, batch: 8}\nfusion: {name: a, options: {b: 3}}\nleft: 1\n",
        middle="extends: base.yaml\nseed: 2\nfit: {epochs: 3}\nleft: null\n",
    )
    (tmp_path / "sub").mkdir()
    top = write(tmp_path / "sub", top="extends: ../middle.yaml\nfusion: {name: concat}\n") / "top.yaml"
    assert read_yaml(top, ["fit.batch=4"]) == {
        "seed": 2,
        "fit": {"epochs": 3, "batch": 4},
        "fusion": {"name": "concat"},  # a part replaces a part, options and all
        "left": None,
    }


def test_recipes_of_both_kinds_extend(recipe: Path) -> None:
    child = recipe.with_name("child.yaml")
    child.write_text(f"extends: {recipe.name}\nname: child.test\nfusion: {{mechanism: {{name: jca}}}}\n")
    found = read(child)
    assert isinstance(found, Recipe)
    assert (found.name, found.fusion.mechanism.name, found.fusion.fused_dim) == ("child.test", "jca", 16)
    assert found.fusion.mechanism.options == {}
    root = Path(__file__).parents[2] / "recipes" / "affwild2" / "rjca.yaml"
    stored = recipe.with_name("stored.yaml")
    stored.write_text(f"extends: {root}\nname: rjca.mine\n")
    assert read(stored, ["store=here"]) == read(root, ["store=here", "name=rjca.mine"])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"top": "extends: none.yaml"}, "none.yaml: cannot read the recipe, which .*top.yaml extends"),
        ({"top": "extends: top.yaml"}, "top.yaml: extends top.yaml, which extends it in turn"),
        (
            {"top": "extends: other.yaml", "other": "extends: top.yaml"},
            "other.yaml: extends top.yaml, which extends it in turn",
        ),
        ({"top": "extends: [a, b]"}, "top.yaml: extends is the name of a recipe's file, but it is"),
        ({"top": "extends: words.yaml", "words": "just words"}, "words.yaml: a recipe is a mapping"),
    ],
)
def test_what_cannot_be_extended(tmp_path: Path, files: dict[str, str], message: str) -> None:
    write(tmp_path, **files)
    with pytest.raises(DataError, match=message) as caught:
        read_recipe(tmp_path / "top.yaml")
    assert "\n" not in str(caught.value)

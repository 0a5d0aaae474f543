"""Recipes: overrides and errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from avaffect.errors import DataError
from avaffect.train.recipe import read_recipe

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

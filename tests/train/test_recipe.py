"""Recipes: overrides and errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avaffect.errors import DataError, ModelError
from avaffect.fusion import list_fusions
from avaffect.train.recipe import CorpusRecipe, read_corpus_recipe, read_recipe
from avaffect.train.recipe_file import read_yaml

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_committed_recipes_are_valid(path: Path) -> None:
    recipe = read_corpus_recipe(path, ["data=/some/where"])
    assert recipe.data == Path("/some/where")
    assert path.stem == recipe.name


BOMB = "\n".join(f"  - &z{i} [{', '.join([f'*z{i - 1}'] * 10)}]" for i in range(1, 9))
"""Ten aliases of ten aliases of ...: a line each, and a hundred million values."""


def test_overrides_reach_inside(recipe: Path) -> None:
    read = read_corpus_recipe(recipe, ["seed=7", "face.fit.epochs=3", "fusion.name=jca"])
    assert read.fusion is not None
    assert (read.seed, read.face.fit.epochs, read.fusion.name) == (7, 3, "jca")


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
        ("streams=[audio, text]", "streams.1: .*'audio' or 'visual'.*'text'"),
        ("streams=[audio, audio]", "streams .* name one twice"),
        (
            "paired.face_generalisation_error=[0.1]",
            "paired.face_generalisation_error.1: .*|the key 'paired.face_generalisation_error.1' is missing",
        ),
        ("fit.schedule.warmup=-1", "fit.schedule.warmup: .*greater than or equal to 0"),
        ("face.fit.loss.mse=1", "unknown key 'face.fit.loss'"),
        ("standardise=true", "standardise is for stores"),
        ("seed.deep=1", "override 'seed.deep=1': 'seed' is a value"),
        ("seed=-1", "seed: .*greater than or equal to 0"),
        ("seed=99999999999", "seed: .*less than 4294967296"),
        ("seed=@", "override 'seed=@': not valid YAML"),
        ("fit.epochs=[1", "override .*: not valid YAML"),
        ("window=.inf", "window: .*finite number"),
        ("threads=100000000", "threads: .*less than or equal to 256"),
        ("temporal_dim=-3", "temporal_dim: .*greater than or equal to 1, but it is -3"),
        ("head.a=1", "unknown key 'head.a'; known: dropout, hidden"),
        ("head.hidden=0", "head.hidden: .*greater than or equal to 1"),
        ("fit.precision=x", "fit.precision: Input should be '32-true'"),
        ("fit.learning_rate=.nan", "fit.learning_rate: .*finite number"),
        ("fusion.options.a=2001-01-01", "fusion.options.a: .*JSON"),
        ("paired.ticks=[9, 3]", "paired: ticks: the shortest is longer than the longest"),
        ('work="a\\0b"', "work: no path holds a null byte"),
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
    [
        ("a: [1", "not valid YAML"),
        ("just words", "a recipe is a mapping"),
        ("caf\xe9: 1".encode("latin-1"), "no source; give store=FOLDER"),
        ("seed: 0".encode("utf-16"), "no source; give store=FOLDER"),
        (b"seed: 0\0", "it holds no text"),
        ("seed: 2001-99-99", "not valid YAML: a value cannot be read"),
        ("seed: !!int ''", "not valid YAML: a value cannot be read"),
        ("a: " + "{b: " * 5000 + "1" + "}" * 5000, "not valid YAML: nested too deeply"),
        ("name: &a [*a]", "more than 10,000 values, aliases counted"),
        ("name:\n  - &z0 [q, q]\n" + BOMB, "more than 10,000 values, aliases counted"),
        ('extends: "a\\0b"', "there is no such recipe, which .* extends"),
    ],
)
def test_not_a_recipe(tmp_path: Path, text: str | bytes, message: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=message) as caught:
        read_recipe(path)
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such recipe; .*folder you are in"):
        read_recipe(tmp_path / "none.yaml")


def test_the_default_family_shares_encoders_and_nothing_else() -> None:
    family = [read_corpus_recipe(path) for path in RECIPES if path.stem.endswith(".default")]
    assert {recipe.name for recipe in family} >= {
        f"{name}.default" for name in ("hgrjca", "jca", "audio", "visual")
    }
    first = family[0]
    for recipe in family[1:]:
        assert (recipe.work, recipe.face, recipe.voice) == (first.work, first.face, first.voice)
    own = {recipe.folder("fusion") for recipe in family}
    assert len(own) == len({recipe.output for recipe in family}) == len(family)


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
    child.write_text(f"extends: {recipe.name}\nname: child.test\nfusion: {{name: jca}}\n")
    found = read_recipe(child)
    assert isinstance(found, CorpusRecipe)
    assert found.fusion is not None
    assert (found.name, found.fusion.name, found.temporal_dim) == ("child.test", "jca", 16)
    assert found.fusion.options == {}
    root = Path(__file__).parents[2] / "recipes" / "affwild2" / "rjca.yaml"
    stored = recipe.with_name("stored.yaml")
    stored.write_text(f"extends: {root}\nname: rjca.mine\n")
    mine = read_recipe(stored, ["store=here"])
    assert mine == read_recipe(root, ["store=here", "name=rjca.mine"])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"top": "extends: none.yaml"}, "none.yaml: there is no such recipe, which .*top.yaml extends"),
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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: a.b", "no source; give store=FOLDER .* or data=FOLDER"),
        ("name: a.b\nstore: x\ndata: y", "both store and data; give store=FOLDER .* or data=FOLDER"),
    ],
)
def test_one_source_exactly(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_recipe(path)


def test_a_store_recipe_where_corpora_are_needed() -> None:
    with pytest.raises(DataError, match="trains from a feature store; expected a recipe with data=FOLDER"):
        read_corpus_recipe(RECIPES[0].parent / "affwild2" / "rjca.yaml")


def test_a_recipe_names_plugins_beside_it(own_plugins: None, recipe: Path) -> None:
    part = recipe.with_name("made_up_part.py")
    part.write_text(
        "from avaffect.fusion import Concat, register\n\n\n"
        '@register("made_up_concat")\nclass MadeUp(Concat):\n    """Features side by side."""\n'
    )
    found = read_recipe(recipe, ["plugins=[made_up_part.py]", "fusion={name: made_up_concat}"])
    assert found.plugins == ("made_up_part.py",)
    assert "made_up_concat" in list_fusions()
    with pytest.raises(ModelError, match="plugin .*nothing.py: no such file"):
        read_recipe(recipe, ["plugins=[nothing.py]"])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_value_gives_a_recipe_or_a_line(recipe: Path, data: st.DataObject) -> None:
    raw = yaml.safe_load(recipe.read_text())
    inner, value = raw, data.draw(VALUES)
    while True:
        key = data.draw(st.sampled_from(sorted(set(inner) - {"plugins"})))
        if not isinstance(inner[key], dict) or not inner[key] or data.draw(st.booleans()):
            inner[key] = value
            break
        inner = inner[key]
    path = recipe.with_name("changed.yaml")
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    check_recipe_or_line(path)


@given(st.binary() | st.text(alphabet="ab:[]{}&*!-?|>'\" \n#,0").map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_file_gives_a_recipe_or_a_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.yaml"
    path.write_bytes(content)
    check_recipe_or_line(path)


def check_recipe_or_line(path: Path) -> None:
    fault = ""
    try:
        read_recipe(path)
    except (DataError, ModelError) as error:
        fault = str(error)
    assert "\n" not in fault

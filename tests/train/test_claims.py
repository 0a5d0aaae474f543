"""A folder of a run is used again only under the settings that its results were made by."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from avaffect.errors import DataError
from avaffect.spec import Spec
from avaffect.train.claims import CACHE, RECIPE, claim, settings_of
from avaffect.train.feature_cache import cached_pool
from avaffect.train.recipe import read_corpus_recipe, read_recipe
from avaffect.train.run import run

from .test_run_store import made_up, recipe_for


def state(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("override", "stage", "said"),
    [
        ("seed=1", "face", r"face holds a run of other settings \(seed: it has 0, the recipe 1\)"),
        ("voice.fit.epochs=9", "voice", r"\(voice.fit.epochs: it has 2, the recipe 9\)"),
        ("face.encoder.options.dim=8", "face", r"\(face.encoder.options.dim: it has 16, the recipe 8\)"),
        ("voice.corpora=[ravdess]", "voice", r"voice.corpora: .*data.voice: other files"),
        ("voice.views=1", "voice", r"\(voice.views: it has 2, the recipe 1\)"),
        ("acted={folder: acted}", "fusion", r"features holds .*acted.folder: it has absent"),
        ("paired.views=1", "fusion", r"features holds .*\(paired.views: it has 2, the recipe 1\)"),
        ("face.fit.learning_rate=0.1", "fusion", r"\(face.fit.learning_rate: it has 0.003, the recipe 0.1\)"),
    ],
)
def test_encoders_and_features_of_other_settings_are_refused(
    encoded: Path, tmp_path: Path, override: str, stage: str, said: str
) -> None:
    before = state(tmp_path / "work")
    with pytest.raises(DataError, match=said + ".*; give another work=FOLDER, or remove "):
        run(encoded, [override], stages=[stage])
    assert {path: content for path, content in state(tmp_path / "work").items() if path in before} == before


def test_features_of_other_settings_are_not_read_by_what_measures_them(encoded: Path) -> None:
    with pytest.raises(DataError, match="features holds a run of other settings"):
        cached_pool(read_corpus_recipe(encoded, ["seed=2"]), "test")


def test_what_no_result_depends_on_may_change(encoded: Path, corpora: Path, tmp_path: Path) -> None:
    shutil.copytree(corpora, tmp_path / "moved")
    moved = [
        f"data={tmp_path / 'moved'}",
        "threads=2",
        "face.fit.workers=1",
        "fit.epochs=1",
        "name=other.one",
    ]
    for stage in ("face", "voice", CACHE):
        assert claim(read_corpus_recipe(encoded, moved), stage) == (stage != CACHE)
    gone = read_corpus_recipe(encoded, [f"data={tmp_path / 'nowhere'}"])
    assert claim(gone, "face")  # the corpora are needed no more


def test_other_data_are_refused(encoded: Path, corpora: Path, tmp_path: Path) -> None:
    shutil.copytree(corpora, tmp_path / "changed")
    with (tmp_path / "changed" / "speech" / "ravdess.csv").open("a") as file:
        file.write("\n")
    with pytest.raises(DataError, match=r"voice holds .* \(data.voice: other files\)"):
        claim(read_corpus_recipe(encoded, [f"data={tmp_path / 'changed'}"]), "voice")


def test_a_folder_without_results_is_anyones(recipe: Path, tmp_path: Path) -> None:
    assert not claim(read_corpus_recipe(recipe, [f"data={tmp_path / 'nowhere'}"]), "face")
    assert not claim(read_corpus_recipe(recipe, ["seed=3"]), "face")  # the first one had found no data
    assert '"seed": 3' in (tmp_path / "work" / "face" / RECIPE).read_text()


@pytest.mark.parametrize("content", [None, "[", "[" * 100_000, '"text"'])
def test_results_that_do_not_say_whose_they_are(encoded: Path, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "work" / "face" / RECIPE
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(
        DataError, match="by which settings figures.json was made|damaged|other settings"
    ) as e:
        claim(read_corpus_recipe(encoded), "face")
    assert str(e.value).count("\n") == 0


def test_calibration_alone_depends_on_its_settings(encoded: Path) -> None:
    recipe = read_corpus_recipe(encoded)
    other = read_corpus_recipe(encoded, ["calibration.coverage=0.8"])
    assert settings_of(recipe, "fusion") == settings_of(other, "fusion")
    assert settings_of(recipe, "calibration") != settings_of(other, "calibration")


def test_a_model_of_another_name_is_not_replaced(recipe: Path, debug_spec: Spec, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "spec.json").write_text(debug_spec.to_json())
    with pytest.raises(DataError, match=f"model holds the model {debug_spec.name}; give another output="):
        run(recipe, stages=["export"])
    assert (tmp_path / "model" / "spec.json").read_text() == debug_spec.to_json()


def test_a_store_that_was_made_again_is_another(tmp_path: Path) -> None:
    path = recipe_for(made_up(tmp_path / "store"))
    run(path, stages=["fusion"])
    shutil.copytree(tmp_path / "store", tmp_path / "moved")
    assert claim(read_recipe(path, [f"store={tmp_path / 'moved'}"]), "fusion")
    (tmp_path / "moved" / "r0.safetensors").unlink()
    with pytest.raises(DataError, match=r"\(store: other files\); give another output=FOLDER"):
        claim(read_recipe(path, [f"store={tmp_path / 'moved'}"]), "fusion")

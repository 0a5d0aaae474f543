"""The whole run on made-up corpora: all stages, resume, skip."""

from __future__ import annotations

import csv
from itertools import islice, takewhile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from avaffect import checkpoint, load, media
from avaffect.cli.app import app
from avaffect.errors import DataError
from avaffect.runtime import OnnxRuntime
from avaffect.runtime.torch import TorchRuntime
from avaffect.train.feature_cache import read_pools
from avaffect.train.paired_batches import evaluation_sets
from avaffect.train.recipe import read_corpus_recipe
from avaffect.train.result import load_figures
from avaffect.train.run import run

from .conftest import made_up_voices


def quiet(stage: str, done: int, total: int) -> None:
    """No progress."""


def check_both_forms(trained: Path, light: Path, sample_clip: Path) -> None:
    """A model that was exported predicts a clip as its torch modules do."""
    done = CliRunner().invoke(app, ["export", str(trained), "--onnx", str(light)])
    assert done.exit_code == 0, done.output
    frames = list(islice(media.frames(sample_clip), 20))
    blocks = takewhile(lambda block: block.start < 0.8, media.audio(sample_clip))
    clip = {"frames": [frame.image for frame in frames], "times": [frame.pts for frame in frames]}
    sound = np.concatenate([block.samples for block in blocks])
    tables = []
    for folder, runtime in ((light, OnnxRuntime), (trained, TorchRuntime)):
        predictor = load(folder)
        assert isinstance(predictor.model, runtime)
        tables.append(predictor.process_signal(**clip, samples=sound, sample_rate=16000).table)
    found, expected = (table[["valence", "arousal", "valence_lo", "arousal_hi"]] for table in tables)
    assert expected.notna().all(axis=None)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


def test_from_corpora_to_a_model_that_loads(recipe: Path, tmp_path: Path) -> None:
    seen: list[str] = []
    output = run(recipe, hook=lambda stage, done, total: seen.append(stage))
    assert {"face", "voice fold0", "voice fold1", "voice all", "fusion"} <= set(seen)

    model = checkpoint.load(output)
    assert model.spec.name == "debug.test"
    assert set(model.spec.calibration) == {"audio+visual", "audio", "visual"}
    assert model.spec.metrics["face/test/ferplus/accuracy"] <= 1
    assert set(model.spec.metrics) >= {
        "voice/left_out/ravdess/r_arousal",
        "voice/left_out/emogator/uar",
        "face/test/diffusionfer/r_valence",
        "calibration/coverage/all/valence",
        "fusion/clean/mean/ccc_arousal",
    }
    crops = torch.randint(0, 255, (3, 112, 112, 3), dtype=torch.uint8)
    assert model.encode("visual", crops).shape == (3, 16)
    card = (output / "card.md").read_text()
    assert "Art. 5(1)(f)" in card
    assert "CC BY-NC-SA" in card

    # A second run finds every stage done and touches nothing.
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "work").rglob("figures.json")}
    seen.clear()
    run(recipe)
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert not seen


def test_a_family_on_one_set_of_encoders(encoded: Path, tmp_path: Path, sample_clip: Path) -> None:
    recipe = encoded
    run(recipe, stages=["fusion"])
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "work").rglob("*") if p.is_file()}
    for name in ("audio", "visual"):
        child = recipe.with_name(f"{name}.yaml")
        child.write_text(
            f"extends: {recipe.name}\nname: {name}.test\noutput: {tmp_path / name}\n"
            f"streams: [{name}]\nfusion: {{name: concat}}\n"
        )
        model = checkpoint.load(run(child))
        assert list(model.spec.streams) == list(model.spec.calibration) == [name]
        assert list(model.encoders) == [name]
        metrics = model.spec.metrics
        assert "fusion/corrupted/fusion/ccc_valence" in metrics
        assert "fusion/corrupted/mean/ccc_valence" not in metrics
        card = (tmp_path / name / "card.md").read_text()
        assert f"| {name}.test |" in card
        assert "minus the best other system" not in card
        assert ("Voice encoder" in card) == (name == "audio")
        assert ("Face encoder" in card) == (name == "visual")
    assert {p: p.stat().st_mtime_ns for p in before} == before  # encoders and features were there
    check_both_forms(tmp_path / "visual", tmp_path / "light", sample_clip)


def test_all_models_of_a_family_are_measured_on_the_same_sequences(encoded: Path) -> None:
    found = []
    for overrides in ([], ["name=audio.test", "streams=[audio]"]):
        settings = read_corpus_recipe(encoded, overrides)
        found.append(evaluation_sets(settings, read_pools(settings, quiet)["test"], count=3))
    for kind, data in found[0].items():
        assert set(data) == set(found[1][kind])
        for name, values in data.items():
            torch.testing.assert_close(values, found[1][kind][name], rtol=0, atol=0)


def test_corpora_by_recipe_and_corpora_never_seen(recipe: Path, tmp_path: Path) -> None:
    free = ["face.corpora=[diffusionfer]", "face.unseen=[ferplus]", "voice.corpora=[emogator]"]
    output = run(recipe, [*free, "voice.unseen=[ravdess]", "name=open.test"])
    spec = checkpoint.load(output).spec
    assert [corpus.name for corpus in spec.corpora] == ["DiffusionFER", "EmoGator (subset)"]
    assert spec.licence == "MIT; trained on CC0 and Apache-2.0 data only"
    unseen = {key for key in spec.metrics if "/unseen/" in key}
    affect = {f"{kind}_{target}" for kind in ("ccc", "r") for target in ("valence", "arousal")}
    assert {f"voice/unseen/ravdess/{figure}" for figure in {*affect, "uar"}} <= unseen
    # No votes in training: the emotions were never taught, and there is nothing to measure.
    assert {f"face/unseen/ferplus/{figure}" for figure in affect} == {k for k in unseen if "face/" in k}
    card = (output / "card.md").read_text()
    assert "| RAVDESS |" in card
    assert "CC BY-NC" not in card
    assert "non-commercial" not in card
    assert "Groups not covered" in card


def test_only_voted_faces(recipe: Path, tmp_path: Path) -> None:
    run(recipe, ["face.corpora=[ferplus]", "face.unseen=[diffusionfer]"], stages=["face"])
    figures = load_figures(tmp_path / "work" / "face")
    assert {"ferplus/accuracy", "ferplus/uar", "ferplus/r_valence"} <= set(figures["test"])
    assert set(figures["unseen"]["diffusionfer"]) == {"ccc_valence", "ccc_arousal", "r_valence", "r_arousal"}


def test_a_corpus_without_speakers_for_each_split_says_so(
    recipe: Path, corpora: Path, tmp_path: Path
) -> None:
    speech = tmp_path / "speech"
    rng = np.random.default_rng(0)
    made_up_voices(
        speech, rng, corpus="tess", speakers=("OAF", "YAF"), emotions=("anger", "sadness"), intensity=""
    )
    only = ["voice.corpora=[tess]", f"voice.speech={speech}"]
    run(recipe, only, stages=["face", "voice"])
    with pytest.raises(DataError, match="no speaker of tess is in the split 'val'.*add a corpus"):
        run(recipe, only, stages=["fusion"])


def test_generalisation_error_given_or_measured(encoded: Path, tmp_path: Path) -> None:
    run(encoded, ["paired.face_generalisation_error=[0.3, 0.2]"], stages=["fusion"])
    figures = load_figures(tmp_path / "work" / "debug.test" / "fusion")
    assert figures["face_generalisation_error"] == [0.3, 0.2]
    settings = read_corpus_recipe(encoded)
    pools = read_pools(settings, quiet)
    assert pools["train"].face_generalisation_error == (0.0, 0.0)  # no videos of actors to measure it on
    assert figures["voice_generalisation_error"] == [0.0, 0.0]
    assert pools["val"].face_generalisation_error == pools["test"].voice_generalisation_error == (0.0, 0.0)


def test_gates_are_taught_in_a_run(encoded: Path, tmp_path: Path) -> None:
    run(encoded, ["fit.loss.gate=0.1"], stages=["fusion"])
    with (tmp_path / "work" / "debug.test" / "fusion" / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        parts = [float(row[f"loss/{name}"]) for name in ("ccc", "mse", "gate")]
        assert float(row["loss"]) == pytest.approx(parts[0] + 2 * parts[1] + 0.1 * parts[2], abs=1e-5)


class Killed(BaseException):
    """Stands for kill -9: nothing handles it."""


def test_a_stopped_run_goes_on_where_it_was(recipe: Path, tmp_path: Path) -> None:
    run(recipe, stages=["face"])

    def kill_in_the_second_epoch(stage: str, done: int, total: int) -> None:
        if done > total // 2:
            raise Killed

    again = f"work={tmp_path / 'again'}"
    with pytest.raises(Killed):
        run(recipe, [again], stages=["face"], hook=kill_in_the_second_epoch)
    assert (tmp_path / "again" / "face" / "last.ckpt").exists()
    assert not (tmp_path / "again" / "face" / "figures.json").exists()
    steps: list[int] = []
    run(recipe, [again], stages=["face"], hook=lambda stage, done, total: steps.append(done))
    assert steps == list(range(max(steps) // 2 + 1, max(steps) + 1))  # the second epoch, once
    unbroken, resumed = (
        load_file(tmp_path / work / "face" / "weights.safetensors") for work in ("work", "again")
    )
    for name, value in unbroken.items():
        torch.testing.assert_close(resumed[name], value, rtol=0, atol=0)


def test_missing_data_is_one_line(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file; give the folder of corpora as data=PATH"):
        run(recipe, [f"data={tmp_path / 'nowhere'}"], stages=["face"])


def test_unknown_stage(recipe: Path) -> None:
    with pytest.raises(DataError, match="unknown stage 'fuse'; did you mean 'fusion'"):
        run(recipe, stages=["fuse"])


def test_a_stage_that_lacks_the_one_before_it_says_so(recipe: Path) -> None:
    with pytest.raises(DataError, match="run the stage 'face' first"):
        run(recipe, stages=["fusion"])


def test_weights_do_not_depend_on_caches(recipe: Path, tmp_path: Path) -> None:
    """Stopped once the caches were there and before the first checkpoint, a run gives the same model."""
    run(recipe, stages=["face", "voice", "fusion"])
    work = tmp_path / "work"
    names = ("face", "voice/all", "debug.test/fusion")
    whole = {name: load_file(work / name / "weights.safetensors") for name in names}
    for redone in (("face", "debug.test/fusion"), ("face", "voice", "debug.test/fusion")):
        for name in redone:
            for path in (work / name).rglob("*"):
                if path.is_file() and path.suffix not in (".npy", ".npz") and path.name != "recipe.json":
                    path.unlink()
        run(recipe, stages=["face", "voice", "fusion"])
        for name in names:
            again = load_file(work / name / "weights.safetensors")
            assert again.keys() == whole[name].keys()
            for key, value in whole[name].items():
                torch.testing.assert_close(again[key], value, rtol=0, atol=0)

"""From corpora and videos of actors to a model: every stage, what it keeps, and what it believes again."""

from __future__ import annotations

import shutil
from pathlib import Path

import ablation
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import avaffect
from avaffect import checkpoint
from avaffect.errors import DataError
from avaffect.progress import silent
from avaffect.spec import TARGETS
from avaffect.train.acted import read_recordings
from avaffect.train.claims import CACHE, claim
from avaffect.train.feature_cache import read_pools
from avaffect.train.fusion import pool_folds, train_network
from avaffect.train.left_out import read_left_out
from avaffect.train.quality import _by_actor
from avaffect.train.recipe import read_corpus_recipe
from avaffect.train.result import load_figures
from avaffect.train.run import run

from .conftest import ACTED, ACTORS, STRANGERS, write_recipe


def test_the_model_predicts_and_says_on_whom_it_was_measured(strangers: Path, corpora: Path) -> None:
    settings = read_corpus_recipe(strangers)
    model = checkpoint.load(settings.output)
    assert set(model.spec.scale) == set(TARGETS)
    assert set(model.spec.calibration) == {"audio+visual", "audio", "visual"}
    slopes = [model.spec.scale[target][0] for target in TARGETS]
    torch.testing.assert_close(model.network.head.slope, torch.tensor(slopes))
    assert {"calibration/strangers/acted/clips", "voice/left_out/acted/clips"} <= set(model.spec.metrics)
    assert model.spec.metrics["calibration/strangers/acted/clips"] == 12
    left = load_figures(settings.folder("voice"))["left_out"]
    assert {name: by["clips"] for name, by in left.items()} == {"ravdess": 24, "emogator": 9, "acted": 12}
    assert set(load_figures(settings.folder("adapt"))["left_out"]) >= {"ccc_valence", "r_arousal"}
    trace = avaffect.Predictor(settings.output).process_file(corpora / "acted" / "anger_ann.mp4")
    values = trace.table[list(TARGETS)].to_numpy(float)
    assert len(values) >= 12
    assert np.isfinite(values).any()
    assert np.nanmax(np.abs(values)) <= 1


def test_each_fold_has_encoders_and_a_network_of_its_own(strangers: Path) -> None:
    settings = read_corpus_recipe(strangers)
    for stage, names in (("adapt", "all"), ("voice", "all"), ("fusion", "")):
        states = [
            load_file(settings.folder(stage) / part / "weights.safetensors")
            for part in ("fold0", "fold1", names)
        ]
        for one, two in zip(states, states[1:], strict=False):
            assert one.keys() == two.keys()
            trained = [key for key in one if "whisper" not in key]
            assert any(not torch.equal(one[key], two[key]) for key in trained)


def test_pairs_and_clips_come_from_the_fold_that_leaves_them_out(strangers: Path) -> None:
    settings = read_corpus_recipe(strangers)
    pools = read_pools(settings, silent)
    folds = pool_folds(settings, pools)
    people = {f"acted_{actor}" for actor in ACTORS}
    assert {unit for fold in folds for unit in fold.units} == {"ravdess", "emogator"} | people
    assert {actor: len(own) for actor, own in pools["train"].pairs.items()} == dict.fromkeys(
        people, len(ACTED)
    )
    assert not pools["val"].pairs
    found = read_left_out(settings, silent)
    assert set(found.networks) == {fold.name for fold in folds}
    units = {fold.name: fold.units for fold in folds}
    for clip in found.clips:
        assert clip.corpus == "acted" or clip.corpus in units[clip.fold]
    # What is measured on smaller faces goes with the clip of the same recording.
    acted = [clip for clip in found.clips if clip.corpus == "acted"]
    for recording, clip in zip(_by_actor(read_recordings(settings, silent)), acted, strict=True):
        assert recording.voice.clip.speaker in units[clip.fold]
        np.testing.assert_array_equal(recording.affect, clip.affect)


def test_recordings_are_kept_and_refused_for_other_videos(
    strangers: Path, corpora: Path, tmp_path: Path
) -> None:
    settings = read_corpus_recipe(strangers)
    path = settings.folder("acted") / "recordings.npz"
    before = path.stat().st_mtime_ns
    seen: list[object] = []
    recordings = read_recordings(settings, lambda *given: seen.append(given))
    assert path.stat().st_mtime_ns == before
    assert not seen
    assert [recording.clip.path.name for recording in recordings] == [
        f"{e}_{a}.mp4" for e in ACTED for a in ACTORS
    ]
    for recording in recordings:
        assert recording.faces.shape == (len(recording.ticks), 112, 112)
        assert (np.diff(recording.ticks) > 0).all()
        assert 10 <= len(recording.ticks) <= 13
        assert recording.voice.clip.speaker == f"acted_{recording.clip.actor}"
        spectrum = np.abs(np.fft.rfft(recording.voice.clip.sound[:16000]))
        number, acted = ACTORS.index(recording.clip.actor), ACTED.index(recording.clip.emotion)
        assert abs(int(spectrum.argmax()) - (150 + 100 * acted + 20 * number)) <= 2  # Hz: its own sound
    shutil.copytree(corpora, tmp_path / "changed")
    (tmp_path / "changed" / "acted" / "notes.txt").write_text("another take")
    with pytest.raises(DataError, match=r"acted holds a run of other settings \(data.acted: other files\)"):
        read_recordings(read_corpus_recipe(strangers, [f"data={tmp_path / 'changed'}"]), silent)


@pytest.mark.parametrize(
    ("override", "stage", "said"),
    [
        ("acted.folds=3", "adapt", r"acted.folds: it has 2, the recipe 3"),
        ("acted.folds=3", "voice", r"acted.folds: it has 2, the recipe 3"),
        ("face.adapt.draws=8", "adapt", r"face.adapt.draws: it has 16, the recipe 8"),
        ("face.adapt.draws=8", CACHE, r"face.adapt.draws: it has 16, the recipe 8"),
        ("voice.encoder.options.blocks=2", "voice", r"voice.encoder.options.blocks: it has 1, the recipe 2"),
        ("acted.epochs=2", "fusion", r"acted.epochs: it has 1, the recipe 2"),
        ("seed=1", "adapt", r"seed: it has 0, the recipe 1"),
    ],
)
def test_what_another_recipe_left_is_refused(strangers: Path, override: str, stage: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        claim(read_corpus_recipe(strangers, [override]), stage)


def test_what_a_stage_does_not_depend_on_may_change(strangers: Path) -> None:
    other = read_corpus_recipe(
        strangers, ["face.adapt.fit.workers=1", "acted.share=0.1", "acted.epochs=3", "fit.epochs=7"]
    )
    assert all(claim(other, stage) for stage in ("adapt", "voice"))
    assert not claim(other, CACHE)
    assert claim(read_corpus_recipe(strangers, ["face.adapt=null"]), "face")
    assert not claim(read_corpus_recipe(strangers, ["seed=5"]), "acted")  # what was read stays


def test_a_fold_that_was_trained_is_refused_before_its_stage_is_done(strangers: Path, tmp_path: Path) -> None:
    """A stop between folds leaves results in folders below; they are of these settings alone."""
    settings = read_corpus_recipe(strangers)
    shutil.copytree(settings.work, tmp_path / "work")
    (tmp_path / "work" / "voice" / "figures.json").unlink()
    (tmp_path / "work" / "voice" / "views.npz").unlink()
    work = f"work={tmp_path / 'work'}"
    assert not claim(read_corpus_recipe(strangers, [work]), "voice")
    with pytest.raises(DataError, match="voice.draws: it has 16, the recipe 8"):
        claim(read_corpus_recipe(strangers, [work, "voice.draws=8"]), "voice")


class Killed(BaseException):
    """Stands for kill -9: nothing handles it."""


def test_a_stop_between_folds_changes_nothing(strangers: Path, tmp_path: Path) -> None:
    settings = read_corpus_recipe(strangers)
    shutil.copytree(settings.work, tmp_path / "work")
    shutil.rmtree(tmp_path / "work" / settings.name)

    def kill(stage: str, done: int, total: int) -> None:
        if stage == "fusion fold1":
            raise Killed

    work = f"work={tmp_path / 'work'}"
    with pytest.raises(Killed):
        run(strangers, [work], stages=["fusion"], hook=kill)
    again = tmp_path / "work" / settings.name / "fusion"
    assert (again / "fold0" / "figures.json").is_file()
    assert not (again / "figures.json").is_file()
    train_network(read_corpus_recipe(strangers, [work]), silent)  # without the seed that `run` sets
    for part in ("", "fold0", "fold1"):
        unbroken = load_file(settings.folder("fusion") / part / "weights.safetensors")
        resumed = load_file(again / part / "weights.safetensors")
        for name, value in unbroken.items():
            torch.testing.assert_close(resumed[name], value, rtol=0, atol=0)


def test_one_corpus_of_voices_is_divided_by_speakers(tmp_path: Path, corpora: Path) -> None:
    recipe = write_recipe(tmp_path, corpora, STRANGERS)
    only = ["voice.corpora=[emogator]", "face.corpora=[diffusionfer]", "streams=[audio, visual]"]
    output = run(recipe, only)
    assert (
        checkpoint.load(output).spec.metrics["calibration/strangers/emogator/clips"] == 3
    )  # of the train split


def test_a_single_actor_cannot_be_left_out(tmp_path: Path, corpora: Path) -> None:
    folder = tmp_path / "data" / "acted"
    folder.mkdir(parents=True)
    for emotion in ACTED[:2]:
        shutil.copy(corpora / "acted" / f"{emotion}_ann.mp4", folder)
    rows = [f"{emotion}_ann.mp4,ann,{emotion}" for emotion in ACTED[:2]]
    (folder / "labels.csv").write_text("\n".join(["file,actor,emotion", *rows]) + "\n")
    recipe = write_recipe(tmp_path, tmp_path / "data", STRANGERS)
    with pytest.raises(DataError, match="expected clips with a face and a voice of two actors or more"):
        read_recordings(read_corpus_recipe(recipe), silent)


def test_ablation_measures_all_rows_on_the_same_clips(
    strangers: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    some = {of.__name__ for of in (ablation.known_people, ablation.made_pairs)}
    kept = {name: of for name, of in ablation.VARIANTS.items() if of.__name__ in some}
    out, work = tmp_path / "ablation.md", tmp_path / "runs"
    given = [f"--recipe={strangers}", f"--work={work}", f"--out={out}", "--only", *some]
    ablation.main(given)
    rows = [line for line in out.read_text().splitlines() if line.startswith("| ")][1:]
    assert [row.split(" | ")[0] for row in rows] == [
        f"| {name}" for name in ("as it is", "without the scale", *kept)
    ]
    as_it_is, _, *changed = (row.split(" | ")[1:] for row in rows)
    assert all(row != as_it_is for row in changed)
    times = {path: path.stat().st_mtime_ns for path in work.rglob("weights.safetensors")}
    assert {path.parent.parent.name for path in times} == {of.__name__ for of in kept.values()}
    text = out.read_text()
    ablation.main(given)  # nothing is trained again
    assert out.read_text() == text
    assert {path: path.stat().st_mtime_ns for path in times} == times

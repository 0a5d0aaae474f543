"""Runs on clips of actors, the actors of a fold left out at a time."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from avaffect.comparison import About, ActedBench, Job, choose
from avaffect.comparison.acted import clip_means, trainings
from avaffect.errors import AvaffectError, DataError
from avaffect.train.feature_pool import save_pairs

from .conftest import pairs_of


def about(settings, seeds=1):
    return About("avaffect benchmark fusion --corpus acted", "2 CPU cores", settings, seeds)


def test_the_plan_is_every_system_fold_seed_and_training_once(acted, quick):
    jobs = acted.jobs(choose(["audio only", "hgrjca", "iaca", "ridge"]), about(quick, seeds=2))
    # Shares among streams cannot be taught, and the ridge has no seeds.
    assert len(jobs) == len(set(jobs)) == 3 * (2 + 2 * 2 + 2 + 1)
    assert {job.system.name for job in jobs if job.training == "taught"} == {"hgrjca"}
    assert [job.seed for job in jobs] == sorted(job.seed for job in jobs)


def test_what_can_be_taught_are_fusions_that_gate_attended_features():
    taught = {system.name for system in choose([]) if "taught" in trainings(system)}
    assert {"dca", "grjca", "hgrjca"} <= taught
    assert not {"audio only", "concat", "iaca", "late", "ridge"} & taught


def test_each_actor_is_left_out_once(acted, pairs):
    out = []
    for fold in acted.folds:
        train, test = acted.split(fold)
        assert not {pair.actor for pair in train} & {pair.actor for pair in test}
        assert len(train) + len(test) == len(pairs)
        out += test
    assert sorted(map(id, out)) == sorted(map(id, pairs))


def test_training_never_sees_the_actors_left_out(acted, pairs, quick, tmp_path):
    out = acted.folds["fold1"]
    strange = [
        dataclasses.replace(
            pair,
            intact={name: 9 * values + 5 for name, values in pair.intact.items()},
            corrupted={name: 7 * values - 5 for name, values in pair.corrupted.items()},
            affect=-pair.affect,
        )
        if pair.actor in out
        else pair
        for pair in pairs
    ]
    ours = acted.parts("fold1").training
    theirs = ActedBench(strange, tmp_path / "strange", quick).parts("fold1").training
    assert len(ours["affect"]) == quick.steps * quick.batch
    for name, values in ours.items():
        assert torch.equal(values, theirs[name])


def test_features_are_scaled_by_the_training(acted):
    train, test = acted.split("fold0")
    values = np.concatenate([pair.intact["visual"][pair.masks["visual"]] for pair in train])
    expected = np.clip((test[0].intact["visual"] - values.mean(0)) / values.std(0), -5, 5)
    expected[~test[0].masks["visual"]] = 0
    found = acted.parts("fold0").tests["clean"].data["visual"][0, : len(expected)].numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_clip_is_the_mean_over_what_the_system_has(acted):
    batch = acted.parts("fold0").tests["clean"]
    values = np.random.default_rng(0).normal(size=(*batch.hit.shape, 2))
    heard = batch.data["audio_mask"].numpy()
    found = clip_means(values, batch, ("audio",))
    np.testing.assert_allclose(found[3], values[3][heard[3]].mean(axis=0))
    batch.data["audio_mask"][3] = False  # never heard: the mean over all that is seen
    seen = batch.data["visual_mask"].numpy()[3]
    np.testing.assert_allclose(clip_means(values, batch, ("audio",))[3], values[3][seen].mean(axis=0))
    acted.parts.cache_clear()


@pytest.mark.parametrize("name", ["hgrjca", "iaca", "audio only", "ridge", "boosting"])
def test_a_result_has_all_conditions(acted, name):
    (system,) = choose([name])
    count = len(acted.split("fold0")[1])
    for training in trainings(system):
        found = acted.one(Job(system, "fold0", 0, training))
        for key, batch in acted.parts("fold0").tests.items():
            assert found[f"{key}/clips"].shape == (count, 2)
            assert np.abs(found[f"{key}/clips"]).max() <= 1
            there = batch.data["audio_mask"] | batch.data["visual_mask"]
            np.testing.assert_array_equal(found[f"{key}/ticks"][:, 0, 0], there.sum(dim=1).numpy())
        gated = name in ("hgrjca", "iaca")
        assert ("held/clean/clips" in found) == gated
        gate = "share.audio" if name == "iaca" else "attended.audio"
        if gated:
            both = (batch.data["audio_mask"] & batch.data["visual_mask"]).sum(dim=1).numpy()
            np.testing.assert_array_equal(found[f"{key}/{gate}"][:, 0], both)
            assert np.abs(found["held/clean/clips"] - found["clean/clips"]).max() > 0


def test_one_stream_alone_does_not_hear_of_the_other(acted):
    (system,) = choose(["audio only"])
    found = acted.one(Job(system, "fold0", 0, "usual"))
    for key in ("visual.degraded.100", "visual.other.100"):
        np.testing.assert_allclose(found[f"{key}/clips"], found["clean/clips"], atol=1e-6)
    assert np.abs(found["audio.degraded.100/clips"] - found["clean/clips"]).max() > 1e-3


def test_finished_runs_are_not_run_again(acted, pairs, quick):
    jobs = acted.jobs(choose(["late"]), about(quick))
    assert acted.run(jobs) == 3
    kept = jobs[1].path(acted.work).read_bytes()
    jobs[1].path(acted.work).unlink()
    assert ActedBench(pairs, acted.work, quick).run(jobs) == 1
    with np.load(jobs[1].path(acted.work)) as again:
        values = again["clean/clips"]
    jobs[1].path(acted.work).write_bytes(kept)
    with np.load(jobs[1].path(acted.work)) as before:
        np.testing.assert_allclose(values, before["clean/clips"], atol=1e-5)  # and comes out the same
    with pytest.raises(DataError, match="other data"):
        ActedBench(pairs[1:], acted.work, quick)


def test_the_command_writes_page_and_tables(command, pairs_work, tmp_path):
    systems = [f"--systems={name}" for name in ("audio only", "visual only", "hgrjca", "ridge")]
    options = [
        "--corpus",
        "acted",
        "--data",
        pairs_work,
        "--work",
        tmp_path / "w",
        "--out",
        tmp_path / "docs",
    ]
    found = command(*options, "--seeds", 1, *systems)
    assert found.exit_code == 0, found.output
    page = (tmp_path / "docs" / "benchmark_acted.md").read_text()
    assert "--corpus acted --data" in page
    assert str(tmp_path) not in page
    for words in ("24 clips of 3 actors", "| hgrjca, taught |", "| ridge |", "## Do gates help?"):
        assert words in page
    assert not {"nan", "NaN"} & set(page.replace("[", " ").replace(",", " ").split())
    table = pd.read_csv(tmp_path / "docs" / "benchmark_acted" / "systems.csv")
    assert len(table) == 5 * 9
    assert len(pd.read_csv(tmp_path / "docs" / "benchmark_acted" / "held.csv")) == 2 * 9
    page_path = tmp_path / "docs" / "benchmark_acted.md"
    page_path.write_text(page.replace("(nothing noted yet)", "Gates slept."))
    again = command(*options, "--report-only", "--systems", "ridge")
    assert again.exit_code == 0, again.output
    assert page_path.read_text().endswith("## What surprised\n\nGates slept.\n")
    assert "## Do gates help?" not in page_path.read_text()


def test_faults_of_the_input_are_said(command, tmp_path):
    options = ["--corpus", "acted", "--work", tmp_path / "w", "--out", tmp_path / "o"]
    fault = command(*options, "--data", tmp_path).exception
    assert isinstance(fault, AvaffectError)
    assert "no pairs of face and voice" in str(fault)
    save_pairs(tmp_path / "two.npz", pairs_of(actors=("ann", "ben")))
    assert "2 actors; expected 3" in str(command(*options, "--data", tmp_path / "two.npz").exception)
    (tmp_path / "bad.npz").write_bytes(b"no archive")
    assert isinstance(command(*options, "--data", tmp_path / "bad.npz").exception, AvaffectError)
    fault = command(*options, "--data", tmp_path / "two.npz", "--damaged-seeds", 1).exception
    assert "drop it" in str(fault)
    save_pairs(tmp_path / "ok.npz", pairs_of())
    fault = command(*options, "--data", tmp_path / "ok.npz", "--report-only").exception
    assert "run the benchmark first" in str(fault)
    assert not Path(tmp_path / "o").exists()
    (tmp_path / "o").mkdir()
    (tmp_path / "o/benchmark_acted.md").write_text("mine")
    for report_only in ([], ["--report-only"]):
        fault = command(*options, "--data", tmp_path / "ok.npz", *report_only).exception
        assert "benchmark_acted.md is there and is no page of this benchmark" in str(fault)
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["benchmark_acted.md"]

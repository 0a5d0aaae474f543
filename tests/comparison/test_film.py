import dataclasses

import numpy as np
import pytest
import torch

from avaffect.comparison import FilmBench, Job, choose, plan
from avaffect.comparison.features import fit_scalers, scaled
from avaffect.errors import DataError


def test_the_plan_is_every_system_segment_and_seed_once(segments):
    systems = choose(["audio only", "hgrjca", "ridge"])
    jobs = plan(systems, segments, seeds=3, damaged_seeds=2)
    assert len(jobs) == len(set(jobs)) == 5 * (3 + 3 + 1 + 2)  # the ridge has no seeds, curves only for one
    assert {job.system.name for job in jobs if job.training == "damaged"} == {"hgrjca"}
    assert [job.seed for job in jobs] == sorted(job.seed for job in jobs)


def test_each_segment_is_left_out_once(segments, quick, tmp_path):
    bench = FilmBench(segments, tmp_path, quick)
    for segment in segments:
        train, test = bench.split(segment.name)
        assert test.name == segment.name
        assert sorted([test.name, *(each.name for each in train)]) == [each.name for each in segments]


def test_training_never_sees_the_segment_left_out(segments, quick, tmp_path):
    """A left-out segment of other streams and labels leaves the training's examples as they are."""
    strange = dataclasses.replace(
        segments[1],
        streams={name: 9 * values + 5 for name, values in segments[1].streams.items()},
        labels=-segments[1].labels,
    )
    for training in ("clean", "damaged"):
        ours = FilmBench(segments, tmp_path / "a", quick).examples("run2", training)
        theirs = FilmBench([segments[0], strange, *segments[2:]], tmp_path / f"b{training}", quick).examples(
            "run2", training
        )
        assert len(ours) == 4 * (5 if training == "damaged" else 1)
        for one, other in zip(ours, theirs, strict=True):
            for name in one.streams:
                assert torch.equal(one.streams[name], other.streams[name])
                assert torch.equal(one.masks[name], other.masks[name])
            torch.testing.assert_close(one.labels, other.labels, equal_nan=True)


def test_the_test_segment_is_scaled_by_the_training(segments, quick, tmp_path):
    tests = FilmBench(segments, tmp_path, quick).tests("run1")
    whole = dict.fromkeys(("audio", "visual"), np.ones(len(segments[0].labels), bool))
    expected = scaled(segments[0].streams, whole, fit_scalers(segments[1:]))
    for name, values in expected.items():
        np.testing.assert_array_equal(tests["clean"][0].streams[name].numpy(), values)
    assert len(tests) == 21
    example, hit = tests["visual.missing.70"]
    np.testing.assert_array_equal(~example.masks["visual"].numpy(), hit)
    assert (example.streams["visual"][~example.masks["visual"]][:, :15] == 0).all()


def test_finished_runs_are_not_run_again(segments, quick, tmp_path):
    jobs = plan(choose(["hgrjca", "audio only"]), segments[:3], seeds=1, damaged_seeds=0)
    bench = FilmBench(segments[:3], tmp_path, quick)
    seen = []
    assert bench.run(jobs, lambda _, done, total: seen.append((done, total))) == 6
    assert seen[0] == (0, 6)
    assert seen[-1] == (6, 6)
    kept = {job: job.path(tmp_path).read_bytes() for job in jobs}
    lost = jobs[3].path(tmp_path)
    lost.unlink()
    assert FilmBench(segments[:3], tmp_path, quick).run(jobs) == 1
    with np.load(lost) as again:
        values = again["clean"]
    lost.write_bytes(kept[jobs[3]])
    with np.load(lost) as before:
        np.testing.assert_allclose(values, before["clean"], atol=1e-5)  # and comes out the same
        assert before["clean"].shape == segments[1].labels.shape
    assert FilmBench(segments[:3], tmp_path, quick).run(jobs) == 0


def test_a_curve_system_keeps_predictions_and_gates_of_every_damage(segments, quick, tmp_path):
    (system,) = choose(["iaca"])
    job = Job(system, "run1", 0)
    FilmBench(segments, tmp_path, quick).run([job])
    with np.load(job.path(tmp_path)) as found:
        count = len(segments[0].labels)
        assert found["audio.other.50"].shape == (count, 2)
        assert np.abs(found["audio.other.50"]).max() <= 1
        hit = found["audio.missing.50/hit"]
        assert hit.sum() == round(0.5 * count)
        shares = [found[f"audio.missing.50/modality.{name}"] for name in ("audio", "visual")]
        np.testing.assert_allclose(sum(shares), 1, atol=1e-5)
        assert (shares[0][hit] == 0).all()  # by construction


def test_runs_of_other_settings_do_not_mix(segments, quick, tmp_path):
    FilmBench(segments, tmp_path, quick)
    with pytest.raises(DataError, match="other settings; give another --work"):
        FilmBench(segments, tmp_path, dataclasses.replace(quick, steps=4))
    with pytest.raises(DataError, match="other data"):
        FilmBench(segments[:4], tmp_path, quick)

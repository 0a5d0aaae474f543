"""What counts, what does not, and how much of each is said."""

import json
from dataclasses import replace

import numpy as np
import pytest

from avaffect import metric
from avaffect.errors import DataError
from avaffect.evaluate import Matched, Pairing, match, read_labels, read_predictions, score
from avaffect.spec import TARGETS


def test_pooled_and_per_recording_are_what_they_say(make_pairing):
    pairing = make_pairing()
    report = score(pairing, resamples=100)
    x, y = (
        np.concatenate([getattr(m, side) for m in pairing.recordings]) for side in ("predicted", "labels")
    )
    for i, target in enumerate(TARGETS):
        for name in ("ccc", "pcc", "rmse", "sagr"):
            formula = getattr(metric, name)
            each = [formula(m.predicted[:, i], m.labels[:, i]) for m in pairing.recordings]
            found = report.targets[target]
            assert found.pooled[name].value == pytest.approx(formula(x[:, i], y[:, i]))
            assert found.per_recording[name].value == pytest.approx(np.mean(each))
            assert found.pooled[name].low <= found.pooled[name].value <= found.pooled[name].high
            assert report.recordings[f"{target}_{name}"].tolist() == pytest.approx(each)
    both = [report.targets[target].pooled["ccc"].value for target in TARGETS]
    assert report.mean_ccc["pooled"].value == pytest.approx(np.mean(both))


def test_unlabelled_frames_are_never_scored_as_zeros(tmp_path, write_video):
    """Scored as (0, 0) on both sides, as some published evaluations do, 30 % of frames lift a CCC by 0.1."""
    random = np.random.default_rng(0)
    for folder in ("labels", "predictions"):
        (tmp_path / folder).mkdir()
    kept_x, kept_y, wrong_x, wrong_y = [], [], [], []
    for r in range(6):
        y = np.clip(0.25 + 0.2 * random.standard_normal((400, 2)), -1, 1)
        x = np.clip(0.25 + 0.5 * (y - 0.25) + 0.17 * random.standard_normal((400, 2)), -1, 1)
        absent = random.random(400) < 0.3
        write_video(tmp_path / "predictions" / f"v{r}.txt", x)
        write_video(tmp_path / "labels" / f"v{r}.txt", np.where(absent[:, None], np.nan, y))
        kept_x.append(x[~absent]), kept_y.append(y[~absent])
        wrong_x.append(np.where(absent[:, None], 0, x)), wrong_y.append(np.where(absent[:, None], 0, y))
    report = score(match(read_predictions(tmp_path / "predictions"), read_labels(tmp_path / "labels")))
    for i, target in enumerate(TARGETS):
        honest = metric.ccc(np.concatenate(kept_x)[:, i], np.concatenate(kept_y)[:, i])
        flattered = metric.ccc(np.concatenate(wrong_x)[:, i], np.concatenate(wrong_y)[:, i])
        found = report.targets[target]
        assert found.pooled["ccc"].value == pytest.approx(honest, abs=1e-9)
        assert flattered - honest > 0.08
        assert found.frames == sum(map(len, kept_x))
        assert found.unlabelled == 2400 - found.frames


def test_targets_are_excluded_one_by_one():
    labels = np.array([[0.1, np.nan], [0.2, 0.3], [0.4, 0.5]])
    predicted = np.array([[0.1, 0.9], [np.nan, 0.3], [0.3, 0.5]])
    report = score(Pairing((Matched("a", predicted, labels),)))
    valence, arousal = report.targets["valence"], report.targets["arousal"]
    assert (valence.frames, valence.unlabelled, valence.unpredicted) == (2, 0, 1)
    assert (arousal.frames, arousal.unlabelled, arousal.unpredicted) == (2, 1, 0)
    assert arousal.pooled["ccc"].value == pytest.approx(1.0)


def test_missing_predictions_count_as_asked(make_pairing):
    """Not predicted at first, not annotated at last: the mean is taken where there are labels."""
    frame = np.arange(120)[:, None]
    holes = tuple(
        replace(
            m,
            predicted=np.where(frame < 30, np.nan, m.predicted),
            labels=np.where(frame >= 100, np.nan, m.labels),
        )
        for m in make_pairing().recordings
    )
    x, y = (np.concatenate([getattr(m, side)[:100, 0] for m in holes]) for side in ("predicted", "labels"))
    expected = {
        "exclude": (x, y),
        "zero": (np.nan_to_num(x), y),
        "mean": (np.where(np.isnan(x), np.nanmean(x), x), y),
    }
    for missing, pair in expected.items():
        report = score(Pairing(holes), missing=missing, resamples=100)
        assert report.targets["valence"].pooled["ccc"].value == pytest.approx(metric.ccc(*pair)), missing
        assert report.targets["valence"].unpredicted == 8 * 30
        assert report.missing == missing


def test_intervals_need_five_units_and_say_so(make_pairing):
    few = score(make_pairing(4))
    assert np.isnan(few.mean_ccc["pooled"].low)
    assert "no intervals: 4 recordings, at least 5 are needed" in few.notes
    enough = score(make_pairing(5), resamples=100)
    assert np.isfinite(enough.mean_ccc["pooled"].low)
    assert enough.notes == ("intervals of 5 recordings tend to be too narrow",)
    assert score(make_pairing(20, 30), resamples=100).notes == ()
    subjects = {f"r{i}": f"s{i // 2}" for i in range(8)}
    report = score(make_pairing(8), subjects=subjects)
    assert (report.unit, report.units) == ("subject", 4)
    assert any("4 subjects" in note for note in report.notes)


def test_intervals_widen_when_subjects_recur(make_pairing):
    """The same recordings twice are no new evidence when their subject is known."""
    once = make_pairing(10)
    twice = Pairing(once.recordings + tuple(replace(m, name=m.name + "b") for m in once.recordings))
    subjects = {m.name: m.name.rstrip("b") for m in twice.recordings}

    def width(report):
        return report.mean_ccc["pooled"].high - report.mean_ccc["pooled"].low

    naive, honest = score(twice), score(twice, subjects=subjects)
    assert width(naive) < 0.85 * width(honest)
    assert width(honest) == pytest.approx(width(score(once)))


def test_the_same_seed_gives_the_same_report(make_pairing):
    pairing = make_pairing()
    assert score(pairing, seed=1).as_dict() == score(pairing, seed=1).as_dict()
    assert score(pairing, seed=1).mean_ccc != score(pairing, seed=2).mean_ccc


def test_a_report_is_plain_json(make_pairing):
    report = score(make_pairing(2))
    plain = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert plain["targets"]["valence"]["pooled"]["ccc"]["low"] is None
    assert [row["name"] for row in plain["recordings"]] == ["r0", "r1"]


def test_a_constant_recording_is_counted_out(make_pairing):
    flat = Matched("flat", np.full((50, 2), 0.2), np.full((50, 2), 0.2))
    pairing = make_pairing()
    report = score(Pairing((*pairing.recordings, flat)))
    valence = report.targets["valence"]
    assert valence.recordings == 8
    assert valence.per_recording["ccc"].value == score(pairing).targets["valence"].per_recording["ccc"].value


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"missing": "zeros"}, "did you mean 'zero'"),
        ({"level": 95.0}, "between 0 and 1"),
        ({"subjects": {"r0": "a"}}, "no subject given for r1"),
    ],
)
def test_bad_options_are_one_line(make_pairing, options, message):
    with pytest.raises(DataError, match=message) as error:
        score(make_pairing(2), **options)
    assert "\n" not in str(error.value)


def test_nothing_to_score_is_an_error():
    empty = Matched("a", np.full((5, 2), np.nan), np.zeros((5, 2)))
    with pytest.raises(DataError, match="no frame of a has both"):
        score(Pairing((empty,)))

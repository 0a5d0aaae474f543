"""Resampling whole recordings: exact against a slow way, and intervals that cover."""

import numpy as np
import pytest

from avaffect import metric
from avaffect.errors import DataError
from avaffect.evaluate.bootstrap import MIN_UNITS, interval, resample, resample_counts
from avaffect.evaluate.moments import sums


def test_each_resample_scores_the_recordings_drawn():
    random = np.random.default_rng(0)
    recordings = [random.uniform(-1, 1, (2, random.integers(5, 40))) for _ in range(6)]
    table = np.array([[sums(x, y)] for x, y in recordings])
    found = resample(table, np.arange(6), resamples=20, seed=3)
    for row, counts in enumerate(np.concatenate(list(resample_counts(6, 20, 3)))):
        chosen = [recordings[i] for i in np.repeat(np.arange(6), counts.astype(int))]
        x, y = np.concatenate(chosen, axis=1)
        own = [metric.ccc(*pair) for pair in chosen]
        for name in ("ccc", "pcc", "rmse", "sagr"):
            np.testing.assert_allclose(found["pooled"][name][row, 0], getattr(metric, name)(x, y), atol=1e-9)
        np.testing.assert_allclose(found["per_recording"]["ccc"][row, 0], np.mean(own), atol=1e-9)


def test_subjects_bring_all_their_recordings():
    random = np.random.default_rng(0)
    table = np.array([[sums(*random.uniform(-1, 1, (2, 30)))] for _ in range(10)])
    unit = np.repeat(np.arange(5), 2)
    found = resample(table, unit, resamples=50, seed=1)
    joined = resample(table[::2] + table[1::2], np.arange(5), resamples=50, seed=1)
    np.testing.assert_allclose(found["pooled"]["ccc"], joined["pooled"]["ccc"], atol=1e-12)


def test_draws_are_seeded_and_complete():
    one, again, other = (np.concatenate(list(resample_counts(9, 40, seed))) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    assert (one.sum(axis=1) == 9).all()


def test_draws_do_not_depend_on_memory(monkeypatch):
    whole = np.concatenate(list(resample_counts(9, 40, 5)))
    monkeypatch.setattr("avaffect.evaluate.bootstrap._CHUNK", 30)
    chunks = list(resample_counts(9, 40, 5))
    assert len(chunks) > 1
    np.testing.assert_array_equal(np.concatenate(chunks), whole)


def test_too_few_units_have_no_interval():
    table = np.array(
        [[sums(*np.random.default_rng(r).uniform(-1, 1, (2, 30)))] for r in range(MIN_UNITS - 1)]
    )
    found = resample(table, np.arange(MIN_UNITS - 1))
    assert np.isnan(interval(found["pooled"]["ccc"][:, 0])).all()


def test_an_interval_needs_defined_values():
    values = np.r_[np.zeros(97), np.full(3, np.nan)]
    assert interval(values) == (0.0, 0.0)
    assert np.isnan(interval(np.r_[np.zeros(90), np.full(10, np.nan)])).all()


def test_intervals_of_autocorrelated_recordings_cover(wander):
    """About 95 % of intervals hold the CCC of the population; resampling frames would reach about 15 %."""
    truth = 2 * 0.6 * 0.1025 / (0.1025 + 0.36 * 0.1025 + 0.0244 + 0.03**2)
    hits = frame_hits = 0
    runs = 60
    for run in range(runs):
        random = np.random.default_rng(run)
        labels = random.normal(0.2, 0.2, (30, 1)) + 0.25 * wander(random, (30, 60), 0.98)
        predicted = (
            0.6 * labels + 0.05 + random.normal(0, 0.1, (30, 1)) + 0.12 * wander(random, (30, 60), 0.95)
        )
        table = np.array([[sums(x, y)] for x, y in zip(predicted, labels, strict=True)])
        low, high = interval(resample(table, np.arange(30), resamples=300)["pooled"]["ccc"][:, 0])
        hits += low <= truth <= high
        x, y = predicted.ravel(), labels.ravel()
        frames = [metric.ccc(x[i], y[i]) for i in random.integers(x.size, size=(40, x.size))]
        frame_hits += min(frames) <= truth <= max(frames)
    assert 0.82 <= hits / runs <= 1.0
    assert frame_hits / runs < 0.5


@pytest.mark.parametrize(("units", "resamples"), [(0, 10), (5, 0)])
def test_nothing_to_resample_is_an_error(units, resamples):
    with pytest.raises(DataError, match=f"cannot draw {resamples} resamples of {units} recordings"):
        next(resample_counts(units, resamples, 0))

"""Paired comparison: the same resamples, the same frames."""

from dataclasses import replace

import numpy as np
import pytest

from avaffect import metric
from avaffect.errors import DataError
from avaffect.evaluate import Pairing, compare, score


def degraded(pairing, noise, seed=9):
    random = np.random.default_rng(seed)
    return Pairing(
        tuple(
            replace(m, predicted=m.predicted + noise * random.standard_normal(m.predicted.shape))
            for m in pairing.recordings
        )
    )


def test_a_system_does_not_differ_from_itself(make_pairing):
    found = compare(make_pairing(), make_pairing(), resamples=100).pooled["mean"]
    assert (found.difference.value, found.difference.low, found.difference.high) == (0, 0, 0)
    assert found.share_better == 0


def test_a_small_but_steady_lead_is_seen(make_pairing):
    """The interval of the difference is far narrower than the systems' own intervals."""
    first = make_pairing(12)
    second = degraded(first, 0.08)
    found = compare(first, second)
    own = score(first).mean_ccc["pooled"]
    row = found.pooled["mean"]
    assert 0 < row.difference.low <= row.difference.value <= row.difference.high
    assert row.difference.value == pytest.approx(row.first - row.second)
    assert row.difference.high - row.difference.low < 0.5 * (own.high - own.low)
    assert row.share_better > 0.99
    mirrored = compare(second, first).pooled["mean"]
    assert mirrored.difference.high == pytest.approx(-row.difference.low)


def test_only_frames_that_both_predict_count(make_pairing):
    first = make_pairing(6)
    hole = np.arange(120)[:, None] < 40
    second = Pairing(
        tuple(replace(m, predicted=np.where(hole, np.nan, m.predicted)) for m in first.recordings)
    )
    found = compare(first, second, resamples=100)
    assert found.frames == {"valence": 6 * 80, "arousal": 6 * 80}
    x, y = (
        np.concatenate([getattr(m, s)[40:, 0] for m in first.recordings]) for s in ("predicted", "labels")
    )
    assert found.pooled["valence"].first == pytest.approx(metric.ccc(x, y))
    assert found.pooled["valence"].difference.value == 0


def test_few_recordings_have_no_interval(make_pairing):
    found = compare(make_pairing(3), degraded(make_pairing(3), 0.1))
    assert np.isnan(found.pooled["mean"].difference.low)
    assert np.isnan(found.pooled["mean"].share_better)
    assert "no intervals: 3 recordings, at least 5 are needed" in found.notes


def test_recordings_of_one_system_alone_are_named(make_pairing):
    whole = make_pairing(7)
    found = compare(whole, Pairing(whole.recordings[:6]), resamples=100)
    assert found.recordings == 6
    assert "not compared, predicted by one system alone: r6" in found.notes


def test_different_labels_cannot_be_compared(make_pairing):
    with pytest.raises(DataError, match="different labels of r0"):
        compare(make_pairing(seed=0), make_pairing(seed=1))
    first = make_pairing(2)
    other = Pairing(tuple(replace(m, name=m.name + "x") for m in first.recordings))
    with pytest.raises(DataError, match="no recording in common"):
        compare(first, other)

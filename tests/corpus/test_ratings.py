"""Ratings to ticks, against a plain loop."""

import numpy as np
import pytest

from avaffect.corpus.ratings import Ratings, check_fit, check_range, label_ticks
from avaffect.errors import DataError
from avaffect.streams.timeline import Timeline

TIMELINE = Timeline(12.5)


def by_loop(times, values, count, rate=12.5):
    out = []
    for k in range(count):
        inside = [v for t, v in zip(times, values, strict=True) if k <= t * rate + 1e-6 < k + 1 and v == v]
        out.append(sum(inside) / len(inside) if inside else float("nan"))
    return np.array(out)


def test_moments_count_in_the_tick_that_covers_them():
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 4, 60))
    values = rng.uniform(-1, 1, 60)
    values[rng.random(60) < 0.3] = np.nan
    got = Ratings(times, values).at(TIMELINE, 50)
    np.testing.assert_allclose(got, by_loop(times, values, 50))
    assert np.isnan(got).any()
    assert np.isfinite(got).any()


def test_frames_on_a_ticks_edge_belong_to_the_tick_they_begin():
    times = np.arange(50) / 25  # 0.08 s is exactly where tick 1 begins
    got = Ratings(times, np.arange(50.0)).at(TIMELINE, 25)
    np.testing.assert_allclose(got, np.arange(25) * 2 + 0.5)


def test_intervals_hold_where_the_ticks_centre_lies_in_them():
    ratings = Ratings(np.array([0.0, 0.5]), np.array([0.2, -0.4]), np.array([0.5, 1.0]))
    got = ratings.at(TIMELINE, 15)
    centres = (np.arange(15) + 0.5) / 12.5
    expected = np.where(centres < 0.5, 0.2, np.where(centres < 1.0, -0.4, np.nan))
    np.testing.assert_allclose(got, expected)


def test_an_interval_shorter_than_a_tick_is_not_lost():
    got = Ratings(np.array([0.09]), np.array([0.7]), np.array([0.1])).at(TIMELINE, 3)
    np.testing.assert_allclose(got, [np.nan, 0.7, np.nan])


def test_earlier_moves_labels_and_drops_those_before_the_start():
    times = np.arange(100) / 12.5
    got = Ratings(times, np.arange(100.0)).earlier(0.8).at(TIMELINE, 100)
    np.testing.assert_allclose(got[:90], np.arange(10.0, 100.0))
    assert np.isnan(got[90:]).all()


def test_labelled_needs_all_targets():
    one = Ratings(np.array([0.0, 0.08]), np.array([0.1, 0.2]))
    two = Ratings(np.array([0.0, 0.08]), np.array([np.nan, 0.3]))
    labels, labelled = label_ticks({"valence": one, "arousal": two}, ("valence", "arousal"), TIMELINE, 3)
    np.testing.assert_allclose(labels, [[0.1, np.nan], [0.2, 0.3], [np.nan, np.nan]], rtol=1e-6)
    assert labelled.tolist() == [False, True, False]
    labels, labelled = label_ticks({}, ("valence", "arousal"), TIMELINE, 2)
    assert np.isnan(labels).all()
    assert not labelled.any()


def test_no_range_is_guessed():
    with pytest.raises(DataError, match=r"a\.csv: values from 1 to 9, expected \[-1, 1\].*scale=1,9"):
        check_range(Ratings(np.zeros(2), np.array([1.0, 9.0])), "a.csv")


def test_a_scale_has_its_lowest_value_first():
    with pytest.raises(DataError, match="scale=9,1: expected the lowest value, then the highest"):
        check_range(Ratings(np.zeros(1), np.ones(1)), "a.csv", (9, 1))


def labels(*times):
    return {"valence": Ratings(np.array(times, float), np.zeros(len(times)))}


def test_ratings_that_lie_outside_the_recording_are_refused():
    assert check_fit(labels(*np.arange(250) / 25), 10.0, "a") is None
    assert check_fit({}, 10.0, "a") is None
    with pytest.raises(
        DataError, match=r"a: 249 of 250 labels lie outside the recording \(0.1 s\), the last at"
    ):
        check_fit(labels(0, *np.arange(1, 250) * 40), 0.1, "a")
    with pytest.raises(DataError, match=r"3 of 4 labels lie outside .*the first at -100 s"):
        check_fit(labels(-100, -99, -98, 1), 10.0, "a")
    assert check_fit(labels(1, 2, 3, 20), 10.0, "a") == (
        "a: 1 of 4 labels lie outside the recording (10.0 s), the last at 20 s"
    )


def test_ratings_that_follow_too_quickly_are_refused():
    with pytest.raises(
        DataError, match=r"250 labels within 0.00996 s, more than 1000 a second; .*--time-unit s"
    ):
        check_fit(labels(*np.arange(250) / 25000), 10.0, "a")
    assert check_fit(labels(0, 0.0001), 10.0, "a") is None


def test_overlapping_intervals_are_averaged():
    ratings = Ratings(np.array([0.0, 0.4]), np.array([0.2, -0.4]), np.array([0.8, 1e12]))
    got = ratings.at(TIMELINE, 15)
    np.testing.assert_allclose(got, [0.2] * 5 + [-0.1] * 5 + [-0.4] * 5)

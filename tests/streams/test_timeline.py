"""Ticks and times: the only place where they meet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avaffect.streams.timeline import Timeline, fill_short_gaps


@pytest.mark.parametrize(("duration", "ticks"), [(0.0, 0), (0.01, 1), (0.08, 1), (0.56, 7), (3.0, 38)])
def test_count_covers_the_duration_and_no_more(duration, ticks):
    assert Timeline(12.5).count(duration) == ticks


@given(st.integers(0, 10_000), st.sampled_from([5.0, 10.0, 12.5, 25.0]))
def test_the_centre_of_a_tick_lies_in_that_tick(tick, rate):
    timeline = Timeline(rate)
    assert timeline.tick(timeline.centre(tick)) == tick


def test_values_between_valid_ticks_are_linear():
    timeline = Timeline(10.0)
    values = np.array([[0.0], [1.0], [3.0]])
    times = np.array([0.05, 0.10, 0.15, 0.20])
    out = timeline.at(times, values, np.ones(3, dtype=bool))
    np.testing.assert_allclose(out[:, 0], [0.0, 0.5, 1.0, 2.0])


def test_a_gap_is_never_bridged():
    timeline = Timeline(10.0)
    values = np.array([1.0, 2.0, 99.0, 99.0, 5.0])
    valid = np.array([True, True, False, False, True])
    times = np.array([0.15, 0.19, 0.25, 0.35, 0.41, 0.45])
    out = timeline.at(times, values, valid)
    np.testing.assert_allclose(out[[0, 1, 4, 5]], [2.0, 2.0, 5.0, 5.0])
    assert np.isnan(out[2:4]).all()


def test_nan_at_invalid_ticks_does_not_leak():
    timeline = Timeline(10.0)
    values = np.array([1.0, np.nan, 3.0])
    out = timeline.at(timeline.centres(3), values, np.array([True, False, True]))
    assert out[0] == 1.0
    assert np.isnan(out[1])
    assert out[2] == 3.0


def test_a_valid_tick_without_a_value_stays_without():
    values = np.array([[1.0, np.nan], [2.0, np.nan]])
    out = Timeline(10.0).at(np.array([0.05, 0.1]), values, np.ones(2, dtype=bool))
    np.testing.assert_allclose(out[:, 0], [1.0, 1.5])
    assert np.isnan(out[:, 1]).all()


def test_times_outside_the_recording_are_nan():
    timeline = Timeline(10.0)
    out = timeline.at(np.array([-0.1, 0.0, 0.2, 0.3]), np.array([1.0, 1.0]), np.ones(2, dtype=bool))
    assert np.isnan(out[[0, 3]]).all()
    np.testing.assert_allclose(out[1:3], 1.0)


def test_nothing_valid_is_all_nan():
    out = Timeline(10.0).at(np.array([0.05]), np.array([[1.0, 2.0]]), np.zeros(1, dtype=bool))
    assert out.shape == (1, 2)
    assert np.isnan(out).all()


@given(
    st.lists(st.booleans(), min_size=1, max_size=40),
    st.integers(0, 5),
)
def test_only_short_inner_gaps_are_filled(valid, longest):
    valid = np.array(valid)
    values = np.where(valid, np.arange(len(valid)), np.nan)[:, None].astype(float)
    filled = fill_short_gaps(values, valid, longest)
    np.testing.assert_allclose(values[filled, 0], np.flatnonzero(filled))
    assert np.isnan(values[~filled]).all()
    known = np.flatnonzero(valid)
    for gap in np.flatnonzero(~valid):
        before, after = known[known < gap], known[known > gap]
        short = len(before) and len(after) and after[0] - before[-1] - 1 <= longest
        assert filled[gap] == bool(short)


@pytest.mark.parametrize("tick_rate", [12.5, 10.0, 25.0, 30.0])
def test_a_time_on_an_edge_has_the_value_of_its_own_tick(tick_rate):
    """What is seen at a time is found again at that time, however the time is rounded."""
    timeline = Timeline(tick_rate)
    times = np.concatenate([np.arange(40), np.arange(200) / 25, np.arange(120) / 30])
    ticks = timeline.ticks(times)
    assert ticks.tolist() == [timeline.tick(time) for time in times]
    for time, tick in zip(times, ticks, strict=True):
        valid = np.zeros(timeline.count(41.0), bool)
        valid[tick] = True
        assert timeline.at(np.array([time]), np.arange(len(valid), dtype=float), valid)[0] == tick

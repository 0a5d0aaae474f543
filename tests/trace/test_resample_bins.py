"""Bins, moving means and thinned lines, against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.trace.resample_bins import binned, smoothed, thinned


def uneven(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    edges = np.cumsum(np.random.default_rng(seed).uniform(0.02, 0.09, n + 1))
    return edges[:-1], edges[1:]


def brute(start, end, values, low, high, n=4000):
    at = low + (np.arange(n) + 0.5) * (high - low) / n
    row = np.searchsorted(start, at, side="right") - 1
    inside = (row >= 0) & (at < end[row])
    picked = np.where(inside, values[row], np.nan)
    return picked[np.isfinite(picked)].mean() if np.isfinite(picked).mean() >= 0.5 else np.nan


def test_bins_hold_the_mean_over_their_time():
    start, end = uneven(60)
    values = np.random.default_rng(1).uniform(-1, 1, 60)
    values[20:30] = np.nan
    keep = np.r_[0:40, 45:60]  # and no rows at all for a while
    start, end, values = start[keep], end[keep], values[keep]
    edges = np.linspace(0, end[-1] + 0.3, 24)
    got = binned(start, end, values, edges)
    expected = [brute(start, end, values, a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    np.testing.assert_allclose(got, expected, atol=2e-3)
    assert np.isnan(got).any()
    assert np.isfinite(got).any()


def test_the_moving_mean_is_the_mean_around_a_row(made):
    start, end = made.times(10.0, rate=10)
    values = np.random.default_rng(2).uniform(-1, 1, 100)
    values[40:50] = np.nan
    got = smoothed(start, end, values, 2.0)
    assert got[20] == pytest.approx(values[10:30].mean())
    assert got[38] == pytest.approx(values[28:40].mean())
    assert np.isnan(got[40:50]).all()


def test_few_rows_are_points_and_many_are_means_that_keep_their_gaps():
    start, end = uneven(200)
    values = np.random.default_rng(3).uniform(-1, 1, (200, 2))
    values[50:80, 1] = np.nan
    time, points = thinned(start, end, values, 200)
    np.testing.assert_array_equal(time, start)
    np.testing.assert_array_equal(points, values)
    keep = np.r_[0:100, 140:200]
    time, points = thinned(start[keep], end[keep], values[keep], 40)
    assert (len(time), points.shape) == (20, (20, 2))
    edges = np.linspace(start[0], end[-1], 21)
    for column in (0, 1):
        expected = [
            brute(start[keep], end[keep], values[keep, column], a, b)
            for a, b in zip(edges[:-1], edges[1:], strict=True)
        ]
        np.testing.assert_allclose(points[:, column], expected, atol=2e-3)
    assert np.isnan(points[:, 1]).sum() > np.isnan(points[:, 0]).sum() > 0

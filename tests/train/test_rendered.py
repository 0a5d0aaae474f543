"""Spans and smoothing of rendered streams."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.train.rendered import TICK_RATE, random_spans, smooth


def test_random_spans_cover_the_sequence() -> None:
    spans = random_spans(1000, 0.3, 4.0, np.random.default_rng(0))
    assert [end for _, end in spans[:-1]] == [begin for begin, _ in spans[1:]]
    assert (spans[0][0], spans[-1][1]) == (0, 1000)
    lengths = np.array([end - begin for begin, end in spans[:-1]]) / TICK_RATE
    assert lengths.min() >= 0.3 - 1 / TICK_RATE
    assert lengths.max() <= 4.0 + 1 / TICK_RATE


def test_smooth_fades_into_pauses() -> None:
    values = np.full((50, 2), np.nan, np.float32)
    values[:20] = 0.8
    mask = np.arange(50) < 20
    mean, weight = smooth(values, mask, half_life=1.0, tick_rate=10.0)
    np.testing.assert_allclose(mean, 0.8, rtol=1e-6)
    np.testing.assert_allclose(weight[:20], 1)
    assert weight[29] == pytest.approx(0.5)  # one second after the last

"""Even sampling, against NumPy's interpolation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from avaffect.errors import DataError
from avaffect.trace import Trace


def uneven(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    edges = np.cumsum(np.random.default_rng(seed).uniform(0.02, 0.09, n + 1))
    return edges[:-1], edges[1:]


def test_a_variable_frame_rate_is_interpolated_linearly(made):
    start, end = uneven(80)
    trace = Trace(made.person(start, end))
    even = trace.resample(30.0)
    at = even.table.index.get_level_values("start").to_numpy()
    np.testing.assert_allclose(np.diff(at), 1 / 30)
    inside = at <= start[-1]
    for name in ("valence", "arousal_hi", "attended_audio", "face_x1"):
        expected = np.interp(at, start, trace.table[name])
        np.testing.assert_allclose(even.table[name][inside], expected[inside], atol=1e-9)
    assert (at[0] - 1 / 30, at[-1]) < (start[0], end[-1]) <= (at[0], at[-1] + 1 / 30)
    assert even.table["frame"].isna().all()


def test_the_same_rate_gives_the_same_values(make_trace):
    trace = make_trace(2.0, people=2)
    even = trace.resample(25.0)
    plain = ["pts", "valence", "arousal_lo", "voiced"]
    pd.testing.assert_frame_equal(even.table[plain], trace.table[plain])
    pd.testing.assert_series_equal(even.table["track"], trace.table["track"])


def test_gaps_are_not_bridged(made):
    start, end = made.times(1.0, rate=10)
    rows = made.person(start, end)
    made.blank(rows, slice(3, 5), "valence", "arousal", "attended", "face")  # NaN from 0.3 to 0.5 s
    rows = rows.drop(rows.index[7])  # no row from 0.7 to 0.8 s
    even = Trace(rows).resample(100.0).table
    at = even.index.get_level_values("start").to_numpy()
    assert even["valence"][(at > 0.2001) & (at < 0.4999)].isna().all()
    assert even["valence"][(at <= 0.2) | ((at >= 0.5) & (at < 0.7))].notna().all()
    assert not ((at > 0.6999) & (at < 0.7999)).any()  # time without a row stays without
    held = even["valence"][(at >= 0.6) & (at < 0.6999)]
    np.testing.assert_allclose(held, rows["valence"].iloc[6])  # towards nothing there is no slope


def test_the_source_is_that_of_the_row_at_the_time(made):
    rows = made.person(*made.times(2.0))
    rows["source"] = ["face"] * 25 + ["face+voice"] * 25
    made.blank(rows, slice(40, None), "valence", "arousal")
    source = Trace(rows).resample(10).table["source"]
    assert source.tolist()[:10] == ["face"] * 10
    assert source.tolist()[10:15] == ["face+voice"] * 5
    assert source.iloc[16:].isna().all()


def test_a_rate_must_be_positive(make_trace):
    with pytest.raises(DataError, match="rate=0: expected rows a second, more than 0, such as"):
        make_trace().resample(0)

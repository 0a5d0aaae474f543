"""BIDS recordings: the table and its description agree."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pytest

from avaffect.errors import DataError
from avaffect.trace import Trace


def read(path) -> tuple[pd.DataFrame, dict]:
    about = json.loads(path.with_name(path.name.replace(".tsv.gz", ".json")).read_text())
    text = gzip.decompress(path.read_bytes()).decode()
    assert "nan" not in text.lower()
    lines = [[np.nan if x == "n/a" else float(x) for x in line.split("\t")] for line in text.splitlines()]
    return pd.DataFrame(lines, columns=about["Columns"]), about


def test_samples_lie_where_the_description_says(made, tmp_path):
    edges = 2.013 + np.cumsum(np.random.default_rng(0).uniform(0.02, 0.06, 61))
    rows = made.person(edges[:-1], edges[1:], track=3)
    trace = Trace(rows, meta=made.META)
    table, about = read(trace.to_bids(tmp_path / "sub-01_task-talk_physio.tsv.gz"))
    assert about["SamplingFrequency"] == 12.5  # the model's own rate
    assert about["Source"]["Person"] == 3
    assert about["Source"]["weights_sha256"] == "0123abcd"
    assert set(about["Columns"]) <= set(about)  # every column is described
    at = about["StartTime"] + np.arange(len(table)) / 12.5
    assert at[0] - 0.08 < edges[0] <= at[0]
    inside = at <= edges[-2]
    expected = np.interp(at, edges[:-1], rows["arousal"])[inside]
    np.testing.assert_allclose(table["arousal"][inside], expected, atol=1e-6)


def test_missing_time_is_rows_of_na_so_that_time_stays_even(made, tmp_path):
    rows = made.person(*made.times(2.0))
    made.blank(rows, slice(10, 20), "valence")
    rows = rows.drop(rows.index[25:35])  # away from 1.0 to 1.4 s
    table, about = read(Trace(rows).to_bids(tmp_path / "a_physio.tsv.gz", rate=25))
    assert (about["StartTime"], len(table)) == (0.0, 50)
    np.testing.assert_array_equal(np.flatnonzero(table["arousal"].isna()), np.arange(25, 35))
    np.testing.assert_array_equal(np.flatnonzero(table["valence"].isna()), [*range(10, 20), *range(25, 35)])


def test_one_person_is_written_the_main_one_by_default(make_trace, tmp_path):
    trace = make_trace(1.0, people=2)
    first, _ = read(trace.to_bids(tmp_path / "a_physio.tsv.gz", rate=25))
    second, about = read(trace.to_bids(tmp_path / "b_physio.tsv.gz", rate=25, track=2))
    np.testing.assert_allclose(first["valence"], trace.track(1).table["valence"], atol=1e-6)
    np.testing.assert_allclose(second["valence"], trace.track(2).table["valence"], atol=1e-6)
    assert about["Source"]["Person"] == 2


def test_the_same_trace_gives_the_same_bytes(make_trace, tmp_path):
    paths = [make_trace(0.4).to_bids(tmp_path / f"{name}_physio.tsv.gz") for name in "ab"]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_what_it_cannot_write(make_trace, tmp_path):
    trace = make_trace(0.2)
    with pytest.raises(DataError, match=r"named \*_physio\.tsv\.gz"):
        trace.to_bids(tmp_path / "a.tsv.gz")
    with pytest.raises(DataError, match="no person 9"):
        trace.to_bids(tmp_path / "a_physio.tsv.gz", track=9)
    with pytest.raises(DataError, match="rate=-1: expected rows a second"):
        trace.to_bids(tmp_path / "a_physio.tsv.gz", rate=-1)
    assert list(tmp_path.iterdir()) == []

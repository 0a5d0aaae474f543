"""Names, people left out, excluded spans and baselines of a trace."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from avaffect.errors import DataError
from avaffect.trace import Edits, Span, Trace, read_trace
from avaffect.trace.edits import PREDICTED


@pytest.fixture
def two(made):
    """Two people for 4 s; the second is in view from second 2 on, the first until second 3."""
    start, end = made.times(4.0)
    early, late = start < 3, start >= 2
    parts = [made.person(start[early], end[early]), made.person(start[late], end[late], track=2, seed=1)]
    return Trace(pd.concat(parts).sort_values(["start", "track"], kind="stable"), meta=made.META)


def test_no_edits_change_nothing(two):
    pd.testing.assert_frame_equal(two.edited(Edits()).table, two.table)


def test_an_excluded_span_has_no_numbers_and_counts_as_excluded(two):
    edited = two.edited(Edits(excluded=(Span(0.52, 1.0), Span(2.0, 3.0, 2))))
    table, start = edited.table, two.table.index.get_level_values("start").to_numpy()
    track = table["track"].to_numpy(dtype=int)
    out = ((start >= 0.52) & (start < 1.0)) | ((start >= 2.0) & (start < 3.0) & (track == 2))
    assert table[list(PREDICTED)][out].isna().all(axis=None)
    pd.testing.assert_frame_equal(table[~out], two.table[~out])
    rest = [name for name in table if name not in PREDICTED]
    pd.testing.assert_frame_equal(table[rest], two.table[rest])
    first, second = edited.summary()["people"]
    assert first["missing"] == pytest.approx({"excluded": 0.48 / 3})
    assert second["missing"] == pytest.approx({"excluded": 1.0 / 2})
    kept = two.track(1).table["valence"][~out[track == 1]]
    assert first["valence"]["mean"] == pytest.approx(kept.mean())
    assert "no prediction for 16 % of the time: excluded" in edited.describe()


def test_a_row_that_the_span_only_touches_is_excluded_whole(two):
    edited = two.edited(Edits(excluded=(Span(0.05, 0.09),))).track(1).table
    assert edited["valence"].isna().to_numpy().nonzero()[0].tolist() == [1, 2]


def test_frames_of_somebody_left_out_become_rows_of_nobody(two):
    edited = two.edited(Edits(dropped=(1,)))
    assert edited.tracks == [2]
    pd.testing.assert_frame_equal(edited.track(2).table, two.track(2).table)
    nobody = edited.track(None).table
    assert nobody.index.get_level_values("start").max() < 2.0
    assert len(nobody) == 50
    assert nobody[["valence", "face_conf", "face_x1", "speaking", "source"]].isna().all(axis=None)
    np.testing.assert_array_equal(nobody["voiced"], two.track(1).table["voiced"].iloc[:50])
    assert edited.duration == two.duration
    (gone, _) = sorted(edited.summary()["people"], key=lambda p: p["track"] is not None)
    assert "no face and too little speech, or that of somebody left out" in gone["missing"]


def test_names_are_used_and_kept(two, tmp_path):
    named = two.edited(Edits(names={1: "Ana"}))
    again = read_trace(named.to_parquet(tmp_path / "t.parquet"))
    for trace in (named, again, Trace.concat([again, Trace(_elsewhere(two.table))])):
        assert [p["name"] for p in trace.summary()["people"]][:2] == ["Ana", None]
        assert "Person 1 (Ana)" in trace.describe()
    assert "Ana" in named._repr_html_()


def _elsewhere(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index().assign(file="other.mp4").set_index(["file", "start", "end"])


def test_the_baseline_is_taken_from_what_is_left(two):
    edited = two.edited(Edits(excluded=(Span(0.0, 0.5),), baseline=(Span(0.0, 1.0, 1),)))
    row = edited.track(1).table
    start = row.index.get_level_values("start")
    mean = two.track(1).table["valence"][(start >= 0.5) & (start < 1.0)].mean()
    np.testing.assert_allclose(row["valence_rel"], row["valence"] - mean)
    later = two.relative_to([(0, 1), (2, 4, 2)]).edited(Edits(excluded=(Span(0.0, 0.5),)))
    np.testing.assert_allclose(later.track(1).table["valence_rel"], row["valence_rel"])
    assert later.edited(Edits(dropped=(2,))).meta["baseline"] == [[0, 1, None]]


def test_edits_follow_one_another(two):
    first, second = Edits({1: "Ana"}, excluded=(Span(0, 1),)), Edits({2: "Bo"}, excluded=(Span(3, 4, 2),))
    table = two.edited(first).edited(second)
    assert Edits.of(table.meta, table.files[0]) == first.then(second)
    pd.testing.assert_frame_equal(table.table, two.edited(first.then(second)).table)


def test_edits_as_json():
    edits = Edits({1: "Ana"}, (2,), (Span(12, 15.5),), (Span(0, 10, 1),))
    import json

    assert Edits.from_json(json.dumps(edits.as_dict())) == edits


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        (Edits({3: "Ana"}), "edits are of person 3; it has 1, 2"),
        (Edits(dropped=(7,)), "edits are of person 7"),
        (Edits(excluded=(Span(5, 9),)), "outside of the recording, which lasts 4.00 s"),
        (Edits(excluded=(Span(0, 1),), baseline=(Span(0, 1),)), "no face and no voice of anybody"),
    ],
)
def test_edits_of_another_recording_are_refused(two, edits, said):
    with pytest.raises(DataError, match=said):
        two.edited(edits)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"names": {"1": ""}}', "the name of person 1"),
        ('{"names": {"1": "a\\nb"}}', "the name of person 1"),
        ('{"excluded": [[3, 2, null]]}', "the excluded span 3-2 s is no span"),
        ('{"drop": [1]}', "unknown key 'drop'; did you mean 'dropped'"),
        ("[]", "edits"),
    ],
)
def test_what_is_no_edit_is_refused(text, said):
    with pytest.raises(DataError, match=said):
        Edits.from_json(text)

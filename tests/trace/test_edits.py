"""Names, people left out, excluded spans and baselines of a trace."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from avaffect.errors import DataError
from avaffect.trace import Edits, Span, Trace, read_trace
from avaffect.trace.edits import PREDICTED

RELATIVE = ["valence_rel", "arousal_rel"]


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


def test_two_numbers_of_one_person_become_one(made):
    start, end = made.times(4.0)
    first = made.person(start, end)
    made.blank(first, slice(30, None), "face", "valence", "arousal", "speaking")  # out of view from 1.2 s on
    second = made.person(start[40:], end[40:], track=2, seed=1)
    other = made.person(start, end, track=3, seed=2)
    table = pd.concat([first, second, other]).sort_values(["start", "track"], kind="stable")
    apart = Trace(table, meta=made.META).edited(Edits({2: "Ana"})).relative_to([(2, 3, 2), (0, 1, 1)])
    one = apart.edited(Edits({3: "Bo"}, excluded=(Span(3, 3.4, 1),), merged={2: 1}))
    assert one.tracks == [1, 3]
    kept = pd.concat([first.iloc[:40], second.assign(track=1)]).astype({"track": "Int64"})
    seen = one.track(1).table
    pd.testing.assert_index_equal(seen.index, kept.index)
    np.testing.assert_array_equal(seen["face_x1"], kept["face_x1"])
    inside = (start >= 3) & (start < 3.4)
    np.testing.assert_array_equal(seen["valence"], kept["valence"].mask(inside))
    pd.testing.assert_frame_equal(
        one.track(3).table.drop(columns=RELATIVE), apart.track(3).table.drop(columns=RELATIVE)
    )
    assert one.meta["baseline"] == [[2, 3, 1], [0, 1, 1]]
    in_baseline = ((start >= 2) & (start < 3)) | (start < 1)
    mean = kept["valence"][in_baseline].mean()
    np.testing.assert_allclose(seen["valence_rel"], seen["valence"] - mean)
    assert [(p["label"], p["seconds_seen"]) for p in one.summary()["people"]] == [
        ("Ana", pytest.approx(1.2 + 2.4)),
        ("Bo", pytest.approx(4.0)),
    ]
    assert Edits.of(one.meta, one.files[0]) == Edits(
        {1: "Ana", 3: "Bo"}, excluded=(Span(3, 3.4, 1),), merged={2: 1}
    )


def test_of_two_faces_in_a_dissolve_the_clearer_one_stays(made):
    start, end = made.times(4.0)
    parts = [made.person(start[:60], end[:60]), made.person(start[50:], end[50:], track=2, seed=1)]
    parts[1]["face_conf"] = np.where(parts[1]["pts"] < 2.2, 0.5, 0.99)
    trace = Trace(pd.concat(parts).sort_values(["start", "track"], kind="stable"), meta=made.META)
    valence = trace.edited(Edits(merged={2: 1})).table["valence"].to_numpy()
    split = int((start < 2.2).sum())
    np.testing.assert_array_equal(valence[:split], parts[0]["valence"][:split])
    np.testing.assert_array_equal(valence[split:], parts[1]["valence"][split - 50 :])


def test_two_who_are_in_view_together_are_not_one(make_trace):
    with pytest.raises(DataError, match=r"persons 2 and 1 are in view at once for 2\.0 s; merge people who"):
        make_trace(2.0, people=2).edited(Edits(merged={2: 1}))


def test_somebody_merged_and_left_out_is_gone_whole(two):
    early = two.edited(Edits(excluded=(Span(2, 3),)))  # changes no face
    rows = early.table[~((early.table["track"] == 2) & (early.table["pts"] < 3))]
    gone = Trace(rows, meta=two.meta).edited(Edits(merged={2: 1}, dropped=(1,)))
    assert gone.tracks == []
    assert gone.duration == two.duration


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        (Edits(), ""),
        (Edits(dropped=(3,), merged={5: 2}), "persons 2 and 5 are one person; person 3 left out"),
        (Edits(dropped=(4, 3), merged={9: 1, 5: 1, 6: 2}),
         "persons 1, 5 and 9 are one person; persons 2 and 6 are one person; persons 3 and 4 left out"),
        (Edits({1: "Ana"}, excluded=(Span(0, 1.5, 1), Span(3, 4)), baseline=(Span(5, 6),)),
         "person 1 is Ana; 0-1.5 s of person 1, 3-4 s excluded; 5-6 s neutral"),
        (Edits(excluded=tuple(Span(k, k + 0.5) for k in range(20))), "0-0.5 s, 1-1.5 s, 2-2.5 s, 3-3.5 s,"
         " 4-4.5 s, 5-5.5 s, 6-6.5 s, 7-7.5 s and 12 more excluded"),
    ],
)  # fmt: skip
def test_edits_in_words(edits, told):
    assert edits.told() == told


def test_the_description_of_each_file_says_what_was_edited_in_it(two):
    other = Trace(_elsewhere(two.table), meta=two.meta)
    both = Trace.concat([two.edited(Edits({1: "Ana"}, dropped=(2,))), other])
    lines = both.describe().splitlines()
    assert [line for line in lines if "Edited" in line] == ["  Edited: person 1 is Ana; person 2 left out"]
    assert lines[0].startswith(two.files[0])
    assert lines[1].startswith("  Edited")


def test_edits_as_json():
    edits = Edits({1: "Ana"}, (2,), (Span(12, 15.5),), (Span(0, 10, 1),), {3: 1})
    import json

    assert Edits.from_json(json.dumps(edits.as_dict())) == edits


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        (Edits({3: "Ana"}), "edits are of person 3; it has 1, 2"),
        (Edits(dropped=(7,)), "edits are of person 7"),
        (Edits(merged={2: 7}), "edits are of person 7"),
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

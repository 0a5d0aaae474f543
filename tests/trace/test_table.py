"""The table's checks, its parts, and joining."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from avaffect.draw import plot
from avaffect.errors import DataError
from avaffect.trace import Trace
from avaffect.trace.columns import COLUMNS, INDEX
from avaffect.trace.meta import recording


def test_columns_come_in_order_and_with_their_types(make_trace):
    table = make_trace().table
    shuffled = table[list(reversed(table.columns))].astype({"track": "int32", "valence": "float32"})
    trace = Trace(shuffled)
    assert tuple(trace.table.columns) == COLUMNS
    assert tuple(trace.table.index.names) == INDEX
    kinds = trace.table.dtypes.astype(str).to_dict()
    assert kinds.pop("track") == kinds.pop("frame") == "Int64"
    assert kinds.pop("source") == "string"
    assert set(kinds.values()) == {"float64"}


def test_the_given_table_is_not_changed_nor_shared(make_trace):
    table = make_trace().table.copy()
    before = table.copy()
    trace = Trace(table)
    trace.table["valence"] = 0.0
    pd.testing.assert_frame_equal(table, before)


def _drop_column(t):
    return t.drop(columns="voiced")


def _set(name, value):
    def change(t):
        t[name] = value
        return t

    return change


def _swap_rows(t):
    return t.iloc[[1, 0, *range(2, len(t))]]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_drop_column, "lacks voiced"),
        (lambda t: t.rename(columns={"voiced": "voice"}).assign(voiced=0.1), "did you mean 'voiced'"),
        (lambda t: t.reset_index(), "set_index"),
        (_set("valence", "high"), "data row 1 has valence = 'high'; expected a number"),
        (_set("frame", 0.5), "data row 1 has frame = 0.5; expected a whole number, or none"),
        (_set("valence_hi", 1.5), "data row 1 has valence_hi = 1.5; expected -1 to 1"),
        (_set("attended_audio", -0.1), "attended_audio = -0.1; expected 0 to 1"),
        (_set("pts", np.inf), "pts = inf; expected a finite"),
        (_set("arousal_lo", 0.99), "is not inside its interval"),
        (_set("face_x1", np.nan), "face box"),
        (_set("face_y2", 0.0), "face box"),
        (
            _swap_rows,
            r"not in order of time: data row 2 \(0 s\) is too far down; sort the rows of each file by",
        ),
        (lambda t: pd.concat([t, t]), "two rows for person 1 at 0 s, the second in data row 6; keep one"),
        (lambda t: pd.concat([t, t]).sort_index(kind="stable"), "two rows for person 1 at 0 s"),
        (lambda t: t.set_axis(t.index.set_levels([-1.0], level="end", verify_integrity=False)), "before"),
    ],
)
def test_a_wrong_table_is_refused_in_one_line(make_trace, change, says):
    table = make_trace(0.2).table.copy()
    if says == "before":
        table.index = pd.MultiIndex.from_tuples([("a", 1.0, 0.5)] * len(table), names=INDEX)
        change = _set("pts", 0.0)
    with pytest.raises(DataError, match=says) as caught:
        Trace(change(table))
    assert "\n" not in str(caught.value)


def test_an_interval_without_a_value_is_refused(make_trace):
    table = make_trace(0.2).table.copy()
    table["valence"] = np.nan
    with pytest.raises(DataError, match="not inside its interval"):
        Trace(table)


def test_a_value_without_an_interval_is_fine(make_trace, made):
    table = make_trace(0.2).table.copy()
    made.blank(table, slice(None), "valence_", "arousal_")
    assert Trace(table).summary()["people"][0]["valence"]["interval"] is None


def test_meta_must_be_json(make_trace):
    table = make_trace(0.2).table
    assert Trace(table, meta={"a": (1, 2)}).meta == {"a": [1, 2]}
    for wrong in ({"a": np.float32(1)}, {"a": float("nan")}):
        with pytest.raises(DataError, match="meta must be plain JSON"):
            Trace(table, meta=wrong)


def test_people_and_their_rows(made):
    start, end = made.times(1.0)
    nobody = made.person(start[:5], end[:5], track=None)
    first = made.person(start[5:], end[5:], track=7, first_frame=5)
    second = made.person(start[10:], end[10:], track=2, first_frame=10)
    trace = Trace(pd.concat([nobody, first, second]).sort_values("start", kind="stable"), meta=made.META)
    assert trace.tracks == [2, 7]
    assert len(trace) == 5 + 20 + 15
    assert len(trace.track(7)) == 20
    assert trace.track(7).meta == made.META
    assert len(trace.track(None)) == 5
    assert trace.main == 7
    assert trace.duration == pytest.approx(1.0)
    with pytest.raises(DataError, match="no person 3 in this trace|no person 3; it has 2, 7"):
        trace.track(3)


def test_people_are_counted_per_file(make_trace):
    both = Trace.concat([make_trace(1.0, file="a.mp4"), make_trace(1.0, file="b.mp4")])
    assert both.tracks == [1]
    assert repr(both) == "<Trace of 2 files: 50 rows, 2 people, 2.00 s>"
    assert repr(make_trace(1.0, people=3)) == "<Trace of clips/interview.mp4: 75 rows, 3 people, 1.00 s>"
    assert "1 person" in repr(both.file("a.mp4"))


def test_an_empty_table_is_a_trace(make_trace):
    empty = Trace(make_trace(0.2).table.iloc[:0])
    assert (len(empty), empty.tracks, empty.files, empty.duration, empty.main) == (0, [], [], 0.0, None)
    assert "empty" in empty.describe()
    assert len(empty.resample(10)) == 0


def test_concat_keeps_what_all_meta_share(make_trace, made):
    one, two = make_trace(1.0, file="a.mp4"), make_trace(2.0, people=2, file="b.mp4")
    two.meta["weights_sha256"] = "ffff"
    both = Trace.concat([one, two])
    assert both.files == ["a.mp4", "b.mp4"]
    assert len(both) == 25 + 100
    assert both.duration == pytest.approx(3.0)
    assert both.meta == {k: v for k, v in made.META.items() if k != "weights_sha256"}
    pd.testing.assert_frame_equal(both.file("b.mp4").table, two.table)


def test_concat_refuses_nothing_and_the_same_file_twice(make_trace):
    with pytest.raises(DataError, match="at least one"):
        Trace.concat([])
    with pytest.raises(DataError, match=r"interview.mp4 is in two"):
        Trace.concat([make_trace(0.2), make_trace(0.2)])
    with pytest.raises(DataError, match="no file 'x'"):
        make_trace(0.2).file("x")


@pytest.mark.parametrize("write", [Trace.to_csv, Trace.to_parquet, Trace.to_jsonl, Trace.to_webvtt, plot])
@pytest.mark.parametrize("known", ["by its name", "by its content"])
def test_no_result_replaces_the_recording(make_trace, tmp_path, write, known):
    path = tmp_path / "photo.png"
    path.write_bytes(b"precious")
    if known == "by its name":
        trace = Trace(make_trace().table.rename(index=lambda _: str(path), level="file"))
    else:
        trace = Trace(make_trace().table, meta={"recording": recording(path)})
    (tmp_path / "link.png").symlink_to(path)
    for target in (path, tmp_path / "link.png"):
        with pytest.raises(DataError, match="it is the recording that was read"):
            write(trace, target)
    assert path.read_bytes() == b"precious"

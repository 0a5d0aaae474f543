"""Figures by recording, step, span and turn, against plain NumPy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from avaffect.errors import DataError
from avaffect.exchange import summarise, wide, write_eaf
from avaffect.exchange.pieces import turns
from avaffect.trace import Edits, Span, Trace


@pytest.fixture
def talk(made):
    """Two people, 10 rows a second for 6 s: 1 speaks in [1, 2) and [2.3, 3), 2 in [4, 5); silence else."""
    start, end = made.times(6.0, rate=10)
    parts = [made.person(start, end, track=k, seed=k, file="A/talk.mp4") for k in (1, 2)]
    spoken = {1: ((start >= 1) & (start < 2)) | ((start >= 2.3) & (start < 3)), 2: (start >= 4) & (start < 5)}
    for number, rows in zip((1, 2), parts, strict=True):
        rows["voiced"] = np.where(spoken[1] | spoken[2], 0.9, 0.1)
        rows["speaking"] = np.where(spoken[1] | spoken[2], np.where(spoken[number], 0.8, 0.2), np.nan)
    return Trace(pd.concat(parts).sort_values(["start", "track"], kind="stable"), meta=made.META)


def test_one_row_a_recording_and_person(talk, make_trace):
    table = summarise([talk, make_trace(2.0)])
    assert table[["file", "track"]].to_numpy().tolist() == [
        ["A/talk.mp4", 1],
        ["A/talk.mp4", 2],
        ["clips/interview.mp4", 1],
    ]
    for (_, row), trace in zip(table.iterrows(), (talk.track(1), talk.track(2)), strict=False):
        for target in ("valence", "arousal"):
            x = trace.table[target].to_numpy()
            slope = np.polyfit(trace.table["pts"] + 0.05, x, 1)[0]
            expected = [x.mean(), x.std(), x.min(), x.max(), slope, 6.0]
            names = ("mean", "sd", "min", "max", "slope", "seconds")
            assert [row[f"{target}_{n}"] for n in names] == pytest.approx(expected)
        assert row["speech_share"] == pytest.approx(2.7 / 6)
        assert np.isnan(row["valence_rel_mean"])


def test_a_recording_without_people_has_a_row_of_nobody(talk, made):
    rows = made.person(*made.times(4.0), track=None, file="empty.mp4")
    made.blank(rows, slice(None), "face", "valence", "arousal", "voiced", "speaking")
    empty = Trace(rows, meta=made.META)
    dropped = talk.edited(Edits(dropped=(1, 2)))
    for trace, seconds in ((empty, 4.0), (dropped, 6.0)):
        (row,) = summarise([trace]).to_dict("records")
        assert pd.isna([row["track"], row["valence_mean"]]).all()
        assert (row["seconds"], row["missing_share"]) == (pytest.approx(seconds), 1.0)
        assert len(summarise([trace], "1s")) == seconds
        assert wide([trace])["file"].tolist() == trace.files


def test_every_row_says_what_was_edited_in_its_recording(talk, make_trace):
    table = summarise([talk.edited(Edits({1: "Ana"}, dropped=(2,))), make_trace(2.0)], "1s")
    said = {file: set(rows["edits"]) for file, rows in table.groupby("file")}
    assert said == {
        "A/talk.mp4": {"person 1 is Ana; person 2 left out"},
        "clips/interview.mp4": {""},
    }


def test_recordings_without_a_span_or_turn_are_told(talk, made, tmp_path, caplog):
    silent = Trace(made.person(*made.times(4.0), file="B/quiet.mp4").assign(voiced=0.0), meta=made.META)
    assert set(summarise([talk, silent], "turns")["file"]) == {"A/talk.mp4"}
    assert "without a row, for there is no turn of speech: B/quiet.mp4" in caplog.text
    (tmp_path / "spans.csv").write_text("file,start,end\nquiet,0,1\n")
    assert set(summarise([talk, silent], str(tmp_path / "spans.csv"))["file"]) == {"B/quiet.mp4"}
    assert "spans.csv: A/talk.mp4" in caplog.text


def test_seconds_are_means_of_their_rows(talk):
    table = summarise([talk.edited(Edits({1: "Ana"}, excluded=(Span(1.0, 1.5),)))], "1s")
    ana = table[table["track"] == 1]
    assert ana["start"].tolist() == [0, 1, 2, 3, 4, 5]
    x = talk.track(1).table["valence"].to_numpy().reshape(6, 10).mean(axis=1)
    assert ana["valence_mean"].iloc[[0, 2, 3, 4, 5]].tolist() == pytest.approx(x[[0, 2, 3, 4, 5]].tolist())
    assert ana["valence_seconds"].tolist() == pytest.approx([1, 0.5, 1, 1, 1, 1])
    assert ana["excluded_share"].tolist() == pytest.approx([0, 0.5, 0, 0, 0, 0])
    most = talk.edited(Edits(excluded=(Span(1.0, 1.8),)))
    row = summarise([most], "1s").iloc[2]  # a mean, and how little it rests on
    assert (row["valence_mean"], row["valence_seconds"]) == pytest.approx(
        (talk.track(1).table["valence"].iloc[18:20].mean(), 0.2)
    )
    assert np.isnan(wide([most])["valence_00002"].iloc[0])  # here nothing would say so
    assert set(ana["person"]) == {"Ana"}


def test_a_row_counts_in_each_second_by_its_part(made):
    start = np.array([0.0, 0.5, 1.5])
    trace = Trace(made.person(start, np.array([0.5, 1.5, 2.0])))
    v = trace.table["valence"].to_numpy()
    table = summarise([trace], "1s")
    assert table["valence_mean"].tolist() == pytest.approx([(v[0] + v[1]) / 2, (v[1] + v[2]) / 2])


def test_turns_and_who_has_them(talk):
    found = turns(talk)
    assert [(p.speaker, round(p.start, 6), round(p.end, 6)) for p in found] == [(1, 1, 3), (2, 4, 5)]
    table = summarise([talk.edited(Edits({2: "Bo"}))], "turns")
    assert table[["label", "track", "speaks"]].to_numpy().tolist() == [
        ["person 1", 1, 1],
        ["person 1", 2, 0],
        ["Bo", 1, 0],
        ["Bo", 2, 1],
    ]
    rows = talk.track(2).table
    assert table["arousal_mean"].iloc[3] == pytest.approx(
        rows["arousal"][rows["pts"].between(3.99, 4.95)].mean()
    )


def test_turns_of_nobody_in_view_and_of_whom_it_cannot_be_told(made):
    rows = made.person(*made.times(6.0, rate=10))
    rows["voiced"] = 0.9
    rows["speaking"] = [0.1] * 20 + [np.nan] * 40
    made.blank(rows, slice(40, 60), "face", "valence", "arousal")
    rows.loc[rows["frame"] >= 40, ["track", "source"]] = pd.NA
    found = turns(Trace(rows))
    assert [(p.label, p.start, p.end) for p in found] == [
        ("nobody in view", 0, 2),
        ("unknown", 2, 4),
        ("nobody in view", 4, 6),
    ]


def test_spans_of_elan_praat_and_tables(talk, tmp_path):
    (tmp_path / "talk.TextGrid").write_text(
        'File type = "ooTextFile"\nObject class = "TextGrid"\n0\n6\n<exists>\n1\n'
        '"IntervalTier"\n"task"\n0\n6\n3\n'
        '0\n2\n"sum"\n2\n4\n""\n4\n6\n"rest"\n'
    )
    (tmp_path / "talk.csv").write_text("file;start;end;label\ntalk;0;2;sum\ntalk;4;6;rest\n")
    (tmp_path / "all.csv").write_text("start_ms,end_ms,condition\n0,2000,sum\n4000,6000,rest\n")
    tables = [summarise([talk], str(tmp_path / name)) for name in ("talk.TextGrid", "talk.csv", "all.csv")]
    for table in tables:
        assert table["label"].tolist() == ["sum", "sum", "rest", "rest"]
        x = talk.track(2).table["valence"].to_numpy()
        assert table["valence_mean"].iloc[3] == pytest.approx(x[40:].mean())
    assert tables[0]["tier"].tolist() == ["task"] * 4
    (tmp_path / "spans" / "A").mkdir(parents=True)
    (tmp_path / "talk.TextGrid").rename(tmp_path / "spans" / "A" / "talk.TextGrid")
    (tmp_path / "spans" / "B09.csv").write_text("start,end\n0,1\n")
    amiss = []
    pd.testing.assert_frame_equal(summarise([talk], str(tmp_path / "spans"), amiss=amiss), tables[0])
    assert amiss == [f"{tmp_path / 'spans'}: names what is not there: B09"]


def test_spans_that_are_of_nothing_have_no_row_and_are_told(talk, made, tmp_path, caplog):
    short = Trace(made.person(*made.times(2.0), file="B/short.mp4"), meta=made.META)
    spans = tmp_path / "spans.csv"
    spans.write_text("start,end,track\n0,1,\n4,5,\n5.5,99,\n7,8,\n0,1,2\n")
    amiss = []
    table = summarise([talk, short], str(spans), amiss=amiss)
    assert table[["file", "track", "start"]].to_numpy().tolist() == [
        ["A/talk.mp4", 1, 0], ["A/talk.mp4", 2, 0], ["A/talk.mp4", 1, 4], ["A/talk.mp4", 2, 4],
        ["A/talk.mp4", 1, 5.5], ["A/talk.mp4", 2, 5.5], ["A/talk.mp4", 2, 0], ["B/short.mp4", 1, 0],
    ]  # fmt: skip
    assert table["seconds"].min() == pytest.approx(0.5)
    assert amiss == [
        f"{spans}: A/talk.mp4: the span 7-8 s is outside of the recording, which lasts 6.00 s",
        f"{spans}: B/short.mp4: the spans 4-5 s, 5.5-99 s, 7-8 s are outside of the recording, which lasts"
        " 2.00 s; the span 0-1 s is of a person who is not in it",
    ]
    assert not caplog.messages
    summarise([talk, short], str(spans))
    assert caplog.messages == amiss
    spans.write_text("start,end,track\n0,1,\n1,2,2\n")
    moment = Trace(made.person(np.zeros(1), np.zeros(1), file="moment.mp4"), meta=made.META)
    assert len(summarise([moment])) == 1  # a recording that lasts no time is no span outside of itself
    left = summarise([talk.edited(Edits(dropped=(2,)))], str(spans), amiss=(amiss := []))
    assert (len(left), amiss) == (1, [])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.csv", "start,label\n0,a\n", "no column of ends"),
        ("x.csv", "start,end,label\n3,2,a\n", "data row 1 is no span"),
        ("x.csv", "file,start,end\nP09,0,1\n", "names none of the recordings, but 'P09'"),
        (
            "x.csv",
            "start,end\n6,9\n",
            "talk.mp4: the span 6-9 s is outside of the recording, which lasts 6.00 s; give",
        ),
        ("x.csv", "start,end,track\n0,1,7\n", "the span 0-1 s is of a person who is not in it; give"),
        ("x.doc", "", "expected 1s, turns, recording, or a file"),
    ],
)
def test_what_is_no_list_of_spans_is_refused(talk, tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=said):
        summarise([talk], str(tmp_path / name))


def test_a_time_that_cannot_be_is_told_before_it_becomes_a_thousand_million_steps(made, tmp_path):
    start = np.array([0.0, 1e9])
    trace = Trace(made.person(start, start + 1.0, file="late.mp4"), meta=made.META)
    for work in (lambda: summarise([trace], "1s"), lambda: write_eaf(trace, tmp_path / "late.eaf")):
        with pytest.raises(DataError, match=r"late\.mp4: 1,000,000,001 steps .* longer step"):
            work()
    assert not list(tmp_path.iterdir())

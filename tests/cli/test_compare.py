"""`avaffect compare` as a user calls it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from avaffect.cli.app import app
from avaffect.trace import Trace


@pytest.fixture
def results(tmp_path, make_trace):
    """Two folders of results, five recordings of 12 s in one, two in the other; and a pair."""
    for folder, count in (("calm", 5), ("stress", 2)):
        (tmp_path / folder).mkdir()
        for k in range(count):
            trace = make_trace(3.0, file=f"{folder}/P{k}.mp4")
            trace.to_parquet(tmp_path / folder / f"P{k}.parquet")
    make_trace(70.0, people=2, file="talk.mp4").to_csv(tmp_path / "talk.csv")
    for name in ("cut", "cut2"):
        (tmp_path / f"{name}.csv").write_text("file,start")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_two_groups(avaffect, results):
    done = avaffect("compare", "calm", "--with", "stress", "-o", "out", "--json", cwd=results)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["groups"] == ["calm", "stress"]
    assert "stress: no intervals: 2 recordings, at least 5 are needed" in told["notes"]
    table = pd.read_csv(results / "out" / "comparison.csv")
    assert table[["target", "measure"]].to_numpy().tolist()[:2] == [["valence", "mean"], ["valence", "sd"]]
    np.testing.assert_allclose(table["difference"], table["first"] - table["second"], atol=2e-6)
    assert (results / "out" / "comparison.png").stat().st_size > 10_000
    assert len(pd.read_csv(results / "out" / "people.csv")) == 7
    shown = avaffect("compare", "calm", "--with", "stress", cwd=results).stdout
    assert "intervals from 2000 resamples" in shown  # of one group
    shown = avaffect("compare", "calm/P0.parquet", "--with", "stress", cwd=results).stdout
    assert "resamples" not in shown
    again = avaffect("compare", "calm", "--with", "stress", "-o", "out", cwd=results)
    assert again.returncode == 2
    assert "comparison.csv is there already" in again.stderr


def test_two_people(avaffect, results):
    (results / "edits.csv").write_text("file,edit,track,start,end,name\ntalk,name,1,,,Ana\n")
    arguments = ("--pair", "Ana,2", "--edits", "edits.csv", "-o", "out", "--plot-format", "svg")
    done = avaffect("compare", "talk.csv", *arguments, cwd=results)
    assert done.returncode == 0, done.stderr
    assert "rest on the one voice of the recording" in done.stdout
    table = pd.read_csv(results / "out" / "comparison.csv")
    assert table[["first", "second"]].to_numpy().tolist() == [["Ana", "person 2"]] * 2
    assert b"<svg" in (results / "out" / "comparison.svg").read_bytes()


def test_a_pair_with_too_little_in_common_has_no_plot(avaffect, results, make_trace):
    make_trace(3.0, people=2, file="short.mp4").to_csv(results / "short.csv")
    done = avaffect("compare", "short.csv", "--pair", "1,2", "-o", "pair", cwd=results)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no plot: there is no correlation to draw" in done.stdout
    assert [path.name for path in (results / "pair").iterdir()] == ["comparison.csv"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["calm"], "give --with FOLDER"),
        (["talk.csv", "--pair", "1,3"], "talk.mp4 has no person 3; it has 1, 2"),
        (["calm", "--with", "calm"], "calm/P0.mp4 is in"),
        (["calm", "--with", "stress", "--lag"], "--lag: 5 recordings on one side and 2 on the other"),
    ],
)
def test_mistakes_are_one_line(avaffect, fails, results, arguments, said):
    fails(avaffect("compare", *arguments, cwd=results), said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["calm/P0.parquet", "calm/P1.parquet", "--with", "empty"], "no results in empty; expected tables"),
        (["calm", "--with", "stress", "--people", "man"], "no recording has a person 'man'; did you mean"),
        (["calm/P0.parquet", "cut.csv", "--with", "cut2.csv", "--with", "talk.csv", "--lag"], "of no two"),
        (["several.csv", "cut.csv", "--with", "calm", "--lag"], "which goes with which is not known"),
        (["talk.csv", "--with", "calm/P0.parquet", "--lag", "--people", "all"], "2 people and calm/P0.mp4 1"),
        (["cut.csv", "--with", "stress"], "no results in cut.csv"),
    ],
)
def test_a_group_that_cannot_be_is_told(results, monkeypatch, make_trace, arguments, said):
    monkeypatch.chdir(results)
    both = [make_trace(3.0, file=f"{name}.mp4") for name in "ab"]
    Trace(pd.concat([trace.table for trace in both])).to_csv("several.csv")
    assert said in str(CliRunner().invoke(app, ["compare", *arguments]).exception)


def test_by_lag_a_table_that_cannot_be_read_leaves_its_partner_out_and_shifts_no_other(
    results, make_trace, monkeypatch, caplog
):
    monkeypatch.chdir(results)
    for side in ("one", "other"):
        (results / side).mkdir()
        for k in range(4):
            make_trace(20.0, file=f"{side}/P{k}.mp4").to_csv(results / side / f"P{k}.csv")
    (results / "one/P1.csv").write_text("file,start,end,track,pts")
    empty = pd.read_csv("other/P2.csv").iloc[:0]
    empty.to_csv("other/P2.csv", index=False)
    done = CliRunner().invoke(app, ["compare", "one", "--with", "other", "--lag", "--json"])
    assert done.exit_code == 2
    together = [pair["files"] for pair in json.loads(done.stdout)["pairs"]]
    assert together == [[f"one/P{k}.mp4", f"other/P{k}.mp4"] for k in (0, 3)]
    said = [line.removeprefix("passed over: ") for line in caplog.messages if line.startswith("passed over")]
    assert said[0].startswith("one/P1.csv: ")
    assert said[1:] == [
        "other/P1.mp4: the recording that it goes with is missing",
        "one/P2.mp4: the recording that it goes with is missing",
    ]


def test_a_recording_without_the_two_people_stops_no_other(results, make_trace, monkeypatch, caplog):
    monkeypatch.chdir(results)
    done = CliRunner().invoke(app, ["compare", "calm/P0.parquet", "talk.csv", "--pair", "1,2", "--json"])
    assert done.exit_code == 2
    assert [pair["files"] for pair in json.loads(done.stdout)["pairs"]] == [["talk.mp4"]]
    assert caplog.messages == ["passed over: --pair 1,2: calm/P0.mp4 has no person 2; it has 1"]
    # Each side has a person 2 somewhere: nobody is compared with whom they were not recorded with.
    make_trace(20.0, file="a.mp4").to_csv("a.csv")
    make_trace(20.0, people=2, file="b.mp4").to_csv("b.csv")
    groups = ["a.csv", "talk.csv", "--with", "b.csv", "--with", "calm/P0.parquet"]
    asked = ["compare", *groups, "--lag", "--people", "2"]
    assert "no recording has a person '2'" in str(CliRunner().invoke(app, asked).exception)

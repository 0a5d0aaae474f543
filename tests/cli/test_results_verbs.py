"""`avaffect summarise`, `convert`, `report` and `plot` as a user calls them."""

from __future__ import annotations

import csv

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from avaffect.cli.app import app
from avaffect.errors import AvaffectError
from avaffect.outputs import SUFFIXES
from avaffect.progress import silent
from avaffect.record import Record, Source
from avaffect.run.write import write


@pytest.fixture
def results(tmp_path, make_trace):
    """Results of two recordings of one name in two folders."""
    for folder in ("A", "B"):
        (tmp_path / "results" / folder).mkdir(parents=True)
        trace = make_trace(2.0, people=2, file=f"{folder}/P01.mp4")
        trace.to_parquet(tmp_path / "results" / folder / "P01.parquet")
    (tmp_path / "edits.csv").write_text(
        "file,edit,track,start,end,name\nA/P01,name,1,,,Ana\nA/P01,drop,2,,,\n"
    )
    return tmp_path


def test_summarise_prints_or_writes(avaffect, results):
    printed = avaffect("summarise", "results", "--edits", "edits.csv", cwd=results)
    assert printed.returncode == 0, printed.stderr
    assert [line.split(",")[:3] for line in printed.stdout.splitlines()[1:]] == [
        ["A/P01.mp4", "1", "Ana"],
        ["B/P01.mp4", "1", ""],
        ["B/P01.mp4", "2", ""],
    ]
    done = avaffect("summarise", "results", "--by", "0.5s", "-o", "s.xlsx", cwd=results)
    assert done.stdout.strip() == "Written: s.xlsx, 16 rows"
    assert len(list(openpyxl.load_workbook(results / "s.xlsx")["table"].values)) == 17


def test_summarise_names_spans_that_are_of_nothing(results, monkeypatch, caplog):
    monkeypatch.chdir(results)
    (results / "spans.csv").write_text("file,start,end\nA/P01,0,1\nB/P01,0,1\nB/P01,90,95\nC/P01,0,1\n")
    done = CliRunner().invoke(app, ["summarise", "results", "--by", "spans.csv", "-o", "s.csv"])
    assert done.exit_code == 2, done.output
    assert len(pd.read_csv("s.csv")) == 4
    assert caplog.messages == [
        "passed over: spans.csv: B/P01.mp4: the span 90-95 s is outside of the recording, which lasts 2.00 s",
        "passed over: spans.csv: names what is not there: C/P01",
    ]
    caplog.clear()
    done = CliRunner().invoke(app, ["summarise", "results/A/P01.parquet", "--by", "spans.csv"])
    assert done.exit_code == 0, "spans of other recordings than the one that was asked for"
    assert not caplog.messages


def test_convert_keeps_folders_and_applies_edits(avaffect, fails, results):
    done = avaffect("convert", "results", "--to", "eaf", "-o", "elan", "--edits", "edits.csv", cwd=results)
    assert done.returncode == 0, done.stderr
    assert "Ana valence" in (results / "elan" / "A" / "P01.eaf").read_text()
    assert (results / "elan" / "B" / "P01.eaf").is_file()
    done = avaffect("convert", "results", "--to", "csv", "--rate", "5", "-o", "even", cwd=results)
    assert len(pd.read_csv(results / "even" / "B" / "P01.csv")) == 20
    taken = avaffect("convert", "results", "--to", "parquet", "-o", "results", "--overwrite", cwd=results)
    fails(taken, "P01.parquet: it is an input")
    fails(avaffect("convert", "elan", "--to", "csv", cwd=results), "no results in elan")


@pytest.mark.parametrize("name", ["s.txt", "s.xls", "s", "-"])
def test_a_table_of_an_unknown_format_is_not_written(name, results, fails, avaffect):
    fails(avaffect("summarise", "results", "-o", name, cwd=results), "ends in .csv or .xlsx")
    assert not (results / name).exists()


def test_media_that_are_not_there_are_told(results, fails, avaffect):
    fails(
        avaffect("report", "results", "--media", "gone", cwd=results), "--media gone: no such file or folder"
    )


@pytest.mark.parametrize(
    ("verb", "written"),
    [
        (["summarise", "-o", "s.csv"], "s.csv"),
        (["convert", "--to", "csv", "-o", "out"], "out/A/P01.csv"),
        (["plot", "--format", "svg", "-o", "out"], "out/A/P01_course.svg"),
        (["compare", "--pair", "1,2", "-o", "out"], "out/comparison.csv"),
    ],
)
def test_edits_that_fit_nothing_hold_nothing_up(verb, written, results, monkeypatch, caplog):
    monkeypatch.chdir(results)
    (results / "edits.csv").write_text(
        "file,edit,track,start,end,name\nA/P01,name,1,,,Ana\nA/P01,drop,7,,,\nB/P02,drop,1,,,\n"
    )
    done = CliRunner().invoke(app, [verb[0], "results", *verb[1:], "--edits", "edits.csv"])
    assert done.exit_code == 2, done.output
    assert (results / written).is_file()
    assert "passed over: edits.csv: A/P01.mp4: edits are of person 7; it has 1, 2" in caplog.text
    assert "passed over: edits.csv: names what is not there: B/P02" in caplog.text


def test_report_and_plot_of_a_folder(results):
    runner, out = CliRunner(), results / "out"
    found = str(results / "results")
    done = runner.invoke(app, ["report", found, "--out", str(out), "--edits", str(results / "edits.csv")])
    assert done.exit_code == 0, done.output
    assert "Ana" in (out / "A" / "P01_report.html").read_text(encoding="utf-8")
    assert "B/P01_report.html" in (out / "index.html").read_text(encoding="utf-8")
    shown = ["--people", "1", "--span", "0-1", "--size", "88x60", "--format", "svg"]
    done = runner.invoke(app, ["plot", found, "--out", str(out), *shown])
    assert done.exit_code == 0, done.output
    assert b"<svg" in (out / "B" / "P01_course_1_0-1s.svg").read_bytes()
    for who in ("2", "1,2"):
        other = runner.invoke(app, ["plot", found, "--out", str(out), "--people", who, "--format", "svg"])
        assert other.exit_code == 0, other.output
        assert (out / "A" / f"P01_course_{who.replace(',', '-')}.svg").is_file()
    wrong = runner.invoke(app, ["plot", found, "--out", str(out), "--span", "1 to 2"])
    assert "--span 1 to 2: expected two numbers of seconds" in str(wrong.exception)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plot", "results", "--people", ""], "--people '': is empty; give a value"),
        (["plot", "results", "--people", "1,,2"], "--people 1,,2: expected numbers or names"),
        (["plot", "results", "--people", "1,"], "--people 1,: expected numbers or names"),
        (["compare", "results", "--pair", ""], "--pair '': is empty"),
        (["compare", "results", "--pair", "1,,2"], "--pair 1,,2: expected two people"),
        (["compare", "results/A", "--with", "results/B", "--names", ","], "--names ,: expected two names"),
        (["compare", "results/A", "--with", "results/B", "--people", ""], "--people '': is empty"),
        (["predict", "results", "--shard", ""], "--shard '': is empty"),
    ],
)
def test_empty_lists_and_parts_are_refused(arguments, said, results, monkeypatch):
    monkeypatch.chdir(results)
    done = CliRunner().invoke(app, [*arguments, "--out", "out"])
    assert isinstance(done.exception, AvaffectError), done.output
    assert said in str(done.exception)
    assert not [path for path in results.glob("out/*") if path.is_file()]


@pytest.mark.parametrize(
    ("kind", "head"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("report", b"<!doctype html>")]
)
def test_predict_writes_reports_and_vector_plots(make_trace, tmp_path, kind, head):
    path = tmp_path / f"x.{kind}"
    write(kind, make_trace(1.0), tmp_path / "gone.mp4", path, silent)
    assert path.read_bytes().startswith(head)
    assert kind in SUFFIXES


@pytest.fixture
def damaged(tmp_path, make_trace, monkeypatch):
    """Results of three recordings; the tables of two are cut off, and of one of these another is whole."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    for name in ("whole", "cut", "half"):
        path = make_trace(2.0, people=2, file=f"{name}.mp4").to_parquet(tmp_path / f"results/{name}.parquet")
        if name != "whole":
            path.write_bytes(path.read_bytes()[:400])
    make_trace(2.0, people=2, file="half.mp4").to_csv(tmp_path / "results/half.csv")
    (tmp_path / "results/noise.csv").write_bytes(b"\0\xff\x9d" * 50)
    return tmp_path


@pytest.mark.parametrize(
    ("verb", "written"),
    [
        (["summarise", "-o", "s.csv"], ["s.csv"]),
        (["convert", "--to", "wide", "-o", "w.csv"], ["w.csv"]),
        (["convert", "--to", "jsonl"], ["out/half.jsonl", "out/whole.jsonl"]),
        (["report"], ["out/half_report.html", "out/whole_report.html", "out/index.html"]),
        (["plot", "--format", "svg"], ["out/half_course.svg", "out/whole_course.svg"]),
        (["compare", "--pair", "1,2", "-o", "out"], ["out/comparison.csv"]),
    ],
)
def test_a_table_that_cannot_be_read_stops_no_other(verb, written, damaged, caplog):
    done = CliRunner().invoke(app, [verb[0], "results", *verb[1:]])
    assert done.exit_code == 2, done.output
    assert all((damaged / path).is_file() for path in written)
    if verb[0] == "summarise":
        assert set(pd.read_csv("s.csv")["file"]) == {"whole.mp4", "half.mp4"}
    left = caplog.messages  # each is told once
    assert [line.split()[:3] for line in left] == [
        ["passed", "over:", "results/cut.parquet"],
        ["passed", "over:", "results/half.parquet"],
        ["passed", "over:", "results/noise.csv"],
    ]
    assert "its end is missing, so it was cut off" in left[0]
    assert left[1].endswith("; results/half.csv is read instead")
    assert "it holds no text" in left[2]


def test_tables_that_other_programs_saved_are_read_and_those_that_lost_columns_named(
    tmp_path, make_trace, monkeypatch, caplog
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "o").mkdir()
    for name, how in {"quoted": {"quoting": csv.QUOTE_NONNUMERIC}, "tabs": {"sep": "\t"}, "lost": {}}.items():
        path = make_trace(1.0, file=f"{name}.mp4").to_csv(tmp_path / f"o/{name}.csv")
        table = pd.read_csv(path)
        table.drop(columns=["track"] if name == "lost" else []).to_csv(path, index=False, **how)
    (tmp_path / "o/mine.csv").write_text("file,valence\na.mp4,1\n")
    done = CliRunner().invoke(app, ["summarise", "o", "-o", "s.csv"])
    assert done.exit_code == 2, done.output
    assert pd.read_csv("s.csv")["file"].tolist() == ["quoted.mp4", "tabs.mp4"]
    assert caplog.messages == [
        "passed over: o/lost.csv: the table lacks track; give it whole, as avaffect wrote it"
    ]
    for name in ("quoted", "tabs"):
        (tmp_path / f"o/{name}.csv").unlink()
    alone = CliRunner().invoke(app, ["summarise", "o"])
    assert str(alone.exception).startswith("o/lost.csv: the table lacks track")


def test_what_was_left_out_is_said_before_an_error_that_follows_from_it(damaged, caplog):
    done = CliRunner().invoke(app, ["compare", "results/cut.parquet", "--with", "results/whole.parquet"])
    assert str(done.exception).startswith("no results in results/cut.parquet")
    (line,) = caplog.messages
    assert line.startswith("passed over: results/cut.parquet is not a trace's")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["results/cut.parquet"], "its end is missing, so it was cut off"),
        (
            ["results/cut.parquet", "results/noise.csv"],
            "cut off; give a table that avaffect wrote (and 1 more",
        ),
        (["nowhere"], "nowhere: no such file or folder"),
        (["nowhere.csv"], "nowhere.csv: no such file or folder"),
        (["empty"], "no results in empty; expected tables"),
        (["results/whole.parquet", "empty"], "no results in empty; expected tables"),
    ],
)
def test_where_nothing_can_be_read_nothing_is_written(given, said, damaged):
    (damaged / "empty").mkdir()
    done = CliRunner().invoke(app, ["summarise", *given, "-o", "s.csv"])
    assert isinstance(done.exception, AvaffectError), done.output
    assert said in str(done.exception)
    assert not (damaged / "s.csv").exists()


def test_one_result_that_cannot_be_written_stops_no_other(damaged, make_trace, caplog):
    make_trace(2.0, file="alone.mp4").to_csv("results/alone.csv")
    asked = ["plot", "results/alone.csv", "results/half.csv", "--people", "2", "--format", "svg"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 2, done.output
    assert done.output.strip() == "Written: out/half_course_2.svg"
    assert "passed over: nobody is called '2'" in caplog.text
    asked = ["convert", "results/half.csv", "results/whole.parquet", "--to", "csv", "--rate", "0"]
    done = CliRunner().invoke(app, asked)
    assert str(done.exception) == "rate=0: expected rows a second, more than 0, such as 25"


def test_a_strangers_file_in_the_folder_is_called_what_it_is(damaged):
    (damaged / "results/index.html").write_text("mine")
    done = CliRunner().invoke(app, ["report", "results", "-o", "results"])
    assert "index.html is there already" in str(done.exception)
    (damaged / "spans.csv").write_text("start,end,label\n0,1,a\n")
    asked = ["summarise", "results/half.csv", "--by", "spans.csv", "-o", "spans.csv", "--overwrite"]
    assert "spans.csv: it is an input" in str(CliRunner().invoke(app, asked).exception)
    assert (damaged / "results/index.html").read_text() == "mine"


@pytest.mark.parametrize(
    "verb",
    [
        ["summarise", "om"],
        ["convert", "om", "--to", "wide"],
        ["compare", "om/x.csv", "--with", "om/base.csv"],
    ],
)
def test_results_of_different_models_are_told(verb, tmp_path, make_trace, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "om").mkdir()
    for name, model in (("base", "visual.default"), ("x", "jca.default")):
        path = make_trace(2.0, file=f"{name}.mp4").to_csv(tmp_path / f"om/{name}.csv")
        record = Record(Source(f"/{name}.mp4", 1, 0, ""), {"model": model, "weights_sha256": model})
        record.with_finished(path).write(tmp_path / f"om/{name}.avaffect.json")
    done = CliRunner().invoke(app, verb)
    assert done.exit_code == 0, done.output
    (line,) = caplog.messages
    assert line.startswith("results of different models are put together: ")
    assert "visual.default (1 recording)" in line
    assert "jca.default (1 recording)" in line
    caplog.clear()
    assert CliRunner().invoke(app, ["summarise", "om/x.csv"]).exit_code == 0
    assert not caplog.messages

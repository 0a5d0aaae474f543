"""Tables of a run, such as the list of what failed: of this run, and in nobody's place."""

import os
from pathlib import Path

import pytest

from avaffect.record import Record
from avaffect.run_table import RunTable

ERRORS = ("errors.csv", ("file", "error"))


def test_a_table_is_of_this_run_and_takes_nobodys_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    errors = RunTable(Path("."), *ERRORS)
    errors.write([(os.fsdecode(b"\xe9.mp4"), "broken, twice")])
    assert Path("errors.csv").read_text() == 'file,error\n\\udce9.mp4,"broken, twice"\n'
    RunTable(Path("."), *ERRORS)
    assert not Path("errors.csv").exists()
    Path("errors.csv").write_text("my own errors")
    assert RunTable(Path("."), *ERRORS).path == Path("errors_2.csv")
    assert Path("errors.csv").read_text() == "my own errors"
    Path("errors_2.csv").mkdir()
    assert RunTable(Path("."), *ERRORS, [Path("Errors_3.csv")]).path == Path("errors_4.csv")


def test_a_table_that_is_kept_goes_on_over_runs(tmp_path):
    summary = ("summary.tsv", ("file", "seconds"))
    RunTable(tmp_path, *summary, keep=True).write([("a, b.mp4", 1.5), ("c.mp4", None)])
    RunTable(tmp_path, *summary, keep=True)  # a run that writes none
    RunTable(tmp_path, *summary, keep=True).write([("c.mp4", 2.0), ("d.mp4", 3.0)])
    assert (tmp_path / "summary.tsv").read_text().splitlines() == [
        "file\tseconds", "c.mp4\t2.0", "d.mp4\t3.0", "a, b.mp4\t1.5",
    ]  # fmt: skip


def test_runs_at_the_same_time_keep_the_rows_of_each_other(tmp_path):
    summary = ("summary.tsv", ("file", "seconds"))
    first, second = (RunTable(tmp_path, *summary, keep=True) for _ in range(2))
    first.write([("a.mp4", 1.0)])
    second.write([("b.mp4", 2.0)])
    assert (tmp_path / "summary.tsv").read_text().splitlines()[1:] == ["b.mp4\t2.0", "a.mp4\t1.0"]


def test_a_list_of_failures_says_what_still_fails(tmp_path):
    RunTable(tmp_path, *ERRORS, keep=True).write([("bad.mp4", "no picture"), ("also.mp4", "no sound")])
    RunTable(tmp_path, *ERRORS, keep=True).write([], ["other.mp4", "also.mp4"])
    assert (tmp_path / "errors.csv").read_text().splitlines() == ["file,error", "bad.mp4,no picture"]
    RunTable(tmp_path, *ERRORS, keep=True).write([], ["bad.mp4"])
    assert not (tmp_path / "errors.csv").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_of_that_name_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "errors.csv")
    assert RunTable(tmp_path, *ERRORS, keep=True).path == tmp_path / "errors_2.csv"
    os.mkfifo(tmp_path / "a.avaffect.json")
    assert Record.read(tmp_path / "a.avaffect.json") is None

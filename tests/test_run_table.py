"""Tables of a run, such as the list of what failed: of this run, and in nobody's place."""

import os
from pathlib import Path

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

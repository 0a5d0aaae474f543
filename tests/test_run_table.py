"""Tables of a run, such as the list of what failed: of this run, and in nobody's place."""

import os
from pathlib import Path

from avaffect.run_table import RunTable

ERRORS = ("errors", ("file", "error"))


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

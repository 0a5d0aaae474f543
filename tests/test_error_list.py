"""The list of what failed: of this run, and in nobody's place."""

import os
from pathlib import Path

from avaffect.error_list import ErrorList


def test_the_list_of_errors_is_of_this_run_and_takes_nobodys_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    errors = ErrorList(Path("."), "file")
    errors.write([(os.fsdecode(b"\xe9.mp4"), "broken, twice")])
    assert Path("errors.csv").read_text() == 'file,error\n\\udce9.mp4,"broken, twice"\n'
    ErrorList(Path("."), "file")
    assert not Path("errors.csv").exists()
    Path("errors.csv").write_text("my own errors")
    assert ErrorList(Path("."), "file").path == Path("errors_2.csv")
    assert Path("errors.csv").read_text() == "my own errors"
    Path("errors_2.csv").mkdir()
    assert ErrorList(Path("."), "file", [Path("Errors_3.csv")]).path == Path("errors_4.csv")

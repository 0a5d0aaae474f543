"""Files are there whole or not at all, and what killed runs leave is removed."""

import os
import subprocess
import sys
import time

import pytest

from avaffect.errors import DataError
from avaffect.files import (
    remove_stale,
    replacing,
    temporary_name,
    writable_file,
    writable_folder,
)


def test_a_file_appears_when_the_block_ends_well(tmp_path):
    path = tmp_path / "table.csv"
    with replacing(path) as part:
        part.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    with pytest.raises(ZeroDivisionError), replacing(path) as part:
        part.write_text(str(1 / 0))
    assert path.read_text() == "whole"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_a_name_as_long_as_the_file_system_allows(tmp_path):
    path = tmp_path / ("x" * 251 + ".csv")
    with replacing(path) as part:
        assert part.suffix == ".csv"
        part.write_text("whole")
    assert path.read_text() == "whole"
    with pytest.raises(DataError, match="cannot write"), replacing(path.with_suffix(".json5")) as part:
        part.write_text("one byte too long")
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["no/such/file.csv", "folder"])
def test_where_no_file_can_be(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="cannot write"), replacing(tmp_path / name):
        pass


def temporary_of(process, folder, *, age=0.0):
    """A temporary file of a process by its number."""
    path = temporary_name(folder / "video.mp4")
    path = path.with_name(path.name.replace(f"-{os.getpid()}-", f"-{process}-"))
    path.write_text("half")
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def test_temporary_files_of_dead_processes_are_removed_and_no_others(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = temporary_of(ended.pid, tmp_path)
    old = temporary_of(os.getpid(), tmp_path, age=2 * 24 * 3600)
    alive = temporary_of(os.getpid(), tmp_path)
    elsewhere = dead.with_name(dead.name.replace(dead.name.split("-")[1], "00000000"))
    elsewhere.write_text("of another machine")
    foreign = tmp_path / ".avaffect-notes"
    foreign.write_text("of the user")
    remove_stale(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([alive, elsewhere, foreign])
    assert not dead.exists()
    assert not old.exists()


def test_the_next_write_into_a_folder_removes_them(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = temporary_of(ended.pid, tmp_path)
    with replacing(tmp_path / "new.csv") as part:
        part.touch()
    assert not dead.exists()


def test_a_folder_that_cannot_be_written_to(tmp_path):
    assert writable_folder(tmp_path / "a" / "b").is_dir()
    assert not list((tmp_path / "a" / "b").iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="it is a file, a folder was expected; type --out"):
        writable_folder(tmp_path / "file", "type --out")
    with pytest.raises(DataError, match="cannot write to"):
        writable_folder(tmp_path / "file" / "below")


def test_a_file_that_may_be_written(tmp_path):
    source, there = tmp_path / "source.txt", tmp_path / "there.txt"
    source.touch(), there.touch()
    writable_file(tmp_path / "new.txt", inputs=[source], overwrite=False)
    writable_file(there, inputs=[source], overwrite=True)
    writable_file(there, inputs=[source], overwrite=False, is_ours=lambda path: path == there)
    for path, overwrite, words in (
        (there, False, "is there already; give another name, or --overwrite"),
        (source, True, "it is an input"),
        (tmp_path, True, "it is a folder"),
        (tmp_path / "no" / "such.txt", True, "no folder"),
    ):
        with pytest.raises(DataError, match=words):
            writable_file(path, inputs=[source, tmp_path / "gone"], overwrite=overwrite)


def test_a_link_that_leads_nowhere_is_no_folder_and_told_as_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nothing" / "there")
    with pytest.raises(DataError, match="it is a link that leads nowhere, a folder was expected"):
        writable_folder(tmp_path / "link")

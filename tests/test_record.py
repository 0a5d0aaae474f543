"""The record tells a recording from another, and the program's files from a user's."""

import os
import shutil

import pytest

from avaffect.errors import MediaError
from avaffect.record import Record, Source, owned


@pytest.fixture
def talk(tmp_path):
    path = tmp_path / "talk.mp4"
    path.write_bytes(b"a" * 100_000)
    return path


def test_a_recording_is_known_again_when_moved_and_not_when_changed(talk, tmp_path):
    source = Source.of(talk)
    assert source.size == 100_000
    assert source == Source.of(talk)
    copy = tmp_path / "copy.mp4"
    shutil.copy2(talk, copy)
    (tmp_path / "link.mp4").symlink_to(talk)
    assert source.is_another(Source.of(copy)), "two files are two recordings, even if they are equal"
    assert not source.is_another(Source.of(tmp_path / "link.mp4"))
    talk.rename(tmp_path / "moved.mp4")
    assert not source.is_another(Source.of(tmp_path / "moved.mp4"))
    talk.write_bytes(b"b" * 100_000)
    assert not source.is_another(Source.of(talk))
    assert not source.is_same(Source.of(talk))


def test_what_is_no_file_to_read(tmp_path):
    with pytest.raises(MediaError, match="no such file"):
        Source.of(tmp_path / "none.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(MediaError, match="no regular file"):
        Source.of(tmp_path / "pipe.mp4")


def test_it_is_read_as_written_with_any_bytes_in_names(talk, tmp_path):
    odd = tmp_path / os.fsdecode(b"\xe9.mp4")
    talk.rename(odd)
    name = os.fsdecode(b"\xe9.csv")
    record = Record(Source.of(odd), {"model": "a", "options": [1, None]}, {name: 3}, ("x.mp4",))
    record.write(tmp_path / "x.avaffect.json")
    assert Record.read(tmp_path / "x.avaffect.json") == record
    assert owned(tmp_path, ["x.avaffect.json", "other.csv"]) == {"x.avaffect.json", name}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "nonsense", '{"format": 1, "source": {}}', '{"format": 0}', "[" * 100_000]
)
def test_a_file_that_is_no_record(tmp_path, text):
    (tmp_path / "x.avaffect.json").write_text(text)
    assert Record.read(tmp_path / "x.avaffect.json") is None
    assert Record.read(tmp_path / "none.avaffect.json") is None


def test_what_is_finished_and_what_was_changed(talk, tmp_path):
    table, plot, video = (tmp_path / name for name in ("t.csv", "t.png", "t_annotated.mp4"))
    record = Record(Source.of(talk), {}, {path.name: None for path in (table, plot, video)})
    table.write_text("abc")
    assert not record.is_finished(table), "it may be half"
    assert record.wrote(table)
    record = record.with_finished(table).with_absent(video)
    assert record.is_finished(table)
    assert record.is_finished(video)
    assert not record.is_finished(plot)
    table.write_text("abc and a user's words")
    assert not record.wrote(table)
    assert not record.wrote(talk)

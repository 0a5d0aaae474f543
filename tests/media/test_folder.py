from __future__ import annotations

import os

import pytest

from avaffect.errors import MediaError
from avaffect.media import list_media


@pytest.fixture
def folder(tmp_path):
    for name in ("b.MP4", "a.wav", "notes.txt", "._b.mp4", "deep/c.mkv", "deep/.cache/d.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.mp4").mkdir()
    return tmp_path


def test_by_ending_sorted_without_hidden_ones(folder):
    assert list_media(folder) == [folder / "a.wav", folder / "b.MP4"]


def test_recursive(folder):
    assert list_media(folder, recursive=True) == [
        folder / "a.wav",
        folder / "b.MP4",
        folder / "deep/c.mkv",
    ]


def test_hidden_parent_does_not_matter(folder):
    assert list_media(folder / "deep/.cache") == [folder / "deep/.cache/d.mp4"]


def test_missing(tmp_path):
    with pytest.raises(MediaError, match="no such folder"):
        list_media(tmp_path / "nowhere")


def test_file(folder):
    with pytest.raises(MediaError, match="is a file, a folder was expected"):
        list_media(folder / "a.wav")


def test_a_folder_that_may_not_be_read(folder, monkeypatch):
    def refuse(*args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(folder), "iterdir", refuse)
    with pytest.raises(MediaError, match=r"cannot be read \(Permission denied\); change its permissions"):
        list_media(folder)


def test_linked_folders_are_entered_once_and_circles_end(folder, tmp_path):
    disk = tmp_path.parent / f"{tmp_path.name}-disk"
    disk.mkdir()
    (disk / "e.qt").touch()
    (disk / "back").symlink_to(folder)
    (folder / "aaa").symlink_to(folder / "deep")
    (folder / "more").symlink_to(disk)
    found = list_media(folder, recursive=True)
    assert found == [folder / "a.wav", folder / "b.MP4", folder / "deep/c.mkv", folder / "more/e.qt"]


def test_what_cannot_be_looked_at_is_said(folder, caplog):
    (folder / "gone.mp4").symlink_to("nowhere.mp4")
    (folder / "gone.txt").symlink_to("nowhere.txt")
    assert folder / "gone.mp4" not in list_media(folder)
    assert [record.message.split(":")[0] for record in caplog.records] == [str(folder / "gone.mp4")]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_within_that_may_not_be_read(folder, caplog):
    (folder / "deep").chmod(0)
    try:
        assert list_media(folder, recursive=True) == [folder / "a.wav", folder / "b.MP4"]
    finally:
        (folder / "deep").chmod(0o755)
    assert f"{folder / 'deep'}: left out, cannot be read" in caplog.text


@pytest.mark.parametrize("name", ["a.3g2", "a.m2t", "a.mod", "a.asf", "a.caf", "a.weba", "a.gif", "a.AU"])
def test_endings_of_every_kind(tmp_path, name):
    (tmp_path / name).touch()
    assert list_media(tmp_path) == [tmp_path / name]


def test_a_link_to_a_folder_above_leads_nowhere(tmp_path, caplog):
    (tmp_path / "study" / "day").mkdir(parents=True)
    (tmp_path / "private.mp4").touch()
    (tmp_path / "study" / "a.mp4").touch()
    (tmp_path / "study" / "day" / "up").symlink_to(tmp_path)
    (tmp_path / "study" / "round").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "deep").mkdir(parents=True)
    (tmp_path / "disk" / "b.mp4").touch()
    (tmp_path / "disk" / "deep" / "up").symlink_to(tmp_path)
    found = list_media(tmp_path / "study", recursive=True)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["study/a.mp4", "study/round/b.mp4"]
    assert caplog.text.count("the link leads to a folder above it; name that folder") == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes that are files")
def test_a_pipe_that_is_named_like_a_video_is_named_among_what_was_left_out(tmp_path, caplog):
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "a.mp4").touch()
    assert list_media(tmp_path) == [tmp_path / "a.mp4"]
    assert "pipe.mp4: left out, it is a pipe" in caplog.text

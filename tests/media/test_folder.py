from __future__ import annotations

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
    with pytest.raises(MediaError, match="may not be read; change its permissions"):
        list_media(folder)

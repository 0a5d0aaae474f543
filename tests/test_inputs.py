"""Which recordings the inputs of a run stand for."""

from pathlib import Path

import pytest

from avaffect.errors import DataError, MediaError
from avaffect.inputs import find
from avaffect.outputs import plan


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (
        "study/A/cam.mp4",
        "study/B/cam.mp4",
        "study/B/deep/mic.wav",
        "study/B/notes.txt",
        "talk.mp4",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def bases(*inputs):
    found = find(inputs, Path("out"), recursive=False)
    return [t.base.relative_to("out").as_posix() for t in plan(found.recordings, Path("out"), ["csv"])], found


def test_a_pattern_stands_for_the_media_it_matches_and_keeps_the_folders(here):
    names, found = bases("study/*/cam.mp4")
    assert names == ["A/cam", "B/cam"]
    assert bases("study/**/*")[0] == ["A/cam", "B/cam", "B/deep/mic"]
    assert bases("study/**/*")[1].left_out == [
        "study/**/*: files whose endings are not of video or sound (1)"
    ]
    assert bases("study/[A]/*", "talk.mp4", "talk.mp4")[0] == ["A/cam", "talk"]
    assert bases("study/*/../../talk.mp4")[0] == ["talk"]
    (here / "what [1].mp4").write_text("a name, no pattern")
    assert bases("what [1].mp4")[0] == ["what [1]"]
    with pytest.raises(MediaError, match="study/\\*.avi: matches no file"):
        bases("study/*.avi")


def test_a_table_names_recordings_from_its_own_folder_on(here):
    table = here / "study" / "list.csv"
    table.write_text("File;group\nA/cam.mp4;1\n../talk.mp4;2\n\nA/cam.mp4;1\n")
    names, found = bases("study/list.csv")
    assert [path.as_posix() for _, path in found.recordings] == ["study/A/cam.mp4", "study/../talk.mp4"]
    assert names == ["A/cam", "talk"]
    table.write_text("name\nA/cam.mp4\n")
    with pytest.raises(DataError, match="no column 'file'; expected the header file"):
        bases("study/list.csv")
    table.write_text("file,group\n,1\n")
    with pytest.raises(DataError, match="names no recording"):
        bases("study/list.csv")


@pytest.mark.parametrize(
    "table",
    [
        'file\n"{}"\n',
        '"file"\n"{}"\n',
        '"file"\r\n"{}"\r\n',
        "file\n{}\n",
        '"file"\t"group"\n"{}"\t1\n',
        '"file" "group"\n"{}" 1\n',
    ],
)
@pytest.mark.parametrize("name", ["talk.mp4", "a,b.mp4", "a  b; c.mp4"])
def test_quotes_hold_a_name_together_however_many_columns_there_are(here, table, name):
    (here / name).write_text("")
    (here / "list.csv").write_text(table.format(name), newline="")
    assert [path.name for _, path in bases("list.csv")[1].recordings] == [name]

"""Videos of actors: the table of labels, and each of its mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from avaffect.corpus.acted import ActedClip, read_acted
from avaffect.corpus.emotions import VALENCE_AROUSAL
from avaffect.errors import DataError

GOOD = "file,actor,emotion,take\na.mp4,ann,happy,1\nb.mp4, ben ,Sadness,2\n"


def folder(place: Path, labels: str = GOOD) -> Path:
    for name in ("a.mp4", "b.mp4"):
        (place / name).touch()
    (place / "labels.csv").write_text(labels)
    return place


def test_clips_are_in_the_order_of_the_labels(tmp_path: Path) -> None:
    found = read_acted(folder(tmp_path))
    assert found == [
        ActedClip(tmp_path / "a.mp4", "ann", "happiness"),
        ActedClip(tmp_path / "b.mp4", "ben", "sadness"),
    ]
    assert found[1].valence_arousal == VALENCE_AROUSAL["sadness"]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("file,actor\na.mp4,ann\n", r"no column 'emotion'; it has file, actor"),
        ("file,actor,emotion\n", r"has no rows of data; expected a header and rows below it"),
        ("", r"labels.csv: it is empty; expected a header and rows below it"),
        ("file,actor,emotion\na.mp4,ann,anger,x\n", r"data row 1 has 4 cells, the header 3"),
        ("file,actor,emotion\na.mp4,ann,anger\na.mp4,ben,fear\n", r"a.mp4 is named twice; give one row"),
        ("file,actor,emotion\na.mp4,ann,angr\n", r"unknown emotion 'angr' of a.mp4; did you mean 'anger'"),
        ("file,actor,emotion\nc.mp4,ann,anger\n", r"no video c.mp4 in .*put it there, or remove its row"),
        ("file,actor,emotion\n../a.mp4,ann,anger\n", r"no video ../a.mp4 in "),
        ("file,actor,emotion\n,ann,anger\n", r"no video  in "),
        ("file,actor,emotion\na.mp4,  ,anger\n", r"a.mp4 has no actor; splits are by actor"),
    ],
)
def test_each_mistake_is_one_line(tmp_path: Path, labels: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read_acted(folder(tmp_path, labels))
    assert "\n" not in str(caught.value)


def test_labels_that_are_no_text(tmp_path: Path) -> None:
    (folder(tmp_path) / "labels.csv").write_bytes(b"\xff\xfe\x00file")
    with pytest.raises(DataError, match="it holds no text"):
        read_acted(tmp_path)


def test_labels_that_a_spreadsheet_program_saved(tmp_path: Path) -> None:
    found = read_acted(folder(tmp_path, '"File";"Actor";"Emotion"\r\n"a.mp4";"ann";"Happiness"\r\n'))
    assert found == [ActedClip(tmp_path / "a.mp4", "ann", "happiness")]


def test_missing_folder_and_labels(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="videos of actors and labels.csv"):
        read_acted(tmp_path / "nowhere")
    with pytest.raises(DataError, match="labels.csv: no such file"):
        read_acted(tmp_path)

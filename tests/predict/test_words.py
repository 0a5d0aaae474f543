"""From a store of three streams to a model that reads voice, face and words of a recording."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch
import yaml
from typer.testing import CliRunner

from avaffect import checkpoint, load
from avaffect.cli.app import app
from avaffect.corpus.base import Features, Recording
from avaffect.corpus.encode import Encoders, encoders_hash
from avaffect.corpus.store import Meta, write
from avaffect.errors import AvaffectError, ModelError
from avaffect.model import AffectModel
from avaffect.spec import Component, Stream
from avaffect.train.run import run
from avaffect.transcript import read_transcript

VOCABULARY = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nyes\nno\nwell\n.\n"
TEXT = {
    "dim": 6,
    "layers": 1,
    "heads": 2,
    "hidden": 8,
    "pieces": 8,
    "longest": 9,
    "vocabulary": len(VOCABULARY),
}
VTT = "WEBVTT\n\n00:00.500 --> 00:03.000\n<v Anna>Yes, well.\n\n00:05.000 --> 00:08.000\nno no.\n"


@pytest.fixture(scope="module")
def encoders(debug_spec, tmp_path_factory) -> Path:
    """A model with encoders of all three streams."""
    text = Stream(6, Component("text", TEXT), "", {"tokens": "wordpiece"})
    torch.manual_seed(0)
    model = AffectModel(replace(debug_spec, streams={**debug_spec.streams, "text": text}, calibration={}))
    model.encoders["text"].vocabulary.copy_(torch.tensor(list(VOCABULARY.encode()), dtype=torch.uint8))
    return checkpoint.save(model, tmp_path_factory.mktemp("encoders"), card="made up")


@pytest.fixture(scope="module")
def trained(encoders: Path, tmp_path_factory) -> Path:
    """RJCMA on three streams, trained from a store by the recipe that ships, made small."""
    folder = tmp_path_factory.mktemp("run")
    made = encoders_hash(checkpoint.load(encoders), "mtcnn")
    dims = {"audio": 128, "visual": 128, "text": 6}
    rng = np.random.default_rng(0)
    for number in range(5):
        streams = {name: rng.normal(size=(40, dim)).astype(np.float32) for name, dim in dims.items()}
        masks = {name: rng.random(40) > 0.3 for name in dims}
        affect = np.tanh(streams["text"][:, :2])
        meta = Meta(f"r{number}", f"s{number}", "", "made-up", ("valence", "arousal"), 12.5, made)
        write(folder / "store", meta, Features(streams, masks), affect, np.ones(40, bool), half=False)
    recipe = folder / "rjcma.yaml"
    shipped = yaml.safe_load((Path(__file__).parents[2] / "recipes/folder/rjcma.yaml").read_text())
    shipped |= {"store": str(folder / "store"), "output": str(folder / "out"), "encoders": str(encoders)}
    shipped |= {"temporal": {"name": "tcn", "options": {"levels": 1}}, "temporal_dim": 8, "threads": 1}
    shipped["fit"] |= {"epochs": 2, "batch": 4, "patience": None}
    recipe.write_text(yaml.safe_dump(shipped))
    return run(recipe)


@pytest.fixture
def talk(sample_clip: Path, tmp_path: Path) -> Path:
    """The first three seconds of the sample."""
    path = tmp_path / "talk.mp4"
    with av.open(sample_clip) as given, av.open(path, "w") as kept:
        streams = {stream.index: kept.add_stream_from_template(stream) for stream in given.streams}
        for packet in given.demux():
            if packet.dts is not None and packet.dts * packet.time_base < 3:
                packet.stream = streams[packet.stream.index]
                kept.mux(packet)
    return path


def test_the_trained_model_has_three_streams_and_its_vocabulary(trained: Path) -> None:
    model = checkpoint.load(trained)
    assert list(model.spec.streams) == ["audio", "visual", "text"]
    assert model.spec.fusion.name == "rjcma"
    assert model.encoders["text"].tokens(["well."]).tolist() == [[2, 6, 7, 3]]


def test_words_change_the_prediction_where_they_are_spoken(trained: Path, talk: Path, tmp_path: Path) -> None:
    predictor = load(trained, people="main", detection_interval=2.0)
    given = tmp_path / "elsewhere.vtt"
    given.write_text(VTT)
    with_words = predictor.process_file(talk, transcript=given)
    assert with_words.meta["transcript"] == str(given)
    assert with_words.meta["streams"] == ["audio", "visual", "text"]
    without = predictor.process_file(talk, transcript=read_transcript(given).of("nobody"))
    a, b = with_words.table["valence"].to_numpy(), without.table["valence"].to_numpy()
    both = np.isfinite(a) & np.isfinite(b)
    assert both.sum() > 40
    assert np.abs(a - b)[both].max() > 1e-4
    assert predictor.settings_with(talk, given) != predictor.settings_with(talk, None)


def test_the_transcript_beside_a_recording_is_read_by_the_command(
    trained: Path, encoders: Path, talk: Path, tmp_path: Path
) -> None:
    talk.with_suffix(".vtt").write_text(VTT)
    options = ["--model", str(trained), "--out", str(tmp_path / "out"), "--json", "--no-plot", "--no-video"]
    quick = ["--people", "main", "--detection-interval", "2", "-f", "parquet"]
    done = CliRunner().invoke(app, ["predict", str(talk), *options, *quick])
    assert done.exit_code == 0, done.output
    record = json.loads((tmp_path / "out" / "talk.avaffect.json").read_text())
    assert record["settings"]["transcript_sha256"] == read_transcript(talk.with_suffix(".vtt")).digest
    resumed = CliRunner().invoke(app, ["predict", str(talk), *options, *quick, "--resume"])
    assert json.loads(resumed.stdout)["skipped"] == [str(talk)]
    two = CliRunner().invoke(app, ["predict", str(talk), str(talk), "--transcript", "a.vtt", *options])
    assert isinstance(two.exception, AvaffectError) or two.exit_code == 2


def test_a_model_without_a_text_stream_says_so(talk: Path) -> None:
    predictor = load("audio.default")
    with pytest.raises(ModelError, match=r"audio\.default has no text stream, it reads audio; leave"):
        predictor.process_file(talk, transcript="talk.vtt")
    assert predictor.settings_with(talk, None) == predictor.settings


def test_without_a_transcript_there_is_a_warning(
    encoders: Path, tmp_path: Path, make_wave, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        trace = load(encoders).process_file(make_wave(tmp_path / "a.wav"))
    assert "no transcript" in caplog.text
    assert trace.meta["transcript"] is None


@pytest.fixture
def make_wave():
    """One second of noise as a file."""
    import wave

    def make(path: Path) -> Path:
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes((np.random.default_rng(0).normal(0, 300, 16000)).astype("<i2").tobytes())
        return path

    return make


def test_extraction_reads_the_transcript_beside_a_recording(
    encoders: Path, tmp_path: Path, make_wave
) -> None:
    path = make_wave(tmp_path / "a.wav")
    made = Encoders(encoders)
    assert made.transcript_of(Recording("a", "a", audio=path)) is None
    beside = tmp_path / "a.srt"
    beside.write_text("1\n00:00:00,000 --> 00:00:01,000\nyes no.\n")
    recording = Recording("a", "a", audio=path)
    assert made.transcript_of(recording) == beside
    assert made(recording).streams["text"].shape[1] == 6

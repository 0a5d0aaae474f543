"""`avaffect live`, on a file in place of camera and microphone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import wave

import numpy as np
import pytest
from typer.testing import CliRunner

from avaffect import media, read_trace
from avaffect.cli.app import app


@pytest.fixture
def talk(tmp_path, sample_clip):
    """A second of the sample's sound."""
    samples, _, _ = media.read_audio(sample_clip)
    path = tmp_path / "talk.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes((samples[:16000] * 32767).astype(np.int16).tobytes())
    return path


def run_here(*arguments):
    """The command in this process, which has loaded everything."""
    run = CliRunner().invoke(app, [str(each) for each in arguments])
    assert run.exit_code == 0, run.output
    return run


def test_a_line_a_tick_and_the_result_at_the_end(talk, tmp_path):
    run = run_here("live", "--from", talk, "--json", "--save", tmp_path / "saved")
    ticks = [json.loads(line) for line in run.stdout.splitlines()]
    assert [tick["index"] for tick in ticks] == list(range(ticks[0]["index"], 13))
    assert ticks[-1]["speech"] > 0.5
    table = read_trace(tmp_path / "saved.csv").table
    assert len(table) == len(ticks)
    assert (tmp_path / "saved.png").stat().st_size > 1000
    assert "Written: " in run.stderr


def test_nothing_is_overwritten(avaffect, fails, talk, tmp_path):
    (tmp_path / "saved.csv").write_text("mine")
    fails(
        avaffect("live", "--from", talk, "--save", tmp_path / "saved"),
        "saved.csv is there already",
        "--overwrite",
    )
    assert (tmp_path / "saved.csv").read_text() == "mine"


def test_what_cannot_be_read_is_one_line(avaffect, fails, tmp_path):
    fails(avaffect("live", "--from", tmp_path / "absent.mp4"), "absent.mp4")


def test_ctrl_c_is_a_clean_end(sample_clip, tmp_path):
    command = [sys.executable, "-m", "avaffect", "live", "--from", sample_clip, "--json"]
    run = subprocess.Popen(
        [*command, "--save", str(tmp_path / "saved")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"NO_COLOR": "1"},
    )  # fmt: skip
    assert json.loads(run.stdout.readline())["index"] == 0
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 0, errors
    assert "Traceback" not in errors
    assert len(read_trace(tmp_path / "saved.csv").table) < 125


def test_predict_reads_causally_where_that_is_asked_for(avaffect, fails, talk, tmp_path):
    run_here("predict", talk, "--causal", "--lag", "0.24", "-f", "csv", "--no-plot", "-o", tmp_path)
    record = json.loads((tmp_path / "talk.avaffect.json").read_text())
    assert record["settings"]["causal"]
    assert record["settings"]["lag"] == 0.24
    assert len(read_trace(tmp_path / "talk.csv").table) == 13
    fails(avaffect("predict", talk, "--lag", "0.24", "-o", tmp_path), "--lag 0.24", "--causal")

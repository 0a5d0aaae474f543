"""The command line as a user meets it: by subprocess, failing paths included."""

import inspect
import json
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from avaffect import load, read_trace
from avaffect.cli.predict import predict
from avaffect.face.track import DETECTION_INTERVAL

SAMPLE = Path(__file__).parents[2] / "examples" / "sample.mp4"


@pytest.fixture(scope="module")
def done(avaffect, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    run = avaffect("predict", SAMPLE, "--out", out)
    assert run.returncode == 0, run.stderr
    return out, run


def test_help_is_quick_and_does_not_load_torch():
    code = (
        "import sys; from avaffect.cli import main; sys.argv = ['avaffect', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'cv2', 'pandas', 'matplotlib', 'av'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    begin = time.perf_counter()
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "predict" in run.stdout
    # The promise is half a second; the slack is for test machines under load.
    assert time.perf_counter() - begin < 2.5


def test_version(avaffect):
    assert avaffect("--version").stdout.startswith("avaffect ")


def test_predict_writes_table_plot_and_video(done):
    out, run = done
    assert run.returncode == 0, run.stderr
    for name in ("sample.csv", "sample.parquet", "sample.png", "sample_annotated.mp4"):
        assert (out / name).stat().st_size > 1000, name
    assert not list(out.glob(".*")), "temporary files were left behind"
    table = pd.read_csv(out / "sample.csv")
    assert table["valence"].between(-1, 1).any()
    assert "valence" in run.stdout.lower()
    assert "sample.png" in run.stdout


def test_csv_and_parquet_agree(done):
    out, _ = done
    csv = pd.read_csv(out / "sample.csv")
    parquet = pd.read_parquet(out / "sample.parquet").reset_index()
    np.testing.assert_allclose(csv["valence"], parquet["valence"], atol=1e-5)
    assert list(csv["frame"]) == list(parquet["frame"])


def test_json_is_json_and_nothing_else(avaffect, tmp_path):
    run = avaffect("predict", SAMPLE, "-o", tmp_path, "--no-video", "--no-plot", "-f", "jsonl", "--json")
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert report["errors"] == []
    assert report["results"][0]["outputs"] == [str(tmp_path / "sample.jsonl")]


def test_resume_leaves_finished_results_alone(avaffect, done):
    out, _ = done
    before = (out / "sample.csv").stat().st_mtime_ns
    run = avaffect("predict", SAMPLE, "--out", out, "--resume")
    assert run.returncode == 0, run.stderr
    assert (out / "sample.csv").stat().st_mtime_ns == before


def _missing(folder):
    return folder / "nothing.mp4"


def _text(folder):
    (folder / "text.mp4").write_text("this is no video\n" * 100)
    return folder / "text.mp4"


def _empty(folder):
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def _truncated(folder):
    (folder / "cut.mp4").write_bytes(SAMPLE.read_bytes()[:2000])
    return folder / "cut.mp4"


def _empty_folder(folder):
    (folder / "none").mkdir()
    return folder / "none"


@pytest.mark.parametrize("make", [_missing, _text, _empty, _truncated, _empty_folder])
def test_bad_input_is_one_line_and_exit_code_2(avaffect, make, tmp_path):
    path = make(tmp_path)
    run = avaffect("predict", path, "--out", tmp_path / "out")
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    errors = [line for line in run.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert path.name in errors[0]


def test_a_file_cut_in_the_middle_gives_what_it_has_and_a_warning(avaffect, tmp_path):
    whole = SAMPLE.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    run = avaffect("predict", tmp_path / "cut.mp4", "--out", tmp_path / "out", "--no-video", "--no-plot")
    assert run.returncode == 0, run.stderr
    assert "WARNING" in run.stderr
    rows = len(pd.read_csv(tmp_path / "out" / "cut.csv"))
    assert 50 < rows < 200


def test_a_file_named_like_an_option_is_told_how_to_be_given(avaffect, tmp_path):
    (tmp_path / "-dash.mp4").touch()
    run = avaffect("predict", "-dash.mp4", cwd=tmp_path)
    assert run.returncode == 2
    assert "-dash.mp4 is a file here: write ./-dash.mp4" in run.stderr
    assert "is a file here" not in avaffect("predict", "-other.mp4", cwd=tmp_path).stderr


def test_unknown_model_suggests_the_nearest(avaffect, tmp_path):
    run = avaffect("predict", SAMPLE, "--model", "hgrjca.defalt", "--out", tmp_path)
    assert run.returncode == 2
    assert "did you mean 'hgrjca.default'?" in run.stderr
    assert "Traceback" not in run.stderr


def test_unwritable_output_is_known_before_the_work(avaffect, tmp_path):
    (tmp_path / "file").touch()
    run = avaffect("predict", SAMPLE, "--out", tmp_path / "file")
    assert run.returncode == 2
    assert "cannot write to" in run.stderr
    assert "--out" in run.stderr


def test_a_batch_goes_on_past_a_bad_file_and_reports_it(avaffect, tmp_path):
    bad = _text(tmp_path)
    run = avaffect("predict", bad, SAMPLE, "--out", tmp_path / "out", "--no-video", "--no-plot")
    assert run.returncode == 2
    assert (tmp_path / "out" / "sample.csv").exists()
    report = pd.read_csv(tmp_path / "out" / "errors.csv")
    assert list(report["file"]) == [str(bad)]


def test_a_batch_shows_a_total_over_files_and_each_files_own_bar(avaffect, tmp_path):
    for name in ("one.mp4", "two.mp4"):
        (tmp_path / name).write_bytes(SAMPLE.read_bytes())
    run = avaffect("predict", tmp_path, "--out", tmp_path / "out", "--no-video", "--no-plot", "-f", "csv")
    assert run.returncode == 0, run.stderr
    assert all(text in run.stderr for text in ("0/2 files", "1/2 files", "2/2 files", "one.mp4", "two.mp4"))
    assert "files" not in run.stdout


def test_options_of_the_tracker_reach_the_model_and_the_table(avaffect, tmp_path):
    plain = ("predict", SAMPLE, "--out", tmp_path, "--no-video", "--no-plot", "-f", "parquet")
    run = avaffect(*plain, "--detection-interval", "1.5", "--min-face", "320")
    assert run.returncode == 0, run.stderr
    trace = read_trace(tmp_path / "sample.parquet")
    assert (trace.meta["detection_interval"], trace.meta["min_face"]) == (1.5, 320)
    assert trace.meta["detector"] == "mtcnn"
    assert trace.table["face_conf"].isna().all(), "the face of the sample is smaller than 320 pixels"


def test_the_sound_track_and_channel_are_chosen_and_said(avaffect, fails, tmp_path):
    samples = (8000 * np.sin(np.arange(16000) / 12)).astype(np.int16)
    path = tmp_path / "two.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(np.stack([samples, -samples], axis=1).tobytes())
    plain = ["predict", path, "--out", tmp_path, "--no-plot", "--no-video", "-f", "parquet"]
    run = avaffect(*plain)
    assert "Sound: its channels cancel each other for 1.0 s, the louder one was read" in run.stdout
    run = avaffect(*plain, "--audio-channel", "2")
    assert "Sound: channel 2 of 2 alone" in run.stdout
    sound = read_trace(tmp_path / "two.parquet").meta["sound"]
    assert sound == {"track": 1, "tracks": 1, "channels": 2, "channel": 2, "cancelled": 0.0}
    fails(avaffect(*plain, "--audio-channel", "3"), "has 2 channels, channel 3 was asked for")
    fails(avaffect(*plain, "--audio-track", "2"), "one sound track, track 2 was asked for")


def test_the_commands_default_interval_is_that_of_python():
    default = inspect.signature(predict).parameters["detection_interval"].default
    assert default == DETECTION_INTERVAL == inspect.signature(load).parameters["detection_interval"].default


def test_options_of_the_tracker_out_of_range(avaffect, fails, tmp_path):
    plain = ("predict", SAMPLE, "--out", tmp_path)
    fails(avaffect(*plain, "--min-face", "5"), "min_face=5", "at least 12")
    fails(avaffect(*plain, "--detection-interval", "0"), "detection_interval=0", "above 0")


def test_results_beside_the_input_never_touch_it(avaffect, tmp_path):
    copy = tmp_path / "clip.mp4"
    copy.write_bytes(SAMPLE.read_bytes())
    run = avaffect("predict", copy, "--out", tmp_path, "--no-plot")
    assert run.returncode == 0, run.stderr
    assert copy.read_bytes() == SAMPLE.read_bytes()
    assert (tmp_path / "clip_annotated.mp4").exists()


def test_models_and_fusions_are_listed(avaffect):
    assert "hgrjca.default" in avaffect("models").stdout
    specs = json.loads(avaffect("models", "--json").stdout)
    assert any(spec["name"] == "hgrjca.default" for spec in specs)
    fusions = json.loads(avaffect("fusions", "--json").stdout)
    assert {"concat", "jca", "grjca", "hgrjca"} <= set(fusions)
    assert all(fusions.values())

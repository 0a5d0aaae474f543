"""`evaluate` and `submit` as verbs: what they print and how they fail."""

import json

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from avaffect.cli.evaluate import evaluate
from avaffect.cli.submit import submit
from avaffect.errors import AvaffectError
from avaffect.record import Record, Source
from avaffect.trace import Trace
from avaffect.trace.columns import COLUMNS, INDEX

app = typer.Typer()
app.command()(evaluate)
app.command()(submit)


def run(*arguments):
    return CliRunner(env={"COLUMNS": "160", "NO_COLOR": "1"}).invoke(app, [str(a) for a in arguments])


def write(folder, values):
    folder.mkdir(exist_ok=True)
    for name, rows in values.items():
        lines = ["-5,-5" if np.isnan(row).any() else f"{row[0]:.4f},{row[1]:.4f}" for row in rows]
        (folder / f"{name}.txt").write_text("\n".join(["valence,arousal", *lines]) + "\n")
    return folder


def write_traces(folder, out):
    """The ABAW files of a folder as tables that `avaffect predict` would write."""
    out.mkdir()
    for path in folder.iterdir():
        values = np.loadtxt(path, delimiter=",", skiprows=1)
        start = np.arange(len(values)) / 30
        table = pd.DataFrame(np.nan, index=range(len(values)), columns=list(COLUMNS))
        table = table.assign(
            file=f"{path.stem}.mp4", start=start, end=start + 1 / 30, pts=start, frame=np.arange(len(values)),
            track=1, valence=values[:, 0], arousal=values[:, 1], face_conf=0.9,
        )  # fmt: skip
        Trace(table.astype({"track": "Int64", "frame": "Int64"}).set_index(list(INDEX))).to_csv(
            out / f"{path.stem}.csv"
        )


@pytest.fixture
def files(tmp_path):
    """Six videos: labels with 10 unlabelled frames each, a fair system, a poor one."""
    random = np.random.default_rng(0)
    labels = {f"v{i}": random.uniform(-0.8, 0.8, (90, 2)) for i in range(6)}
    fair = {name: 0.7 * rows + 0.1 * random.standard_normal((90, 2)) for name, rows in labels.items()}
    poor = {name: 0.3 * rows + 0.3 * random.standard_normal((90, 2)) for name, rows in labels.items()}
    for rows in labels.values():
        rows[:10] = np.nan
    return write(tmp_path / "labels", labels), write(tmp_path / "fair", fair), write(tmp_path / "poor", poor)


def test_evaluate_prints_both_ways_and_the_counts(files):
    labels, fair, _ = files
    found = run("evaluate", fair, labels, "--resamples", 200)
    assert found.exit_code == 0, found.output
    for text in ("pooled over all frames", "mean per recording", "CCC", "PCC", "RMSE", "SAGR", "480", "60"):
        assert text in found.output
    assert "95 % intervals from 200 resamples of 6 recordings, seed 0" in found.output


def test_evaluate_compares_smooths_and_draws(files, tmp_path):
    labels, fair, poor = files
    found = run(
        "evaluate", fair, labels, "--against", poor, "--smooth", "box:0.1", "--causal", "--frame-rate", 30,
        "--clip", "--plots", tmp_path / "plots", "--resamples", 200,
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    assert "smoothed: box of 0.1 s, trailing (causal)" in found.output
    assert "clipped to [-1, 1]" in found.output
    assert "A - B" in found.output
    assert (tmp_path / "plots" / "density.png").exists()


def test_json_is_json_and_nothing_else(files, tmp_path):
    labels, fair, poor = files
    subjects = tmp_path / "subjects.csv"
    subjects.write_text("file,subject\n" + "".join(f"v{i},s{i % 5}\n" for i in range(6)))
    found = run(
        "evaluate", fair, labels, "--against", poor, "--subjects", subjects, "--json", "--resamples", 200
    )
    plain = json.loads(found.stdout)
    assert (plain["unit"], plain["units"]) == ("subject", 5)
    valence = plain["targets"]["valence"]
    assert valence["unlabelled"] == 60
    assert (
        valence["pooled"]["ccc"]["low"] < valence["pooled"]["ccc"]["value"] < valence["pooled"]["ccc"]["high"]
    )
    assert plain["comparison"]["pooled"]["mean"]["difference"]["value"] > 0
    assert len(plain["recordings"]) == 6


def test_frames_that_are_not_predicted_are_said(files):
    labels, fair, _ = files
    rows = np.full((90, 2), 0.3)
    rows[50:60] = np.nan
    write(fair, {"v0": rows})
    assert "labelled frames without a prediction do not count" in run("evaluate", fair, labels).output
    assert "count as 0" in run("evaluate", fair, labels, "--missing", "zero").output


def test_failures_are_one_line(files, tmp_path):
    labels, fair, _ = files
    (fair / "v3.txt").unlink()
    cases = {
        ("evaluate", fair, labels): "no predictions for 1 of 6 labelled recordings: v3",
        ("evaluate", tmp_path / "none.csv", labels): "no file",
        ("evaluate", fair, labels, "--subset", "--smooth", "box:1"): "--frame-rate",
        ("evaluate", fair, labels, "--subset", "--causal"): "--smooth box:SECONDS",
        ("evaluate", fair, labels, "--subset", "--smooth", "bax:1"): "did you mean 'box'",
        ("submit", fair, tmp_path / "none.txt", tmp_path / "out.txt"): "cannot be read",
    }
    for arguments, message in cases.items():
        error = run(*arguments).exception
        assert isinstance(error, AvaffectError), arguments
        assert message in str(error)
        assert "\n" not in str(error)
    assert run("evaluate", fair, labels, "--subset").exit_code == 0


def values_of(found):
    """The pooled CCC and the number of recordings of each target."""
    targets = json.loads(found.stdout)["targets"]
    return [(of["pooled"]["ccc"]["value"], of["recordings"]) for of in targets.values()]


def said_of(caplog):
    return [line.removeprefix("passed over: ") for line in caplog.messages if line.startswith("passed over")]


@pytest.mark.parametrize("kind", ["tables", "texts"])
def test_predictions_that_cannot_be_read_stop_no_other(files, tmp_path, caplog, kind):
    labels, fair, _ = files
    if kind == "tables":
        write_traces(fair, tmp_path / "results")
        fair = tmp_path / "results"
    subset = tmp_path / "subset"
    subset.mkdir()
    bad = next(fair.glob("v3.*"))
    for path in fair.iterdir():
        if path != bad:
            (subset / path.name).write_bytes(path.read_bytes())
    bad.write_bytes(b"\0\xff\x9d" * 50)
    expected = values_of(run("evaluate", subset, labels, "--subset", "--json"))
    assert expected[0][1] == 5
    caplog.clear()
    found = run("evaluate", fair, labels, "--json")
    assert found.exit_code == 2
    assert values_of(found) == expected
    assert "not scored, the predictions cannot be read: v3" in json.loads(found.stdout)["notes"]
    (line,) = said_of(caplog)
    assert "holds no text" in line
    assert str(bad) in line
    # What is not there at all is another matter: then the score would be too high, and nobody told.
    next(fair.glob("v2.*")).unlink()
    assert "no predictions for 1 of 6 labelled recordings: v2" in str(run("evaluate", fair, labels).exception)
    cut = next(fair.glob("v4.*"))
    cut.write_bytes(cut.read_bytes()[:-10])
    found = run("evaluate", fair, labels, "--subset")
    assert "not scored, the predictions cannot be read: v3, v4" in found.output


def test_a_table_is_read_in_the_format_that_can_be_read(files, tmp_path, caplog):
    labels, fair, _ = files
    write_traces(fair, tmp_path / "results")
    expected = values_of(run("evaluate", tmp_path / "results", labels, "--json"))
    (tmp_path / "results/v3.parquet").write_bytes(b"PAR1")
    found = run("evaluate", tmp_path / "results", labels, "--json")
    assert values_of(found) == expected
    (line,) = said_of(caplog)
    assert line.endswith("v3.csv is read instead")
    caplog.clear()
    # A submission has every frame, or is none; but another format will do there, too.
    (tmp_path / "sample.txt").write_text("image_location,valence,arousal\nv3/00090.jpg,0,0\n")
    assert run("submit", tmp_path / "results", tmp_path / "sample.txt", tmp_path / "out.txt").exit_code == 0
    assert "left out: " in caplog.text


def test_a_table_of_another_name_is_known_by_its_record(files, tmp_path):
    labels, fair, _ = files
    write_traces(fair, tmp_path / "results")
    (tmp_path / "results/v3.csv").unlink()
    bad = tmp_path / "results/v3_0a1b2c.csv"
    bad.write_text("")
    (tmp_path / "v3.mp4").write_text("")
    record = Record(Source.of(tmp_path / "v3.mp4"), {}, {bad.name: 100})
    record.write(tmp_path / "results/v3_0a1b2c.avaffect.json")
    found = run("evaluate", tmp_path / "results", labels)
    assert "not scored, the predictions cannot be read: v3" in found.output


def test_labels_and_a_second_system_that_cannot_be_read_stop_no_other(files, caplog):
    labels, fair, poor = files
    (labels / "v1.txt").write_bytes(b"\0\xff\x9d" * 50)
    (poor / "v5.txt").write_text("valence,arousal\nx,y\n")
    found = run("evaluate", fair, labels, "--against", poor, "--json")
    assert found.exit_code == 2
    assert [count for _, count in values_of(found)] == [5, 5]
    assert json.loads(found.stdout)["comparison"]["recordings"] == 4
    said = said_of(caplog)
    assert len(said) == 2
    assert "v1.txt" in said[0]
    assert "v5.txt" in said[1]
    for path in labels.iterdir():
        path.write_bytes(b"\0\xff\x9d" * 50)
    assert "(and 5 more like this)" in str(run("evaluate", fair, labels).exception)


def example(verb):
    """The command line after "Example:" in a verb's help, as typed."""
    text = " ".join(verb.__doc__.partition("Example: avaffect ")[2].split())
    return text.split()


def test_the_examples_of_the_help_run_as_typed(files, tmp_path, monkeypatch):
    labels, fair, poor = files
    for folder, name in ((labels, "Validation_Set"), (poor, "baseline")):
        folder.rename(tmp_path / name)
    write_traces(fair, tmp_path / "results")
    rows = [f"v{v}/{i:05d}.jpg,0,0" for v in range(6) for i in range(1, 91)]
    (tmp_path / "CVPR_VA_test_set_sample.txt").write_text(
        "\n".join(["image_location,valence,arousal", *rows]) + "\n"
    )
    monkeypatch.chdir(tmp_path)
    for verb in (evaluate, submit):
        found = run(*example(verb))
        assert found.exit_code == 0, (found.output, found.exception)
    assert (tmp_path / "plots" / "recordings.png").exists()
    assert len((tmp_path / "submission.txt").read_text().splitlines()) == 541


def test_submit_writes_in_the_samples_order(files, tmp_path):
    _, fair, _ = files
    rows = [f"v{v}/{i:05d}.jpg,0,0" for v in (2, 0) for i in range(1, 93)]
    sample, out = tmp_path / "sample.txt", tmp_path / "out.txt"
    sample.write_text("\n".join(["image_location,valence,arousal", *rows]) + "\n")
    found = run("submit", fair, sample, out, "--smooth", "savgol:0.2", "--frame-rate", 30)
    assert found.exit_code == 0, found.output
    assert "smoothed: Savitzky-Golay of order 2 of 0.2 s, centred (not causal" in found.output
    assert "repeated the last prediction: v2 (2 frames), v0 (2 frames)" in found.output
    assert "184 rows" in found.output
    assert [line.split(",")[0] for line in out.read_text().splitlines()[1:]] == [
        r.split(",")[0] for r in rows
    ]


def test_labels_in_any_unit_and_scale(tmp_path):
    values = np.random.default_rng(0).uniform(-1, 1, (90, 2)).round(3)
    write(tmp_path / "texts", {"talk": values})
    write_traces(tmp_path / "texts", tmp_path / "results")
    rows = [f"{1000 * i / 30:.3f};{5 + 4 * v:.3f};{5 + 4 * a:.3f}" for i, (v, a) in enumerate(values)]
    labels = tmp_path / "talk.csv"
    labels.write_text("\n".join(["t;valence;arousal", *rows]).replace(".", ",") + "\n")
    wrong = run("evaluate", tmp_path / "results", labels, "--scale", "1,9").exception
    assert "labels lie outside the recording (3.0 s)" in str(wrong)
    found = run("evaluate", tmp_path / "results", labels, "--scale", "1,9", "--time-unit", "ms", "--json")
    assert json.loads(found.stdout)["targets"]["valence"]["pooled"]["ccc"]["value"] == pytest.approx(1)
    found = run("evaluate", tmp_path / "results", labels, "--scale", "1,9", "--time-unit", "ms")
    assert "labels cover 100 % of the predicted time; each: talk 100 %" in found.output
    few = tmp_path / "few.csv"
    few.write_text("file,pts,valence,arousal\ntalk,0.5,0.1,0.2\ntalk,0.6,0.2,0.1\n")
    found = run("evaluate", tmp_path / "results", few)
    assert (
        "too few frames are scored for these scores to mean anything: 2 of valence, 2 of arousal"
        in found.output
    )


def test_predictions_are_no_labels(tmp_path):
    write(tmp_path / "texts", {"talk": np.zeros((30, 2))})
    write_traces(tmp_path / "texts", tmp_path / "results")
    assert "predictions, not labels" in str(
        run("evaluate", tmp_path / "results", tmp_path / "results" / "talk.csv").exception
    )
    assert "no labels in" in str(run("evaluate", tmp_path / "results", tmp_path / "results").exception)


def test_what_is_no_file_and_too_many_resamples(files, tmp_path):
    import os

    labels, fair, _ = files
    os.mkfifo(tmp_path / "pipe.txt")
    for arguments in (
        (fair, "/dev/zero"), ("/dev/zero", labels), (fair, "/"), ("/", labels), (fair, tmp_path / "pipe.txt"),
        (tmp_path / "pipe.txt", labels), (fair, labels, "--subjects", "/dev/zero"),
    ):  # fmt: skip
        assert isinstance(run("evaluate", *arguments).exception, AvaffectError), arguments
    many = run("evaluate", fair, labels, "--resamples", 10**9)
    assert many.exit_code == 2
    assert "100000" in many.output


def test_submit_replaces_no_input_and_no_file_without_being_told_to(files, tmp_path):
    _, fair, _ = files
    sample, out = tmp_path / "sample.txt", tmp_path / "out.txt"
    sample.write_text("image_location,valence,arousal\nv0/00001.jpg,0,0\n")
    out.write_text("of the user")
    before = sample.read_text(), (fair / "v1.txt").read_text()
    for target, message in ((sample, "it is an input"), (fair / "v1.txt", "it is an input")):
        error = run("submit", fair, sample, target, "--overwrite").exception
        assert isinstance(error, AvaffectError)
        assert message in str(error)
    assert (sample.read_text(), (fair / "v1.txt").read_text()) == before
    assert "--overwrite to replace it" in str(run("submit", fair, sample, out).exception)
    assert out.read_text() == "of the user"
    assert "no folder" in str(run("submit", fair, sample, tmp_path / "no" / "out.txt").exception)

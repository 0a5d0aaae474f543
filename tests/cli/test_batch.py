"""Many recordings by the command: nothing lost, nothing half done, stopped and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from avaffect import read_trace
from avaffect.media import read_audio

TABLE_ONLY = ("--no-plot", "--no-video", "-f", "csv")


def sound(path, seed=0, seconds=0.5, samples=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(os.fsencode(path).decode("utf-8", "surrogateescape"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", "not compressed"))
        noise = np.random.default_rng(seed).integers(-900, 900, int(seconds * 16000))
        file.writeframes((noise if samples is None else samples).astype("<i2").tobytes())
    return path


def test_a_stopped_run_goes_on_where_it_was(avaffect, tmp_path):
    sources, out = tmp_path / "in", tmp_path / "out"
    sound(sources / "a.wav"), sound(sources / "deep/b.wav", 1), sound(sources / "c.wav", 2)
    command = ("predict", "-r", sources, "--out", out, "-f", "parquet", "-f", "webvtt", "--json")
    first = avaffect(*command)
    assert first.returncode == 0, first.stderr
    made = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    names = {path.relative_to(out).as_posix() for path in made}
    assert names == {
        f"{name}{end}"
        for name in ("a", "deep/b", "c")
        for end in (".parquet", ".vtt", ".png", ".avaffect.json")
    } | {"summary.tsv"}
    times = {path: path.stat().st_mtime_ns for path in made}

    (out / "deep/b.png").unlink()
    (out / "c.png").unlink()
    (out / "c.parquet").write_bytes(bytes(len(made[out / "c.parquet"])))  # damaged
    again = avaffect(*command, "--resume")
    assert again.returncode == 0, again.stderr
    assert (
        "resumed: 1 of 3 files are finished and skipped; to make: 2 (not all results there)" in again.stderr
    )
    assert json.loads(again.stdout)["skipped"] == [str(sources / "a.wav")]
    written = [name for result in json.loads(again.stdout)["results"] for name in result["outputs"]]
    assert sorted(written) == [str(out / name) for name in ("c.parquet", "c.png", "deep/b.png")]
    assert (out / "c.parquet").read_bytes() == made[out / "c.parquet"]
    untouched = [path for path in made if path.name in ("a.parquet", "a.png", "b.parquet", "c.vtt")]
    assert all(path.stat().st_mtime_ns == times[path] for path in untouched)

    other = avaffect(*command, "--resume", "--people", "main")
    assert "0 of 3 files are finished and skipped; to make: 3 (made under other settings)" in other.stderr
    assert read_trace(out / "a.parquet").meta["people"] == "main"

    whole = avaffect(*command)
    assert whole.returncode == 0, whole.stderr
    assert {path: path.read_bytes() for path in made} == made, "no clock time in results"


def test_results_under_another_reference_or_baseline_are_made_again(avaffect, sample_clip, tmp_path):
    samples, _, _ = read_audio(sample_clip)
    samples = 20000 * samples[16000:40000] / np.abs(samples).max()
    for name, gain in (("a", 1.0), ("b", 0.3)):
        sound(tmp_path / f"{name}.wav", samples=gain * samples)
    command = ("predict", "a.wav", "b.wav", "--out", "out", "-m", "audio.default", *TABLE_ONLY, "--resume")
    alone = avaffect(*command, cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    told = [
        avaffect(*command, *more, cwd=tmp_path).stderr
        for more in (
            ("--same-setup", "--speaker-from", "([ab]).wav"),
            ("--same-setup",),
            ("--baseline", "0-1"),
        )
    ]
    assert "2 of 2 files are finished" in told[0], "each speaker has one recording"
    assert "0 of 2 files are finished and skipped; to make: 2 (made under other settings)" in told[1]
    assert "0 of 2 files are finished" in told[2]
    table = pd.read_csv(tmp_path / "out/a.csv")
    assert (table["arousal_rel"].notna() == table["arousal"].notna()).all()
    assert table["arousal_rel"].notna().any()


def test_two_runs_into_one_folder_never_replace_each_others_results(avaffect, fails, tmp_path):
    sound(tmp_path / "A/P01.wav", 0), sound(tmp_path / "B/P01.wav", 1)
    first = avaffect("predict", "A", "--out", "out", *TABLE_ONLY, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    before = (tmp_path / "out/P01.csv").read_bytes()
    for more in ((), ("--resume",)):
        second = avaffect("predict", "B", "--out", "out", *TABLE_ONLY, *more, cwd=tmp_path)
        fails(second, "holds the results of another recording", "A/P01.wav", "--overwrite")
    assert (tmp_path / "out/P01.csv").read_bytes() == before
    third = avaffect("predict", "B", "--out", "out", *TABLE_ONLY, "--overwrite", cwd=tmp_path)
    assert third.returncode == 0, third.stderr
    assert (tmp_path / "out/P01.csv").read_bytes() != before


def test_a_foreign_table_is_kept(avaffect, fails, tmp_path):
    sound(tmp_path / "talk.wav")
    (tmp_path / "talk.csv").write_text("Second,Valence\n1,500\n")
    run = avaffect("predict", "talk.wav", "--out", ".", *TABLE_ONLY, cwd=tmp_path)
    fails(run, "talk.csv is there and is no result of ours")
    assert (tmp_path / "talk.csv").read_text() == "Second,Valence\n1,500\n"


def test_names_that_no_encoding_has_do_not_end_a_run(tmp_path):
    names = ["я.wav", "z.wav", os.fsdecode(b"caf\xe9.wav")]
    for seed, name in enumerate(names):
        sound(tmp_path / "in" / name, seed)
    (tmp_path / "in" / os.fsdecode(b"br\xf6ken.wav")).write_text("no sound")
    run = subprocess.run(
        [sys.executable, "-m", "avaffect", "predict", "in", "--out", "out", "-f", "csv", "-f", "parquet"],
        cwd=tmp_path, env=os.environ | {"PYTHONIOENCODING": "ascii", "NO_COLOR": "1"}, capture_output=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert b"Traceback" not in run.stderr
    for name in names:
        stem = tmp_path / "out" / name.removesuffix(".wav")
        assert len(pd.read_csv(stem.with_name(stem.name + ".csv"))) == len(
            read_trace(stem.with_name(stem.name + ".parquet"))
        )
    listed = pd.read_csv(tmp_path / "out/errors.csv")
    assert list(listed["file"]) == ["in/br\\udcf6ken.wav"]


BROKEN = """
import os, signal
from multiprocessing import parent_process

if parent_process():  # a process that reads
    from avaffect.predict import Predictor

    real = Predictor.process_file

    def process_file(self, path, *args, **known):
        {break_it}
        return real(self, path, *args, **known)

    Predictor.process_file = process_file
"""


def broken(folder, break_it):
    """Options of a command in whose processes something happens before each file is read."""
    plugin = folder / "broken.py"
    plugin.write_text(BROKEN.format(break_it=break_it))
    return "--plugin", plugin


def test_a_fault_of_the_program_is_the_files_alone(avaffect, tmp_path):
    for seed, name in enumerate(("a", "errors", "c")):
        sound(tmp_path / "in" / f"{name}.wav", seed)
    break_it = "if path.name == 'a.wav': raise ValueError('made up')"
    plugin = broken(tmp_path, break_it)
    run = avaffect(*plugin, "predict", "in", "--out", "out", *TABLE_ONLY, "--json", cwd=tmp_path)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert len(json.loads(run.stdout)["results"]) == 2
    assert len(read_trace(tmp_path / "out/errors.csv")) > 1, "the recording is named errors"
    (row,) = pd.read_csv(tmp_path / "out/errors_2.csv").to_dict("records")
    assert row["file"] == "in/a.wav"
    assert "unexpected ValueError" in row["error"]
    assert "please report it at https://" in row["error"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "c.avaffect.json", "c.csv", "errors.avaffect.json", "errors.csv", "errors_2.csv",
        "summary.tsv",
    ]  # fmt: skip
    fast = avaffect(*plugin, "predict", "in", "--out", "o", *TABLE_ONLY, "--fail-fast", cwd=tmp_path)
    assert fast.returncode == 2
    assert "ended at the first failure; not read: 2 files" in fast.stderr
    assert [path.name for path in (tmp_path / "o").glob("[!s]*")] == ["errors_2.csv"]


FULL = """
from multiprocessing import parent_process
from resource import RLIMIT_FSIZE, RLIM_INFINITY, setrlimit

if parent_process():
    setrlimit(RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
    from avaffect.predict import Predictor

    real = Predictor.process_file

    def process_file(self, *args, **known):
        setrlimit(RLIMIT_FSIZE, (0, 0))
        return real(self, *args, **known)

    Predictor.process_file = process_file
else:
    setrlimit(RLIMIT_FSIZE, (0, RLIM_INFINITY))
"""


def test_a_list_that_cannot_be_written_ends_no_run(avaffect, tmp_path):
    sound(tmp_path / "in/a.wav")
    (tmp_path / "in/b.wav").write_text("no sound")
    (tmp_path / "full.py").write_text(FULL)
    run = avaffect("--plugin", "full.py", "predict", "in", "--out", "out", *TABLE_ONLY, cwd=tmp_path)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert run.stderr.count("error:") == 2
    assert "the table of the run is missing" in run.stderr
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_one_line_and_leaves_what_is_finished(avaffect, tmp_path, number, code):
    for seed, name in enumerate(("a", "b")):
        sound(tmp_path / "in" / f"{name}.wav", seed)
    sleep = "__import__('time').sleep"  # b is being read for a while when the signal comes
    stop = f"if path.name == 'b.wav': {sleep}(1), os.kill(os.getppid(), {int(number)}), {sleep}(60)"
    plugin = broken(tmp_path, stop)
    run = avaffect(*plugin, "predict", "in", "--out", "out", *TABLE_ONLY, "--json", cwd=tmp_path)
    assert run.returncode == code, run.stderr
    assert "Traceback" not in run.stderr
    assert run.stderr.splitlines()[-1] == "stopped; files written so far are complete"
    assert [one["outputs"] for one in json.loads(run.stdout)["results"]] == [["out/a.csv"]]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "a.avaffect.json", "a.csv", "summary.tsv",
    ]  # fmt: skip


@pytest.mark.parametrize("wait", [0.3, 1.0])
def test_a_signal_while_it_starts(tmp_path, wait):
    process = subprocess.Popen(
        [sys.executable, "-m", "avaffect", "predict", str(sound(tmp_path / "a.wav")), "--out", str(tmp_path)],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(wait)
    process.terminate()
    _, told = process.communicate(timeout=60)
    assert "Traceback" not in told
    # Before Python runs at all, the system's own way ends it.
    assert process.returncode in (143, -signal.SIGTERM)


def test_an_error_of_the_system_is_one_line(fails, tmp_path):
    code = (
        "import sys, avaffect.cli.app as app\n"
        "@app.app.command()\ndef broken(): raise OSError(28, 'No space left on device', 'x.bin')\n"
        "@app.app.command()\ndef odd(): raise ZeroDivisionError('oh')\n"
        "from avaffect.cli import main; main()"
    )

    def run(verb, **env):
        return subprocess.run(
            [sys.executable, "-c", code, verb],
            env=os.environ | {"NO_COLOR": "1"} | env, capture_output=True, text=True, check=False,
        )  # fmt: skip

    fails(run("broken"), "x.bin: No space left on device")
    fails(run("odd"), "unexpected ZeroDivisionError", "report it at")
    assert "Traceback" in run("odd", AVAFFECT_TRACEBACK="1").stderr


def test_the_reader_of_the_output_may_leave(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run(
        [sys.executable, "-m", "avaffect", "fusions"], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert run.returncode == 0
    assert run.stderr == b""


def test_an_address_is_named_as_it_was_typed(avaffect, fails, tmp_path):
    run = avaffect("predict", "https://127.0.0.1:9/talk.mp4", "--out", tmp_path / "out")
    fails(run, "https://127.0.0.1:9/talk.mp4: cannot be read", "check the address and the network")
    assert not (tmp_path / "out").exists()


def test_two_processes_into_one_folder(tmp_path):
    runs = []
    for seed, name in enumerate(("one", "two")):
        sound(tmp_path / name / f"{name}.wav", seed)
        command = [sys.executable, "-m", "avaffect", "predict", name, "--out", "out", *TABLE_ONLY]
        runs.append(subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE))
    for process in runs:
        _, told = process.communicate(timeout=120)
        assert process.returncode == 0, told
    assert sorted(path.name for path in Path(tmp_path / "out").glob("*.csv")) == ["one.csv", "two.csv"]


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_crash_is_a_row_and_the_same_is_written_whatever_the_order(avaffect, tmp_path):
    for seed, name in enumerate("abcd"):
        sound(tmp_path / "in" / f"{name}.wav", seed)
    crash = broken(tmp_path, "if path.name == 'b.wav': os.kill(os.getpid(), signal.SIGSEGV)")
    command = ("predict", "in", "--out", "out", *TABLE_ONLY)
    run = avaffect(*crash, *command, "--workers", 2, cwd=tmp_path)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    (row,) = pd.read_csv(tmp_path / "out/errors.csv").to_dict("records")
    assert row["file"] == "in/b.wav"
    assert row["error"] == "in/b.wav: the process that read it was ended by SIGSEGV, a crash in a library"
    summary = pd.read_csv(tmp_path / "out/summary.tsv", sep="\t")
    assert list(summary["file"]) == [f"in/{name}.wav" for name in "abcd"]
    assert list(summary["error"].isna()) == [True, False, True, True]
    assert list(summary["seconds"].dropna()) == [0.56] * 3  # whole ticks
    assert not list((tmp_path / "out").glob("b.*"))
    assert not list((tmp_path / "out").glob(".*"))

    again = avaffect(*command, "--resume", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "resumed: 3 of 4 files are finished and skipped" in again.stderr
    assert "4 recordings in out/summary.tsv" in again.stdout
    other = avaffect(
        "predict", *(f"in/{name}.wav" for name in "dcba"), "--out", "other", *TABLE_ONLY, cwd=tmp_path
    )
    assert other.returncode == 0, other.stderr
    mine, theirs = contents(tmp_path / "out"), contents(tmp_path / "other")
    # Its rows are in the order of the inputs.
    tables = [sorted(files.pop("summary.tsv").splitlines()) for files in (mine, theirs)]
    assert tables[0] == tables[1]
    assert mine == theirs


def test_a_run_that_is_killed_leaves_nothing_half_and_goes_on(avaffect, tmp_path):
    for seed, name in enumerate("abc"):
        sound(tmp_path / "in" / f"{name}.wav", seed)
    wait = "if path.name == 'b.wav': open('pid', 'w').write('.'), __import__('time').sleep(60)"
    command = ("predict", "in", "--out", "out", *TABLE_ONLY)
    run = subprocess.Popen(
        [sys.executable, "-m", "avaffect", *map(str, broken(tmp_path, wait)), *command],
        cwd=tmp_path, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(1200):
        if (tmp_path / "pid").exists():
            break
        time.sleep(0.05)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    made = (tmp_path / "out/a.csv").stat().st_mtime_ns
    assert not (tmp_path / "out/b.csv").exists()
    again = avaffect(*command, "--resume", cwd=tmp_path)
    assert "resumed: 1 of 3 files are finished and skipped" in again.stderr
    assert (tmp_path / "out/a.csv").stat().st_mtime_ns == made
    assert len(pd.read_csv(tmp_path / "out/summary.tsv", sep="\t")) == 3


def test_json_says_why_a_run_ended(avaffect, tmp_path):
    sound(tmp_path / "a.wav")
    run = avaffect("predict", "a.wav", "--out", "out", "--model", "nope", "--json", cwd=tmp_path)
    assert run.returncode == 2
    told = json.loads(run.stdout)
    assert told["results"] == told["errors"] == []
    assert f"error: {told['error']}" in run.stderr

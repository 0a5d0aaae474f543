"""`avaffect predict` with recordings and results in an object store: a server of S3 on this machine."""

import io
import json
import logging
import os
import signal
import subprocess
import sys
import time
import wave

import numpy as np
import pytest

from avaffect import storage
from avaffect.address import place
from avaffect.errors import DataError, MediaError
from avaffect.inputs import find

pytest.importorskip("s3fs", reason="needs the extra 'remote'")
moto = pytest.importorskip("moto.server", reason="needs the extra 'dev'")

TABLE_ONLY = ("-m", "audio.default", "--no-plot", "--no-video", "-f", "csv")
SLOW = """
from multiprocessing import parent_process
import time

if parent_process():
    from avaffect.predict import Predictor

    real = Predictor.process_file

    def process_file(self, path, *args, **known):
        if path.name == "c.wav":
            open("begun", "w").close()
            time.sleep(60)
        return real(self, path, *args, **known)

    Predictor.process_file = process_file
"""


@pytest.fixture(scope="module")
def server():
    """The store's address, and what a program needs to know to get there."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = moto.ThreadedMotoServer(port=0, verbose=False)
    running.start()
    _, port = running.get_host_and_port()
    yield {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    running.stop()


@pytest.fixture
def store(server, monkeypatch, tmp_path):
    """A bucket with three recordings, one of them damaged; temporary files are in a folder of their own."""
    import s3fs

    for name, value in server.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    s3fs.S3FileSystem.clear_instance_cache()
    system = s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)
    system.mkdir("study")
    for seed, name in enumerate(("a", "deep/b", "c")):
        system.pipe_file(f"study/in/{name}.wav", sound(seed))
    yield system
    system.rm("study", recursive=True)


def sound(seed):
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", "not compressed"))
        file.writeframes(np.random.default_rng(seed).integers(-900, 900, 8000).astype("<i2").tobytes())
    return content.getvalue()


def names(store):
    return [name.removeprefix("study/out/") for name in store.find("study/out")]


def test_a_run_that_is_killed_goes_on_where_it_was(avaffect, store, tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    command = ("predict", "-r", "s3://study/in", "--out", "s3://study/out", *TABLE_ONLY)
    run = subprocess.Popen(
        [sys.executable, "-m", "avaffect", "--plugin", "slow.py", *command],
        cwd=tmp_path, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    began = time.monotonic()
    while not (tmp_path / "begun").exists():
        assert run.poll() is None
        assert time.monotonic() - began < 120
        time.sleep(0.05)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert names(store) == ["a.avaffect.json", "a.csv", "c.avaffect.json"]
    finished = store.modified("study/out/a.csv")
    record = json.loads(store.cat_file("study/out/c.avaffect.json"))
    assert record["outputs"] == {"c.csv": None}, "planned, and nothing half is there"
    assert record["source"]["path"] == "s3://study/in/c.wav"

    store.pipe_file("study/in/damaged.wav", b"damaged")
    again = avaffect(*command, "--resume", "--workers", "2", "--shard", "1/1", cwd=tmp_path)
    assert again.returncode == 2, again.stderr
    assert "resumed: 1 of 4 files are finished and skipped" in again.stderr
    assert store.modified("study/out/a.csv") == finished
    assert names(store) == [
        *(f"{name}{ending}" for name in ("a", "c", "deep/b") for ending in (".avaffect.json", ".csv")),
        "errors-1-of-1.csv",
        "summary-1-of-1.tsv",
    ]
    errors = store.cat_file("study/out/errors-1-of-1.csv").decode()
    damaged = "s3://study/in/damaged.wav"
    assert errors.startswith(f'file,error\r\n{damaged},"{damaged}: is not a video or audio')
    summary = store.cat_file("study/out/summary-1-of-1.tsv").decode()
    rows = [line.split("\t")[0] for line in summary.splitlines()]
    assert rows == ["file", *(f"s3://study/in/{name}.wav" for name in ("a", "c", "damaged", "deep/b"))]
    assert not list((tmp_path / "temporary").glob(".avaffect-*")), (
        "no copy is left, of the killed run neither"
    )


def test_what_cannot_go_is_one_line(store, tmp_path):
    storage._system_of.cache_clear()
    with pytest.raises(DataError, match="^s3://elsewhere/out: no such bucket; create it first"):
        storage.writable(place("s3://elsewhere/out"), "give another")
    for given, told in (
        ("s3://elsewhere/a.wav", "no such bucket"),
        ("s3://study/none.wav", "no such object"),
        ("s3://study/none/*.wav", "matches no object"),
    ):
        with pytest.raises(MediaError, match=told):
            find([given], tmp_path, recursive=False)


def test_without_credentials(store, monkeypatch, tmp_path):
    import s3fs

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    s3fs.S3FileSystem.clear_instance_cache()
    storage._system_of.cache_clear()
    with pytest.raises(MediaError, match="^s3://study/in/a.wav: cannot be read .*; check the credentials"):
        find(["s3://study/in/a.wav"], tmp_path, recursive=False)

"""A server that is killed, and the next one in its folder."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from avaffect.errors import DataError
from avaffect.serve.jobs import Job, JobStore, State


@pytest.fixture
def started(tmp_path, make):
    """``started()``: a server in a process of its own, and a client; every one uses the same folder."""
    running: list[subprocess.Popen] = []

    def start() -> tuple[subprocess.Popen, httpx.Client]:
        command = [sys.executable, Path(__file__).parent / "made_server.py", tmp_path / "data", *make.args]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        return process, httpx.Client(base_url=process.stdout.readline().strip(), timeout=120)

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_a_killed_server_loses_no_job_and_leaves_no_process(started, server, sound, tmp_path):
    process, client = started()
    done = server.send(client, "done.wav", sound)
    assert server.wait(client, done)["state"] == "done"
    half, waiting = (server.send(client, name, sound) for name in ("halfway.wav", "later.wav"))
    server.wait(client, half, "running")
    children = psutil.Process(process.pid).children()
    process.kill()
    process.wait()
    (tmp_path / "data" / "jobs" / "nobodys").mkdir()
    assert psutil.wait_procs(children, timeout=60)[1] == []

    process, client = started()
    found = {each["id"]: each for each in client.get("/v1/predictions").json()["predictions"]}
    assert list(found) == [done, half, waiting]
    assert found[done]["state"] == "done"
    assert client.get(found[done]["links"]["csv"]).status_code == 200
    assert [server.wait(client, each)["state"] for each in (half, waiting)] == ["done", "done"]
    assert {path.name for path in (tmp_path / "data" / "jobs").iterdir()} == set(found)

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == -signal.SIGTERM


def test_one_server_at_a_time_uses_a_folder(tmp_path):
    with JobStore(tmp_path / "jobs.sqlite"):
        started = time.monotonic()
        with pytest.raises(DataError, match="is another server at work"):
            JobStore(tmp_path / "jobs.sqlite")
        assert time.monotonic() - started < 5
    JobStore(tmp_path / "jobs.sqlite").close()


def test_a_file_that_holds_no_jobs_is_left_alone(tmp_path):
    (tmp_path / "jobs.sqlite").write_bytes(b"something else " * 100)
    with pytest.raises(DataError, match="holds no jobs"):
        JobStore(tmp_path / "jobs.sqlite")


def test_jobs_that_were_running_are_the_first_to_be_taken(tmp_path):
    with JobStore(tmp_path / "jobs.sqlite") as store:
        store.add([Job(str(k), f"{k}.wav", "m") for k in range(3)])
        assert store.take() == store.get("0")
    with JobStore(tmp_path / "jobs.sqlite") as store:
        assert [job.state for job in store.all()] == [State.QUEUED] * 3
        assert [store.take().id for _ in range(3)] == ["0", "1", "2"]
        assert store.take() is None

"""The queue and the processes behind it: what is cancelled, dies, swells, takes too long."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture(scope="module")
def client(start):
    return start(max_memory=400 * 2**20, queue=12)


def test_what_waits_and_what_runs_can_be_cancelled(client, server, sound):
    running, waiting = (server.send(client, f"slow_{k}.wav", sound) for k in range(2))
    server.wait(client, running, "running")
    found = client.get(f"/v1/predictions/{waiting}").json()
    assert (found["state"], found["position"]) == ("queued", 0)
    for identity in (waiting, running):
        assert client.delete(f"/v1/predictions/{identity}").json()["state"] == "cancelled"
    after = server.send(client, "next.wav", sound)
    assert server.wait(client, after)["state"] == "done"
    folder = client.app.state.service.folder
    assert not folder.of(running).exists()
    assert not folder.of(waiting).exists()
    assert [client.delete(f"/v1/predictions/{each}").status_code for each in (waiting, running)] == [204, 204]


def test_a_running_job_tells_how_far_it_is(client, server, sound):
    identity = server.send(client, "slow.wav", sound)
    server.wait(client, identity, "running")
    for _ in range(100):
        if progress := client.get(f"/v1/predictions/{identity}").json()["progress"]:
            break
        time.sleep(0.05)
    assert (progress["stage"], progress["completed"], progress["total"]) == ("reading", 1.0, 2.0)
    assert progress["seconds_left"] >= 0
    client.delete(f"/v1/predictions/{identity}")


def test_a_process_that_is_killed_is_replaced_and_the_job_begins_again(client, server, sound):
    identity = server.send(client, "once.wav", sound)
    assert server.wait(client, identity)["state"] == "done"
    slow = server.send(client, "slow_killed.wav", sound)
    server.wait(client, slow, "running")
    pool = client.app.state.service.pool
    (pid,) = _await(lambda: pool.pids)
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):  # a machine that goes down asks first
        os.kill(pid, number)
        (pid,) = _await(lambda old=pid: [new for new in pool.pids if new != old])
        server.wait(client, slow, "running")
    assert client.get(f"/v1/predictions/{slow}").json()["state"] in ("queued", "running")
    client.delete(f"/v1/predictions/{slow}")


def test_a_recording_that_brings_processes_down_fails_and_the_next_is_read(client, server, sound):
    bad, good = (server.send(client, name, sound) for name in ("dies.wav", "fine.wav"))
    found = server.wait(client, bad)
    assert found["state"] == "failed"
    assert "dies.wav: the process that read it ended abruptly" in found["error"]
    assert server.wait(client, good)["state"] == "done"


def test_a_process_that_swells_is_ended(client, server, sound):
    found = server.wait(client, server.send(client, "swells.wav", sound))
    assert found["state"] == "failed"
    assert "needs more than 0.391 GiB of memory" in found["error"]


def test_work_that_takes_too_long_is_ended(start, server, sound):
    client = start(max_seconds=1.0)
    found = server.wait(client, server.send(client, "slow.wav", sound))
    assert (found["state"], found["error"]) == (
        "failed",
        "slow.wav: takes longer than 1 s, which is the limit here; cut it up",
    )


def test_a_full_queue_says_when_to_come_again(start, server, sound):
    client = start(queue=1)
    running = server.send(client, "slow.wav", sound)
    server.wait(client, running, "running")
    waiting = server.send(client, "waits.wav", sound)
    answer = client.post("/v1/predictions", files={"file": ("more.wav", sound)})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 600
    assert "the queue is full: 1 of 1" in answer.json()["detail"]
    folders = client.app.state.service.folder.path / "jobs"
    assert {path.name for path in folders.iterdir()} == {running, waiting}
    for identity in (waiting, running):
        client.delete(f"/v1/predictions/{identity}")


def test_eight_clients_at_once_get_what_they_sent(client, server, sound):
    def one(number: int) -> tuple[str, dict]:
        name = f"client {number}.wav"
        return name, server.wait(client, server.send(client, name, sound))

    with ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(one, range(8)))
    assert [found["state"] for _, found in answers] == ["done"] * 8
    assert all(found["name"] == name for name, found in answers)
    assert len({found["id"] for _, found in answers}) == 8


def _await(condition):
    for _ in range(1200):
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come")

"""Graphs on ONNX Runtime: what cannot be run is told, and a fork runs them too."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import psutil
import pytest

from avaffect import session
from avaffect.device import PROVIDERS
from avaffect.errors import AvaffectError, ModelError
from avaffect.session import Session, shipped


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no file .*gone\.onnx"):
        Session(tmp_path / "gone.onnx")


@pytest.mark.parametrize("content", [b"", b"not a graph", b"\x08\x0a" * 50])
def test_what_is_no_graph_is_told_in_a_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\.onnx is no graph") as found:
        Session(path)
    assert "\n" not in str(found.value)


def _scores(session: Session, queue: multiprocessing.Queue) -> None:
    queue.put(session(pictures=np.zeros((300, 24, 24, 3), np.uint8))[0])


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
def test_a_fork_runs_what_its_parent_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avaffect.session._threads", 2)  # their threads are not in a fork
    session = Session(shipped("mtcnn/rnet.onnx"))
    expected = session(pictures=np.zeros((300, 24, 24, 3), np.uint8))[0]
    forks = multiprocessing.get_context("fork")
    queue = forks.Queue()
    child = forks.Process(target=_scores, args=(session, queue))
    child.start()
    try:
        np.testing.assert_allclose(queue.get(timeout=20), expected, atol=1e-6)
    finally:
        child.kill()
        child.join()


def test_memory_of_runs_is_given_back() -> None:
    rnet, process = Session(shipped("mtcnn/rnet.onnx")), psutil.Process()
    pictures = np.random.default_rng(0).integers(0, 255, (1500, 24, 24, 3)).astype(np.uint8)
    expected = rnet(pictures=pictures)
    kept = process.memory_info().rss
    session.give_back()
    assert kept - process.memory_info().rss > 50e6
    for found, before in zip(rnet(pictures=pictures), expected, strict=True):
        np.testing.assert_array_equal(found, before)


def test_memory_is_given_back_of_long_recordings_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[None] = []
    monkeypatch.setattr(session, "give_back", lambda: given.append(None))
    session.give_back_if_long(session.LONG)
    assert not given
    session.give_back_if_long(session.LONG + 0.1)
    assert len(given) == 1


def test_graphs_take_turns_in_one_memory() -> None:
    code = (
        "import numpy as np, psutil\n"
        "from avaffect.session import Session, shipped\n"
        "pictures = np.zeros((1500, 24, 24, 3), np.uint8)\n"
        "sessions = [Session(shipped('mtcnn/rnet.onnx')) for _ in range(3)]\n"
        "for session in sessions:\n"
        "    session(pictures=pictures)\n"
        "    print(psutil.Process().memory_info().rss)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, *_, last = map(int, found.stdout.split())
    assert last - first < 50e6


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What this ONNX Runtime is said to have beside the CPU; a test adds to it."""
    added: list[str] = []
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [*added, "CPUExecutionProvider"])
    yield added
    session.set_device("cpu")


@pytest.mark.parametrize("name", list(PROVIDERS))
def test_a_device_that_is_not_there_is_told_and_the_cpu_used(
    name: str, devices: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    session.set_device(name)
    (line,) = caplog.messages
    assert f"device {name}" in line
    assert "the CPU is used" in line
    assert Session(shipped("mtcnn/rnet.onnx"))._session.get_providers() == ["CPUExecutionProvider"]


def test_a_device_that_the_machine_lacks_is_told_once(
    devices: list[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices.append("CUDAExecutionProvider")
    asked = []
    real = onnxruntime.InferenceSession

    def opened(path: Path, options: object, providers: list[str]) -> object:
        asked.append(providers)
        return real(path, options, providers=["CPUExecutionProvider"])  # as where there is no driver

    monkeypatch.setattr(onnxruntime, "InferenceSession", opened)
    session.set_device("auto")
    for _ in range(2):
        Session(shipped("mtcnn/rnet.onnx"))
    assert asked == [["CUDAExecutionProvider", "CPUExecutionProvider"], ["CPUExecutionProvider"]]
    assert caplog.messages == ["device cuda cannot be used on this machine, so the CPU is used"]


def test_auto_is_the_cpu_where_there_is_nothing_else(
    devices: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    session.set_device("auto")
    assert not caplog.messages
    assert Session(shipped("mtcnn/rnet.onnx"))._session.get_providers() == ["CPUExecutionProvider"]


def test_an_unknown_device_is_told() -> None:
    with pytest.raises(AvaffectError, match="device='tpu': expected one of cpu, auto, cuda"):
        session.set_device("tpu")

"""Graphs on ONNX Runtime: what cannot be run is told, and a fork runs them too."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from avaffect.errors import ModelError
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

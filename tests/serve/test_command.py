"""`avaffect serve`: what it says where it cannot serve."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from avaffect.errors import AvaffectError
from avaffect.serve.run import run
from avaffect.serve.settings import Settings


def test_others_are_let_in_with_a_token_alone(tmp_path):
    command = [sys.executable, "-m", "avaffect", "serve", "--host", "0.0.0.0", "--folder", tmp_path / "data"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "--host 0.0.0.0 lets others in" in ended.stderr
    assert not (tmp_path / "data").exists()


def test_a_port_that_is_taken_is_told_before_any_work(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(folder=tmp_path / "data", port=taken.getsockname()[1])
        with pytest.raises(AvaffectError, match="Address already in use.*--port"):
            run(settings, ready=print)
    assert not (tmp_path / "data").exists()


def test_a_host_that_there_is_not_is_told_as_such(tmp_path):
    # An address for documentation (RFC 5737): no machine has it.
    settings = Settings(folder=tmp_path / "data", host="192.0.2.1", port=0, token="t" * 24)
    with pytest.raises(AvaffectError, match="cannot listen on 192.0.2.1 .*--host"):
        run(settings, ready=print)


def test_a_model_that_there_is_not_is_told_at_once(tmp_path):
    with pytest.raises(AvaffectError, match="nobody.default"):
        run(Settings(folder=tmp_path, port=0, model="nobody.default"), ready=print)

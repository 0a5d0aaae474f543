"""Servers to try: the application with made-up work, and small sound files to send."""

from __future__ import annotations

import io
import sys
import time
import wave
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("fastapi", reason="the extra [serve] is not installed")

from fastapi.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent))  # the processes of a pool import it from there too

from made_work import MadeWork

from avaffect.serve.app import create_app
from avaffect.serve.settings import Settings
from avaffect.serve.worker import FILES
from avaffect.trace import Trace
from avaffect.trace.columns import COLUMNS


def made_trace() -> Trace:
    """Two seconds of one person at 5 rows a second, and a voice of nobody's; the first row is empty."""
    start = np.repeat(np.arange(10) / 5, 2)
    table = pd.DataFrame(np.nan, index=range(20), columns=list(COLUMNS))
    valence = np.linspace(-0.5, 0.5, 20)
    table = table.assign(
        file="made.wav", start=start, end=start + 0.2, pts=start,
        track=[1, None] * 10, frame=np.arange(20) // 2,
        valence=valence, arousal=-valence, source="face+voice",
    )  # fmt: skip
    table.loc[:1, ["valence", "arousal"]] = np.nan
    return Trace(
        table.astype({"track": "Int64", "frame": "Int64"}).set_index(["file", "start", "end"]),
        meta={"model": "hgrjca.default"},
    )


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], MadeWork]:
    """Gives the work of a server's processes."""
    folder = tmp_path_factory.mktemp("results")
    trace = made_trace()
    trace.to_csv(folder / FILES["csv"])
    trace.to_parquet(folder / FILES["parquet"])
    return partial(MadeWork, folder)


@pytest.fixture(scope="session")
def sound() -> bytes:
    """A wav file of one second."""
    random = np.random.default_rng(0)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes(random.integers(-3000, 3000, 16000, dtype=np.int16).tobytes())
    return file.getvalue()


@pytest.fixture(scope="module")
def start(
    tmp_path_factory: pytest.TempPathFactory, make: Callable[[], MadeWork]
) -> Iterator[Callable[..., TestClient]]:
    """``start(**settings)``: a client of a new server that does made-up work; ended after the module."""
    clients: list[TestClient] = []

    def begin(**settings: Any) -> TestClient:
        settings.setdefault("folder", tmp_path_factory.mktemp("serve"))
        client = TestClient(create_app(Settings(**settings), make), base_url="http://localhost")
        clients.append(client.__enter__())
        return client

    yield begin
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture(scope="module")
def client(start: Callable[..., TestClient]) -> TestClient:
    """A client of a server with the settings that it has by default."""
    return start()


def send(client: TestClient, name: str, content: bytes, **options: Any) -> str:
    """Send a recording; gives its id."""
    answer = client.post("/v1/predictions", files={"file": (name, content)}, data=options)
    assert answer.status_code == 202, answer.text
    return answer.json()["predictions"][0]["id"]


def wait(client: TestClient, identity: str, *states: str) -> dict[str, Any]:
    """The prediction once it is in one of the states; by default one that is the last."""
    for _ in range(2400):  # a busy machine takes long
        found = client.get(f"/v1/predictions/{identity}").json()
        if found["state"] in (states or ("done", "failed", "cancelled")):
            return found
        time.sleep(0.05)
    raise AssertionError(f"still {found['state']}")


@pytest.fixture(scope="session")
def server() -> Any:
    """`send` and `wait`."""
    from types import SimpleNamespace

    return SimpleNamespace(send=send, wait=wait)

"""The processes that read: a recording and a stream through the server, as the same are read without it."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from starlette.websockets import WebSocketDisconnect

import avaffect
from avaffect.live import StreamingPredictor
from avaffect.serve.app import create_app
from avaffect.serve.settings import Settings

MODEL = "audio.default"  # the quickest to load


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    settings = Settings(folder=tmp_path_factory.mktemp("serve"), model=MODEL, max_duration=100)
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        yield client


@pytest.fixture(scope="module")
def predictor():
    return avaffect.load(MODEL)


def test_a_recording_is_read_as_without_a_server(client, server, sound, predictor, tmp_path):
    found = server.wait(client, server.send(client, "monday.wav", sound))
    assert (found["state"], found["model"]) == ("done", MODEL)
    assert set(found["links"]) == {"self", "events", "csv", "parquet", "xlsx", "png", "report"}
    report = client.get(found["links"]["report"])
    assert report.headers["content-disposition"] == 'attachment; filename="monday.html"'
    assert "<h1>monday.wav</h1>" in report.text
    path = tmp_path / "monday.wav"
    path.write_bytes(sound)
    expected = predictor.process_file(path).table.reset_index()
    table = pd.read_parquet(io.BytesIO(client.get(found["links"]["parquet"]).content)).reset_index()
    assert set(table["file"]) == {"monday.wav"}
    pd.testing.assert_frame_equal(table.drop(columns="file"), expected.drop(columns="file"), rtol=1e-5)


def test_a_stream_is_read_as_without_a_server_and_kept(client, sound, predictor):
    samples = np.frombuffer(sound[44:], "<i2").astype(np.float32) / 32768
    stream = StreamingPredictor(predictor)
    ticks = stream.push_samples(samples, 0.0) + stream.finish()
    with client.websocket_connect("/v1/stream", headers={"host": "localhost"}) as socket:
        hello = socket.receive_json()
        assert (hello["type"], hello["model"], hello["tick_rate"]) == ("hello", MODEL, 12.5)
        assert (hello["sample_rate"], hello["lag"]) == (16000, 0.0)
        for begin in range(0, len(samples), 4000):
            piece = samples[begin : begin + 4000].astype("<f4").tobytes()
            socket.send_bytes(struct.pack("<Bd", 1, begin / 16000) + piece)
        socket.send_bytes(struct.pack("<Bd", 0, 0.5) + b"no picture")
        socket.send_bytes(struct.pack("<Bd", 0, 0.6) + _jpeg())
        socket.send_text(json.dumps({"type": "stop", "save": True}))
        got, dropped = [], 0
        while (message := socket.receive_json())["type"] == "ticks":
            got, dropped = got + message["ticks"], message["dropped"]
            assert message["delay_ms"] is None or message["delay_ms"] > 0
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert closed.value.code == 1000
    assert dropped == 1
    assert [tick["index"] for tick in got] == [tick.index for tick in ticks]
    expected = [tick.people[0].valence if tick.people else None for tick in ticks]
    found = [tick["people"][0]["valence"] if tick["people"] else None for tick in got]
    assert found == pytest.approx(expected, abs=1e-4, nan_ok=True)
    kept = client.get(f"/v1/predictions/{message['id']}").json()
    assert (message["type"], kept["state"]) == ("saved", "done")
    assert kept["name"].startswith("live ")
    assert len(kept["result"]["tracks"]["none"]["valence"]) == len(ticks)


def _jpeg() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48)).save(file, "JPEG")
    return file.getvalue()

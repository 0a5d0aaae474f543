"""Live connections: what is refused, and what waits while reading is slow. No model is loaded."""

from __future__ import annotations

import asyncio
import struct

import pytest
from starlette.websockets import WebSocketDisconnect

from avaffect.errors import DataError
from avaffect.serve.inbox import MOST_PICTURES, Inbox


def message(kind: int, time: float, content: bytes = b"") -> bytes:
    """A message as a client sends it."""
    return struct.pack("<Bd", kind, time) + content


def test_of_pictures_that_wait_the_newest_are_kept_and_no_sound_is_lost():
    inbox = Inbox(sample_rate=8000)
    for k in range(10):
        inbox.put(message(0, k, b"picture"), came=0.0)
        inbox.put(message(1, k, b"\0" * 3200), came=0.0)
    pieces = asyncio.run(inbox.take())
    assert [piece.time for piece in pieces if piece.kind == 0] == [7, 8, 9]
    assert inbox.dropped == (10 - MOST_PICTURES, 0.0)
    assert [piece.time for piece in pieces if piece.kind == 1] == list(range(10))


def test_of_sound_that_waits_for_long_the_oldest_is_dropped():
    inbox = Inbox(sample_rate=8000)
    for k in range(5):  # seconds
        inbox.put(message(1, k, b"\0" * 32000), came=0.0)
    assert [piece.time for piece in asyncio.run(inbox.take())] == [3, 4]
    assert inbox.dropped == (0, 3.0)


def test_an_inbox_that_is_closed_gives_what_is_left_and_then_nothing():
    async def rest():
        inbox = Inbox(16000)
        inbox.put(message(0, 0.0), came=0.0)
        inbox.close()
        return [await inbox.take(), await inbox.take()]

    first, second = asyncio.run(rest())
    assert len(first) == 1
    assert second is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0 bytes"),
        (b"\x01\x02", "2 bytes"),
        (message(7, 0.0), "kind 7"),
        (message(0, float("nan")), "time nan"),
        (message(1, -1.0), "time -1.0"),
        (message(1, float("inf")), "time inf"),
    ],
)
def test_a_message_of_another_kind_is_refused(content, words):
    with pytest.raises(DataError, match=words):
        Inbox(16000).put(content, came=0.0)


@pytest.mark.parametrize(
    ("query", "headers", "words"),
    [
        ("model=nobody", {}, "no model 'nobody'"),
        ("people=some", {}, "expected 'all' or 'main'"),
        ("", {"origin": "http://evil.example"}, "may not use this server"),
        ("", {"host": "evil.example"}, "as localhost alone"),
    ],
)
def test_a_connection_that_may_not_be_is_closed(client, query, headers, words):
    with pytest.raises(WebSocketDisconnect) as closed:
        _listen(client.websocket_connect(f"/v1/stream?{query}", headers={"host": "localhost"} | headers))
    assert closed.value.code == 1008
    assert words in closed.value.reason


def _listen(connection):
    with connection as socket:
        while True:
            assert socket.receive_json()["type"] == "error"


def test_without_the_token_no_stream_is_read(start):
    guarded = start(token="a long secret")
    with pytest.raises(WebSocketDisconnect), guarded.websocket_connect("/v1/stream"):
        pass

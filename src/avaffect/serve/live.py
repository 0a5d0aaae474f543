"""Live over a WebSocket: a camera's pictures and a microphone's sound in, valence and arousal out."""

from __future__ import annotations

import asyncio
import json
import math
import time
from functools import partial
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketState

from ..errors import AvaffectError, DataError
from ..process import Child
from ..registry import loaded_plugins
from .context import TheService
from .inbox import Inbox
from .live_worker import Finish, Push, Read, Stream, StreamReader
from .responses import People
from .service import Service

router = APIRouter()

MOST_STREAMS = 2
"""Streams at the same time; each keeps a core busy."""

_SILENCE = 60.0  # seconds without a message after which a connection is ended
_SECONDS_TO_READ = 120.0  # the first time, a model is loaded
_LONGEST_REASON = 123  # bytes, by the protocol
_DONE, _REFUSED, _FULL = 1000, 1008, 1013  # codes of WebSocket


@router.websocket("/v1/stream")
async def stream(
    socket: WebSocket,
    service: TheService,
    model: str | None = None,
    people: str = "all",
    lag: float = 0.0,
    sample_rate: Annotated[int, Query(ge=8000, le=192_000)] = 16000,
) -> None:
    """Read a stream until the client stops it, see docs/serve.md."""
    await socket.accept()
    if len(service.streams) >= MOST_STREAMS:
        await _end(socket, _FULL, f"{MOST_STREAMS} streams are open already; close one")
        return
    try:
        chosen = service.model(model)
        if people not in get_args(People):
            raise AvaffectError(f"people={people[:20]!r}: expected 'all' or 'main'")
    except AvaffectError as error:
        await _end(socket, _REFUSED, str(error))
        return
    settings = Stream(chosen.reference, people, lag, sample_rate, loaded_plugins())
    live = _Live(socket, service, settings, chosen.spec.name)
    service.streams.add(live.child)
    try:
        await live.run()
    finally:
        service.streams.discard(live.child)
        await run_in_threadpool(live.child.end)


class _Live:
    """One connection: what comes is put into an inbox, and read from there by a process."""

    def __init__(self, socket: WebSocket, service: Service, settings: Stream, model: str) -> None:
        self.child = Child(partial(StreamReader, settings), "avaffect-stream")
        self._socket, self._service, self._settings, self._model = socket, service, settings, model
        self._inbox = Inbox(settings.sample_rate)
        self._save: bool | None = None  # once the client has stopped

    async def run(self) -> None:
        """Until the client stops, is gone, or sends what it may not."""
        receiving = asyncio.create_task(self._receive())
        try:
            await self._read()
            await receiving
            await self._finish()
        except AvaffectError as error:
            await _end(self._socket, _REFUSED, str(error))
        except WebSocketDisconnect:
            pass
        finally:
            receiving.cancel()

    async def _receive(self) -> None:
        """Put what comes into the inbox; ends with the message that stops the stream."""
        try:
            while True:
                message = await asyncio.wait_for(self._socket.receive(), _SILENCE)
                if message["type"] == "websocket.disconnect":
                    raise WebSocketDisconnect(message.get("code") or _DONE)
                if content := message.get("bytes"):
                    self._check(self._inbox.put(content, time.monotonic()))
                else:
                    self._save = stopped(message.get("text") or "")
                    return
        except TimeoutError as error:
            raise DataError(f"nothing came for {_SILENCE:g} s; open another stream") from error
        finally:
            self._inbox.close()

    def _check(self, seconds: float) -> None:
        most = self._service.settings.max_duration
        if seconds > most:
            raise DataError(f"the stream is at {seconds:.0f} s, {most:g} s are taken here; open another")

    async def _read(self) -> None:
        """Say hello once the model is loaded, and send what is read of each piece."""
        first = await self._done(Push())
        await self._send(
            type="hello",
            model=self._model,
            lag=self._settings.lag,
            sample_rate=self._settings.sample_rate,
            tick_rate=first.tick_rate,
            max_duration=self._service.settings.max_duration,
        )
        while (pieces := await self._inbox.take()) is not None:
            await self._tell(await self._done(Push(pieces)))

    async def _finish(self) -> None:
        """Send the last ticks, and keep the result if that is wished."""
        with self._service.live_job(self._model, self._settings.people) as job:
            folder = self._service.folder.of(job.id) if self._save else None
            last = await self._done(Finish(folder, job.name, self._inbox.dropped))
            await self._tell(last)
            if self._save:
                await run_in_threadpool(self._service.keep, job, last.duration)
                await self._send(type="saved", id=job.id)
        await _end(self._socket, _DONE, "")

    async def _done(self, request: Push | Finish) -> Read:
        work = partial(
            self.child.run,
            request,
            check=self._check_open,
            seconds=_SECONDS_TO_READ,
            memory=self._service.settings.max_memory,
        )
        read: Read = await run_in_threadpool(work)
        return read

    def _check_open(self) -> None:
        if self._service.closing or self._socket.client_state is WebSocketState.DISCONNECTED:
            raise WebSocketDisconnect

    async def _tell(self, read: Read) -> None:
        if read.ticks:
            delay = None if read.delay is None else math.ceil(1000 * read.delay)
            dropped = self._inbox.dropped
            await self._send(
                type="ticks",
                ticks=read.ticks,
                delay_ms=delay,
                dropped=dropped.pictures + read.damaged,
                sound_dropped=round(dropped.sound, 3),
            )

    async def _send(self, **message: Any) -> None:
        await self._socket.send_json(message)


def stopped(text: str) -> bool:
    """Whether a client that says it stops wants to keep the result.

    Raises
    ------
    DataError
        If it says something else.
    """
    try:
        said = json.loads(text)
        if said["type"] == "stop" and isinstance(said.get("save", False), bool):
            return bool(said.get("save", False))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    raise DataError(f'{text[:60]!r} came; expected {{"type": "stop", "save": false}}')


async def _end(socket: WebSocket, code: int, reason: str) -> None:
    """Say why, and close; nothing if the client is gone."""
    try:
        if reason:
            await socket.send_json({"type": "error", "detail": reason})
        await socket.close(code, reason.encode()[:_LONGEST_REASON].decode(errors="ignore"))
    except (RuntimeError, WebSocketDisconnect):
        pass

"""Server-sent events: what changes, as it changes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Header, Request, Response
from starlette.responses import StreamingResponse

from .context import TheJob, TheService, refusals
from .jobs import Job
from .responses import PREFIX, prediction
from .service import Service

router = APIRouter(tags=["events"])

_LOOK_EVERY = 0.25  # seconds
_SAY_SOMETHING = 15.0  # seconds after which a connection without news is kept open by a comment
_LAST = "end"
_TYPE = "text/event-stream"
_EVENT = {
    "type": "object",
    "properties": {"event": {"enum": ["prediction", "removed"]}, "data": {"type": "string"}},
    "required": ["event", "data"],
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {_TYPE: {"schema": _EVENT}}, "description": "The events."}
}


@router.get(f"{PREFIX}/{{id}}/events", response_class=StreamingResponse, responses=refusals(404) | _STREAM)
async def of_one(
    service: TheService, job: TheJob, request: Request, last_event_id: str = Header("")
) -> Response:
    """Progress of one prediction: an event ``prediction`` at each change, until it has come to its end.

    A browser that connects again after the end gets 204 and stops.
    """
    if last_event_id == _LAST and job.state.is_final:
        return Response(status_code=204)
    return _stream(_events(service, request, job.id))


@router.get("/v1/events", response_class=StreamingResponse, responses=refusals() | _STREAM)
async def of_all(service: TheService, request: Request) -> Response:
    """Progress of all: an event ``prediction`` at each change of one, ``removed`` with the id of one gone."""
    return _stream(_events(service, request, None))


def _stream(events: AsyncIterator[str]) -> StreamingResponse:
    return StreamingResponse(events, media_type=_TYPE, headers={"cache-control": "no-store"})


async def _events(service: Service, request: Request, only: str | None) -> AsyncIterator[str]:
    """The text of the events of one job, or of all."""
    told: dict[str, str] = {}
    settled: set[str] = set()  # nothing of these will change
    last, version = time.monotonic(), -1
    while not service.closing and not await request.is_disconnected():
        if version != service.store.version or service.pool.is_at_work:
            version, jobs = service.store.version, _jobs(service, only)
            for job in jobs:
                if job.id in settled:
                    continue
                text = prediction(service, job).model_dump_json()
                if told.get(job.id) != text:
                    told[job.id], last = text, time.monotonic()
                    identity = f"id: {_LAST}\n" if only and job.state.is_final else ""
                    yield f"event: prediction\n{identity}data: {text}\n\n"
                if job.state.is_final:
                    settled.add(job.id)
            for gone in told.keys() - {job.id for job in jobs}:
                del told[gone]
                yield f"event: removed\ndata: {json.dumps({'id': gone})}\n\n"
            if only and (not jobs or jobs[0].state.is_final):
                return
        if time.monotonic() - last > _SAY_SOMETHING:
            last = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(_LOOK_EVERY)


def _jobs(service: Service, only: str | None) -> list[Job]:
    if only is None:
        return service.store.all()
    job = service.store.get(only)
    return [] if job is None else [job]

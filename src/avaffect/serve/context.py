"""What the routes share: the service behind them, a job by its id, and the refusals they may answer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Path, Request
from starlette.requests import HTTPConnection

from ..errors import DataError, nearest
from ..schema import short
from .jobs import Job, State
from .responses import Problem
from .service import Service


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI document: the refusals of a route; everywhere that of a missing token."""
    return {status: {"model": Problem} for status in (400, 401, *statuses)}


def _service(connection: HTTPConnection) -> Service:
    service: Service = connection.app.state.service
    return service


async def known_fields(request: Request) -> None:
    """Refuse a form with a field that its route does not know: a slip would go unseen.

    Raises
    ------
    DataError
        With the nearest field that there is.
    """
    known = [field.alias for field in request.scope["route"].dependant.body_params]
    for name in await request.form():
        if name not in known:
            raise DataError(f"{short(name)}: is no field that is known here; {nearest(name, known)}")


TheService = Annotated[Service, Depends(_service)]


def find(service: Service, identity: str) -> Job:
    """The job of an id that a client sent.

    Raises
    ------
    HTTPException
        404, if there is none.
    """
    job = service.store.get(identity)
    if job is None:
        raise HTTPException(
            404, f"no prediction {identity[:64]!r}; GET /v1/predictions lists those there are"
        )
    return job


def _job(service: TheService, identity: Annotated[str, Path(alias="id")]) -> Job:
    return find(service, identity)


TheJob = Annotated[Job, Depends(_job)]


def done(job: TheJob) -> Job:
    """The job, if it is done.

    Raises
    ------
    HTTPException
        409, if it is not.
    """
    if job.state is not State.DONE:
        raise HTTPException(409, f"{job.name} is {job.state.value}; its results are there when it is done")
    return job


DoneJob = Annotated[Job, Depends(done)]

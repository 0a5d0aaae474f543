"""The routes that tell of the server itself: its models, its limits, its health, and the page's login."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Response
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from .. import __version__
from .context import TheService, refusals
from .guard import COOKIE, is_token, session
from .jobs import State
from .responses import Limits, Models, model_card

router = APIRouter(tags=["server"])

_A_WEEK = 7 * 24 * 3600
_PAUSE = 1.0  # seconds before a wrong token is refused


class Session(BaseModel):
    """Whether a token is needed, and whether this browser has shown it."""

    needed: bool = Field(description="Whether this server wants a token.")
    known: bool = Field(description="Whether this client may use it now.")


@router.get("/v1/models", responses=refusals())
def models(service: TheService) -> Models:
    """The models that can be asked for, the server's own choice first."""
    cards = [
        model_card(model.spec, default=name == service.default_model)
        for name, model in service.models.items()
    ]
    return Models(models=cards)


@router.get("/v1/limits", responses=refusals())
def limits(service: TheService) -> Limits:
    """What this server takes, and whether it keeps uploads."""
    settings = service.settings
    return Limits(
        version=__version__,
        max_size=settings.max_size,
        max_duration=settings.max_duration,
        queue=settings.queue,
        waiting=service.store.counts()[State.QUEUED],
        keep=settings.keep,
    )


@router.get("/v1/session")
def who(service: TheService, request: Request) -> Session:
    """Whether a token is needed, and whether this browser has shown it."""
    return Session(needed=service.settings.token is not None, known=request.scope["known"])


@router.post("/v1/session", status_code=204, responses=refusals(403, 422))
async def log_in(service: TheService, request: Request, token: Annotated[str, Form()]) -> Response:
    """Log a browser in: it keeps a cookie that scripts cannot read and other sites do not send."""
    wanted = service.settings.token
    if wanted is None:
        return Response(status_code=204)
    if not is_token(token, wanted):
        await asyncio.sleep(_PAUSE)
        raise HTTPException(401, "this is not the token; whoever started the server knows it")
    answer = Response(status_code=204)
    answer.set_cookie(
        COOKIE,
        session(wanted),
        max_age=_A_WEEK,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.delete("/v1/session", status_code=204, responses=refusals(403))
def log_out() -> Response:
    """Log a browser out."""
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


@router.get("/healthz", response_class=PlainTextResponse)
def health(service: TheService) -> str:
    """Whether the server is at work: ``ok``."""
    service.store.counts()
    return "ok\n"


@router.get("/metrics", response_class=PlainTextResponse, responses=refusals())
def metrics(service: TheService) -> PlainTextResponse:
    """Counts and times for Prometheus."""
    return PlainTextResponse(service.metrics.text(), media_type="text/plain; version=0.0.4")

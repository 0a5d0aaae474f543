"""The application: the API, the page, and what stands before them."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

from .. import __version__
from ..errors import AvaffectError
from ..process import Work
from . import about, comparisons, events, live, predictions
from .guard import Guard
from .invalid import in_words
from .jobs import QueueFull
from .service import Service
from .settings import Settings
from .size_limit import SizeLimit

_FULL = (errno.ENOSPC, errno.EDQUOT)

PAGE = Path(__file__).parent / "page"


def create_app(settings: Settings, make: Callable[[], Work] | None = None) -> FastAPI:
    """The server as an ASGI application.

    Parameters
    ----------
    settings : Settings
    make : callable
        Gives the work of the processes that read recordings, see `Pool`.

    Raises
    ------
    AvaffectError
        If the folder cannot be used, another server uses it, or there is no such model.
    """
    service = Service(settings, make)

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        service.close()

    app = FastAPI(
        title="avaffect",
        version=__version__,
        summary="Valence and arousal, moment by moment, from faces and voices.",
        lifespan=running,
        docs_url=None,  # FastAPI's pages load scripts from elsewhere
        redoc_url=None,
        middleware=[
            Middleware(Guard, settings=settings),
            Middleware(SizeLimit, most=settings.max_size),
            Middleware(GZipMiddleware, compresslevel=4),
        ],
        exception_handlers={
            QueueFull: _busy,
            AvaffectError: _refused,
            RequestValidationError: _invalid,
            OSError: _no_space,
            HTTPException: _http,
        },
    )
    app.state.service = service
    for part in (predictions, events, comparisons, live, about):
        app.include_router(part.router)
    app.add_api_route("/vendor/plotly.min.js", _plotly, include_in_schema=False)
    app.mount("/", StaticFiles(directory=PAGE, html=True))
    return app


def _plotly() -> FileResponse:
    """The bundle of charts, out of plotly's own package."""
    found = find_spec("plotly")
    assert found is not None
    assert found.origin is not None
    bundle = Path(found.origin).parent / "package_data" / "plotly.min.js"
    return FileResponse(bundle, headers={"cache-control": "max-age=86400"})


async def _busy(request: Request, error: Exception) -> Response:
    later = {"retry-after": str(request.app.state.service.retry_after())}
    return JSONResponse({"detail": str(error)}, 429, headers=later)


async def _refused(_request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 422)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"detail": in_words(error.errors()[0])}, 422)


async def _no_space(_request: Request, error: Exception) -> Response:
    assert isinstance(error, OSError)
    if error.errno in _FULL:
        return JSONResponse({"detail": "the server's disk is full; try again later"}, 507)
    raise error


async def _http(request: Request, error: Exception) -> Response:
    """A body that could not be stored is told as such: FastAPI calls it one that cannot be parsed."""
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, OSError) and error.__cause__.errno in _FULL:
        return await _no_space(request, error.__cause__)
    return await http_exception_handler(request, error)

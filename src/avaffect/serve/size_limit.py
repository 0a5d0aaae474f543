"""The limit on the size of a request: kept while it comes in, whatever its header says."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SMALL = 2**20
"""Bytes of a request that brings no files."""

_CLOSE = {"connection": "close"}  # what is still on its way is not read


class SizeLimit:
    """Refuses requests of too many bytes with 413, before or while they are read.

    Parameters
    ----------
    app : ASGI application
    most : int
        Bytes of a request with files.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with 413, or hand on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        files = headers.get("content-type", "").startswith("multipart/form-data")
        most = self._most if files else min(_SMALL, self._most)
        refusal = f"the request has more than the {_words(most)} that are taken here; send less at once"
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > most:
            await JSONResponse({"detail": refusal}, 413, headers=_CLOSE)(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(413, refusal, headers=_CLOSE)
            return message

        await self._app(scope, counted, send)


def _words(size: int) -> str:
    return f"{size / 2**30:.3g} GiB" if size >= 2**30 else f"{size / 2**20:.3g} MiB"

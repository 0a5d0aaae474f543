"""Who may ask: the checks that stand before every request, and the headers that go with every answer."""

from __future__ import annotations

import hmac
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .settings import Settings, is_local

COOKIE = "avaffect"
OPEN = ("/healthz", "/v1/session", "/openapi.json")
"""Part of the API that needs no token, as the page's own files do: nothing in them is anybody's."""

_SAFE = ("GET", "HEAD", "OPTIONS")
_POLICY_VIOLATION = 1008  # code with which a WebSocket is closed
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; worker-src 'self' blob:;"
        " style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=()",
}


class Guard:
    """Lets through what comes from this server's own page or a client with its token.

    - A server that listens to its own machine alone answers only under that machine's names, so that no
      web site can reach it by a name of its own (DNS rebinding).
    - A page of another origin may change nothing and open no WebSocket.
    - Where there is a token, the API needs it: as ``Authorization: Bearer``, or by the cookie of a login.

    Parameters
    ----------
    app : ASGI application
    settings : Settings
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with 400, 401 or 403, or hand on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refused = self._refusal(scope, Headers(scope=scope))
        if refused is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refused[1]})
        else:
            status, text = refused
            known = {"www-authenticate": "Bearer"} if status == 401 else None
            answer = JSONResponse({"detail": text}, status, headers=known)
            await answer(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        """Status and reason, or None for what is let through."""
        host = headers.get("host", "")
        if self._settings.is_local and not is_local(_name_of(host)):
            return 400, f"this server answers as localhost alone, not as {host[:100]!r}"
        origin = headers.get("origin")
        if origin is not None and scope.get("method") not in _SAFE and _site_of(origin) != host:
            return 403, f"a page of {origin[:100]!r} may not use this server; open its own page"
        token = self._settings.token
        scope["known"] = token is None or self._is_known(headers, token)
        if not scope["known"] and _is_private(scope["path"]):
            return 401, "a token is needed: send 'Authorization: Bearer TOKEN', or log in on the page"
        return None

    def _is_known(self, headers: Headers, token: str) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and is_token(given.strip(), token):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and _same(cookie.value, session(token))


def is_token(given: str, token: str) -> bool:
    """Whether what a client sent is the token; takes as long whatever is sent."""
    return _same(given, token)


def session(token: str) -> str:
    """What a browser that logged in keeps: it proves that the token was known, and does not tell it."""
    return hmac.new(token.encode(), b"avaffect session", sha256).hexdigest()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


def _is_private(path: str) -> bool:
    return path.startswith(("/v1/", "/metrics")) and path not in OPEN


def _name_of(host: str) -> str:
    """A Host header without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _site_of(origin: str) -> str | None:
    """Host and port of an Origin header; None if it is no address."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _with_headers(send: Send) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sender

"""The server as a program: it listens until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import socket
import tempfile
import webbrowser
from collections.abc import Callable

import uvicorn

from ..errors import AvaffectError
from ..process import Work
from .app import create_app
from .settings import Settings

_LARGEST_MESSAGE = 4 * 2**20  # bytes over a WebSocket; a picture has much fewer
_PORT_FAULTS = (errno.EADDRINUSE, errno.EACCES)
_SECONDS_TO_END = 3  # for answers that are on their way


def run(
    settings: Settings,
    *,
    ready: Callable[[str], None],
    open_page: bool = False,
    make: Callable[[], Work] | None = None,
) -> None:
    """Serve until a signal comes.

    Parameters
    ----------
    settings : Settings
    ready : callable
        Called with the page's address once the server listens.
    open_page : bool
        Open the page in a browser.
    make : callable
        Gives the work of the processes that read recordings, see `Pool`.

    Raises
    ------
    AvaffectError
        If the address or the folder cannot be used, or there is no such model.
    """
    listener = _listener(settings)
    with listener:
        app = create_app(settings, make)
        tempfile.tempdir = str(app.state.service.folder.incoming)  # on the disk that has room, for us alone
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_SECONDS_TO_END,
            server_header=False,
            ws_max_size=_LARGEST_MESSAGE,
        )
        address = f"http://{_shown(settings.host)}:{listener.getsockname()[1]}/"
        asyncio.run(_serve(uvicorn.Server(config), listener, address, ready, open_page))


async def _serve(
    server: uvicorn.Server,
    listener: socket.socket,
    address: str,
    ready: Callable[[str], None],
    open_page: bool,
) -> None:
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not task.done():
        await asyncio.sleep(0.02)
    if server.started:
        ready(address)
        if open_page:
            await asyncio.to_thread(webbrowser.open, address)
    await task


def _listener(settings: Settings) -> socket.socket:
    """The socket, bound now: an address that is taken is known before any work."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        other = "--port" if error.errno in _PORT_FAULTS else "--host"
        raise AvaffectError(
            f"cannot listen on {settings.host} port {settings.port} ({error.strerror}); give another {other}"
        ) from error
    return listener


def _shown(host: str) -> str:
    """A host as it stands in an address."""
    return f"[{host}]" if ":" in host else host

"""`avaffect serve`: a page in the browser, and an HTTP API."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ..device import MOST_WORKERS
from .predict_options import Model
from .printed import Console

_TOKEN = "AVAFFECT_TOKEN"


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but this machine's own needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8460,
    token: Annotated[
        str | None,
        typer.Option(
            envvar=_TOKEN,
            help="What a client must show. Others can read a command line: rather set it in the environment.",
            show_default=False,
        ),
    ] = None,
    model: Model = "hgrjca.default",
    max_size: Annotated[
        float, typer.Option(min=0.001, max=1e9, help="MiB of one upload, all its files together.")
    ] = 2048,
    max_duration: Annotated[float, typer.Option(min=1, max=1e9, help="Seconds of one recording.")] = 7200,
    max_time: Annotated[
        float, typer.Option(min=1, max=1e9, help="Seconds that the work on one recording may take.")
    ] = 21600,
    max_memory: Annotated[
        float, typer.Option(min=256, max=1e9, help="MiB that the process which reads recordings may hold.")
    ] = 4096,
    queue: Annotated[int, typer.Option(min=1, help="Recordings that may wait.")] = 20,
    workers: Annotated[
        int, typer.Option(min=1, max=MOST_WORKERS, help="Recordings that are read at the same time.")
    ] = 1,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep", help="Keep the uploads beside their results; otherwise they are deleted once read."
        ),
    ] = False,
    folder: Annotated[
        Path, typer.Option(help="Where jobs, uploads and results lie; a restart goes on from there.")
    ] = Path("avaffect-serve"),
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Serve a page for the browser, and an HTTP API, on this machine.

    Needs `pip install 'avaffect[serve]'`. Nothing leaves the machine: recordings are read where the server
    runs, and the page asks no other site for anything. Results stay in the folder until they are removed, on
    the page or by the API.

    Example: avaffect serve --open
    """
    from ..serve.settings import Settings

    settings = Settings(
        folder=folder,
        host=host,
        port=port,
        # One that is set to nothing is not taken for none: the server would be open to all.
        token=os.environ.get(_TOKEN) if token is None else token,
        model=model,
        max_size=round(max_size * 2**20),
        max_duration=max_duration,
        max_seconds=max_time,
        max_memory=round(max_memory * 2**20),
        queue=queue,
        workers=workers,
        keep=keep,
    )
    from ..serve.run import run

    console = Console(stderr=True, soft_wrap=True)
    run(settings, open_page=open_page, ready=lambda address: console.print(f"avaffect is at {address}"))

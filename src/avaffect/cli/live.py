"""`avaffect live`: a camera and a microphone, read as it happens."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ..device import Device
from ..files import writable_file
from .predict_options import Model, People, Threads, WhichDevice
from .printed import Console

if TYPE_CHECKING:
    from ..live import StreamingPredictor, Tick

HURRY = 0.5
"""Seconds: values that would come later than this are left out until reading has caught up."""

_ENDINGS = (".csv", ".parquet", ".png")


def live(
    camera: Annotated[
        str, typer.Option(help="Number of the camera, from 0, or another source that OpenCV opens.")
    ] = "0",
    microphone: Annotated[
        str | None,
        typer.Option(help="Name or number of the microphone. By default the usual one.", show_default=False),
    ] = None,
    mute: Annotated[bool, typer.Option("--no-microphone", help="Read the face only.")] = False,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Read a video or sound file at its own speed in place of camera and microphone.",
            show_default=False,
        ),
    ] = None,
    model: Model = "hgrjca.default",
    people: Annotated[
        People, typer.Option(help="Report everyone, or only the most prominent person so far.")
    ] = People.ALL,
    lag: Annotated[
        float,
        typer.Option(help="Seconds by which values come later, to know a little of what follows; at most 5."),
    ] = 0.0,
    save: Annotated[
        Path | None,
        typer.Option(
            help="Write NAME.csv, NAME.parquet and NAME.png at the end.", metavar="NAME", show_default=False
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files of these names.")] = False,
    threads: Threads = 1,
    device: WhichDevice = Device.CPU,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON a tick in place of the drawing.")
    ] = False,
) -> None:
    """Read valence and arousal from a camera and a microphone as it happens. Ctrl-C ends.

    Each value rests on what was seen and heard until then. Pictures are not stored.

    Example: avaffect live --save talk
    """
    targets = [] if save is None else [save.with_name(save.name + ending) for ending in _ENDINGS]
    for target in targets:
        writable_file(target, inputs=[source] if source else [], overwrite=overwrite)
    from .. import media

    if source is not None:
        media.probe(source)  # says at once what cannot be read
    from ..live import StreamingPredictor, Worker
    from ..live.sources import Clock, devices, file
    from ..session import set_device, set_threads

    set_threads(threads)
    set_device(device.value)
    predictor = StreamingPredictor(model, people=people.value, lag=lag, hurry=HURRY, record=bool(targets))
    stop, title = threading.Event(), str(source) if source else f"camera {camera}"
    show = _Lines(stop) if as_json else _Drawing(title, predictor)
    try:
        with _interrupt_sets(stop), Worker(predictor, show.add) as worker:
            clock = Clock()
            picked = int(camera) if camera.isdigit() else camera
            with (
                file(source, worker, clock, stop)
                if source
                else devices(picked, microphone, worker, clock, stop, mute=mute),
                show,
            ):
                while not stop.wait(0.1):
                    show.draw()
    finally:
        if targets and predictor.stats.ticks:
            _write(predictor, title, targets)


class _Lines:
    """One line of JSON a tick, until whoever reads them, such as `head`, has enough."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._full = False

    def __enter__(self) -> None: ...

    def __exit__(self, *_error: object) -> None: ...

    def add(self, tick: Tick) -> None:
        if self._full:
            return
        try:
            typer.echo(json.dumps(tick.as_dict(), allow_nan=False))
        except BrokenPipeError:  # in the reading thread: the end of the reading is not an error of the stream
            self._full = True
            self._stop.set()

    def draw(self) -> None:
        """Nothing: the lines are there."""


class _Drawing:
    """Traces and values in the terminal."""

    def __init__(self, title: str, predictor: StreamingPredictor) -> None:
        from rich.live import Live

        from ..live.terminal import Screen

        self._screen = Screen(title, predictor.stats)
        self._console = Console()
        self._live = Live(console=self._console, auto_refresh=False)
        self.add = self._screen.add

    def __enter__(self) -> None:
        self._live.start()

    def __exit__(self, *_error: object) -> None:
        self.draw()
        self._live.stop()

    def draw(self) -> None:
        self._live.update(self._screen.render(self._console.width), refresh=True)


@contextmanager
def _interrupt_sets(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C is the usual end: within the block it sets ``stop``."""
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _write(predictor: StreamingPredictor, title: str, targets: list[Path]) -> None:
    """Write the result and say where it is."""
    from .. import plot

    trace = predictor.trace(title)
    table, parquet, picture = targets
    trace.to_csv(table)
    trace.to_parquet(parquet)
    plot(trace, picture)
    console = Console(stderr=True, soft_wrap=True)
    console.print("Written: " + escape(", ".join(map(str, targets))), highlight=False)

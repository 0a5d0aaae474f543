"""What is done with a recording in a process of its own: looking into it, and reading it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AvaffectError, MediaError, one_line
from ..progress import Hook
from ..registry import load_plugins

if TYPE_CHECKING:
    from ..predict import Predictor
    from ..trace import Trace

FILES = {
    "csv": "result.csv",
    "parquet": "result.parquet",
    "xlsx": "result.xlsx",
    "png": "result.png",
    "mp4": "result.mp4",
    "report": "result.html",
}
"""Results in a job's folder, by kind; xlsx is written when it is first asked for."""


@dataclass(frozen=True)
class Look:
    """A file to look into: does it hold pictures or sound, and how long is it?"""

    source: Path
    name: str


@dataclass(frozen=True)
class Task:
    """A recording to read.

    Attributes
    ----------
    source, folder : Path
        The upload, and where the results go.
    name : str
        What the recording is called in results and messages.
    model, people : str
    annotate : bool
    max_duration : float
        Seconds after which reading stops with an error, whatever the file's header said.
    """

    source: Path
    folder: Path
    name: str
    model: str
    people: str
    annotate: bool
    max_duration: float


class Looker:
    """Looks into files. It loads no model."""

    def __call__(self, look: Look, _hook: Hook) -> float | None:
        """Seconds that the file says it lasts; None if it does not.

        Raises
        ------
        MediaError
            If nothing in it can be decoded.
        """
        from .. import media

        with _named(look.source, look.name):
            duration = media.probe(look.source).duration
        return duration if duration is not None and math.isfinite(duration) else None


class Reader:
    """Reads recordings; keeps the model that it loaded last.

    Parameters
    ----------
    plugins : tuple of str
        Modules that add parts, as the server was started with.
    """

    def __init__(self, plugins: tuple[str, ...] = ()) -> None:
        from ..session import set_threads

        load_plugins(plugins)
        set_threads(1)
        self._loaded: tuple[tuple[str, str], Predictor] | None = None

    def __call__(self, task: Task, hook: Hook) -> float:
        """Read a recording, and write all its results; gives its duration in seconds."""
        with _named(task.source, task.name):
            hook("loading the model", 0.0, None)
            predictor = self._predictor(task.model, task.people)
            hook("reading", 0.0, None)
            trace = predictor.process_file(task.source, _bounded(hook, task))
            trace = renamed(trace, task.name)
            self._write(trace, task, hook)
        return trace.duration

    def _predictor(self, model: str, people: str) -> Predictor:
        from .. import load

        if self._loaded is None or self._loaded[0] != (model, people):
            self._loaded = (model, people), load(model, people=people)
        return self._loaded[1]

    def _write(self, trace: Trace, task: Task, hook: Hook) -> None:
        from .. import draw

        if task.annotate and trace.table["frame"].notna().any():
            draw.annotate(
                trace,
                task.source,
                task.folder / FILES["mp4"],
                hook=lambda _, done, total: hook("drawing", done, total),
            )
        hook("writing", 0.0, None)
        write_results(trace, task.folder, task.source)


def write_results(trace: Trace, folder: Path, source: Path) -> None:
    """Write the results that every trace has into a job's folder; the table that is read again comes last.

    The report has pictures of ``source``, where that is a video that is there.
    """
    from .. import draw
    from ..report import write_report

    write_report(trace, folder / FILES["report"], source)
    draw.plot(trace, folder / FILES["png"])
    trace.to_csv(folder / FILES["csv"])
    trace.to_parquet(folder / FILES["parquet"])


def _bounded(hook: Hook, task: Task) -> Hook:
    """The hook, which stops the work on a recording that goes on for longer than it may."""

    def tell(_name: str, completed: float, total: float | None) -> None:
        if completed > task.max_duration:
            raise MediaError(too_long(task.name, completed, task.max_duration))
        hook("reading", completed, total)

    return tell


def too_long(name: str, duration: float, limit: float) -> str:
    """The message about a recording that is longer than it may be."""
    return f"{name}: lasts {duration:.0f} s, more than the {limit:g} s that are taken here; cut it up"


def renamed(trace: Trace, name: str) -> Trace:
    """The trace of one recording under another name, such as the one that its owner knows it by."""
    from ..trace import Trace

    return Trace(trace.table.rename(index=lambda _: name, level="file"), meta=trace.meta)


class _named:  # noqa: N801 - used as a function
    """Errors in the block speak of the recording by its owner's name, and of no place on this machine."""

    def __init__(self, source: Path, name: str) -> None:
        self._source, self._name = source, name

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, Exception):
            text = str(one_line(error, self._name))
            for place in (self._source, self._source.parent):
                text = text.replace(str(place), self._name)
            raise AvaffectError(text) from error

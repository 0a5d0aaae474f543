"""The threads that take jobs from the queue and have them done by processes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from shutil import rmtree
from threading import Event, Thread

from ..errors import AvaffectError, DataError, ModelError, one_line
from ..process import Child, Died, Work
from ..registry import loaded_plugins
from .folder import Folder
from .jobs import Job, JobStore, State
from .metrics import Metrics
from .settings import Settings
from .uploads import saved
from .worker import Reader, Task

log = logging.getLogger(__name__)

_IDLE = 5.0  # seconds after which a thread looks for work without being told of any


class _Stop(Exception):
    """The work on a job is not wanted any more."""


@dataclass(frozen=True)
class Progress:
    """How far the work on a job is.

    Attributes
    ----------
    stage : str
        What is being done.
    completed, total : float
        Seconds of the recording; the total is None where it is not known.
    began : float
        Seconds of the monotonic clock at which the stage began.
    """

    stage: str
    completed: float = 0.0
    total: float | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds_left(self) -> float | None:
        """Time that the rest of the stage takes at the speed so far; None where that is not known."""
        if not self.total or not self.completed > 0:
            return None
        spent = time.monotonic() - self.began
        return max(0.0, spent * (self.total - self.completed) / self.completed)


class Pool:
    """So many threads, each with a process of its own that reads recordings.

    Parameters
    ----------
    store : JobStore
    folder : Folder
    settings : Settings
    metrics : Metrics
    references : mapping of str to str
        By a model's name, where it is loaded from.
    make : callable
        Gives the work of a process, see `Child`.
    """

    def __init__(
        self,
        store: JobStore,
        folder: Folder,
        settings: Settings,
        metrics: Metrics,
        references: Mapping[str, str],
        make: Callable[[], Work] | None = None,
    ) -> None:
        self._store, self._folder, self._settings, self._metrics = store, folder, settings, metrics
        self._references = references
        make = make or partial(Reader, loaded_plugins())
        self._children = [Child(make, f"avaffect-reader-{k + 1}") for k in range(settings.workers)]
        self._progress: dict[str, Progress] = {}
        self._closing = False
        self._woken = Event()
        self._threads = [
            Thread(target=self._work, args=(child,), name=f"jobs-{k + 1}", daemon=True)
            for k, child in enumerate(self._children)
        ]

    def start(self) -> None:
        """Begin to work on what waits."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End the processes; what they were at waits again."""
        self._closing = True
        self._woken.set()
        for thread in self._threads:
            thread.join()

    def wake(self) -> None:
        """Say that there is work."""
        self._woken.set()

    def progress(self, identity: str) -> Progress | None:
        """How far a job is; None unless it runs."""
        return self._progress.get(identity)

    @property
    def is_at_work(self) -> bool:
        """Whether a job runs."""
        return bool(self._progress)

    @property
    def pids(self) -> list[int]:
        """Numbers of the processes that are there."""
        return [child.pid for child in self._children if child.pid is not None]

    def _work(self, child: Child) -> None:
        while not self._closing:
            self._woken.clear()
            job = self._store.take()
            if job is None:
                self._woken.wait(_IDLE)
                continue
            try:
                self._one(child, job)
            except Exception as error:  # the thread outlives whatever becomes of one job
                log.exception("%s", job.name)
                self._store.end(job.id, State.FAILED, error=str(one_line(error, job.name)))
            finally:
                self._progress.pop(job.id, None)
        child.end()

    def _one(self, child: Child, job: Job) -> None:
        """Work on one job until it has a last state, or waits again."""
        try:
            task = self._task(job)
            duration = child.run(
                task,
                hook=partial(self._told, job.id),
                check=partial(self._check, job.id),
                seconds=self._settings.max_seconds,
                memory=self._settings.max_memory,
            )
            self._store.end(job.id, State.DONE, duration=duration)
        except _Stop:
            self._store.requeue(job.id)  # if it was not cancelled, the server ends
        except Died as error:
            self._metrics.deaths.inc()
            self._store.requeue(job.id, died=not error.asked)
        except AvaffectError as error:
            text = str(error)
            self._store.end(job.id, State.FAILED, error=text if job.name in text else f"{job.name}: {text}")
        self._tidy(job.id)

    def _task(self, job: Job) -> Task:
        folder = self._folder.of(job.id)
        source = saved(folder)
        if source is None:
            raise DataError(f"{job.name}: its upload is gone; send it again")
        if job.model not in self._references:
            raise ModelError(f"{job.name}: this server has no model {job.model!r} any more; send it again")
        return Task(
            source, folder, job.name, self._references[job.model], job.people, job.annotate,
            self._settings.max_duration,
        )  # fmt: skip

    def _told(self, identity: str, stage: str, completed: float, total: float | None) -> None:
        before = self._progress.get(identity)
        began = before.began if before is not None and before.stage == stage else time.monotonic()
        self._progress[identity] = Progress(stage, completed, total, began)

    def _check(self, identity: str) -> None:
        job = self._store.get(identity)
        if self._closing or job is None or job.state is not State.RUNNING:
            raise _Stop

    def _tidy(self, identity: str) -> None:
        """Delete what is not kept of a job that has come to its end."""
        job = self._store.get(identity)
        if job is None:  # cancelled, and removed
            rmtree(self._folder.of(identity), ignore_errors=True)
        elif job.state.is_final:
            self._metrics.finished(job)
            self._folder.tidy(job, keep=self._settings.keep)

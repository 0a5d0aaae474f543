"""What the server can do, apart from HTTP: take recordings, tell of jobs, cancel and remove them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from shutil import rmtree
from threading import Lock
from typing import IO, NamedTuple
from uuid import uuid4

from .. import model_folder
from ..errors import AvaffectError, DataError, ModelError
from ..process import Child, Died, OverLimit, Work
from ..spec import Spec
from ..trace import Trace, read_trace
from .folder import Folder
from .jobs import Job, JobStore, State
from .metrics import Metrics
from .pool import Pool
from .settings import Settings
from .uploads import save, shown_name
from .worker import FILES, Look, Looker, too_long

_SECONDS_TO_LOOK = 60.0  # the start of the process counts


class Model(NamedTuple):
    """A model that clients may name by its spec's name, and where it is loaded from."""

    reference: str
    spec: Spec


class Service:
    """A queue of recordings, and those that work on it.

    Parameters
    ----------
    settings : Settings
    make : callable
        Gives the work of the processes that read recordings, see `Pool`.

    Raises
    ------
    AvaffectError
        If the folder cannot be used, or there is no such model.
    """

    def __init__(self, settings: Settings, make: Callable[[], Work] | None = None) -> None:
        self.settings = settings
        self.models = _models(settings.model)
        self.default_model = next(iter(self.models))
        self.folder = Folder(settings.folder)
        self.store = JobStore(self.folder.base)
        self.metrics = Metrics(self.store)
        self.folder.sweep(self.store.all(), keep=settings.keep)
        references = {name: model.reference for name, model in self.models.items()}
        self.pool = Pool(self.store, self.folder, settings, self.metrics, references, make)
        self.closing = False
        self.streams: set[Child] = set()
        self._looker, self._looking = Child(Looker, "avaffect-looker"), Lock()

    def start(self) -> None:
        """Begin to work on what waits."""
        self.pool.start()

    def close(self) -> None:
        """End all work; what was running waits again."""
        self.closing = True
        self.pool.close()
        with self._looking:
            self._looker.end()
        self.store.close()

    def submit(
        self, files: Sequence[tuple[str | None, IO[bytes]]], *, model: str | None, people: str, annotate: bool
    ) -> list[Job]:
        """Take recordings into the queue, all or none.

        Parameters
        ----------
        files : sequence of (str or None, file)
            Each with its client's name for it.
        model : str or None
            One of `models`; None for the server's own choice.
        people : {"all", "main"}
        annotate : bool

        Raises
        ------
        QueueFull
            If there is no room.
        AvaffectError
            If there is no such model, or a file is no recording or too long.
        """
        chosen = self.model(model).spec.name
        jobs: list[Job] = []
        made: list[str] = []
        try:
            for given, file in files:
                identity, name = uuid4().hex, shown_name(given)
                made.append(identity)
                self.folder.of(identity).mkdir()
                duration = self._received(identity, name, file)
                now = time.time()
                jobs.append(Job(identity, name, chosen, people, annotate, duration, created=now))
            self.store.add(jobs, room=self.settings.queue)
        except BaseException:
            for identity in made:
                rmtree(self.folder.of(identity), ignore_errors=True)
            raise
        self.pool.wake()
        return jobs

    def model(self, name: str | None) -> Model:
        """A model that a client names; the server's own choice for None.

        Raises
        ------
        ModelError
            If there is no such model.
        """
        if name is not None and name not in self.models:
            raise ModelError(f"no model {name[:100]!r}; known: {', '.join(self.models)}")
        return self.models[name or self.default_model]

    @contextmanager
    def live_job(self, model: str, people: str) -> Iterator[Job]:
        """A job for a stream, with a folder that is removed if the block does not `keep` the job."""
        name = f"live {time.strftime('%Y-%m-%d %H.%M.%S')}"
        job = Job(uuid4().hex, name, model, people, annotate=False, state=State.DONE, created=time.time())
        self.folder.of(job.id).mkdir()
        try:
            yield job
        finally:
            if self.store.get(job.id) is None:
                rmtree(self.folder.of(job.id), ignore_errors=True)

    def keep(self, job: Job, duration: float) -> None:
        """Take in a stream's job, whose results are written."""
        now = time.time()
        self.store.add([replace(job, duration=duration, started=now - duration, finished=now)])

    def _received(self, identity: str, name: str, file: IO[bytes]) -> float | None:
        """Keep an upload, and look into it; gives the seconds that it says it lasts."""
        source = save(file, self.folder.of(identity), name)
        self.metrics.received.inc(source.stat().st_size)
        try:
            with self._looking:
                duration = self._looker.run(
                    Look(source, name),
                    check=self._check_open,
                    seconds=_SECONDS_TO_LOOK,
                    memory=self.settings.max_memory,
                )
        except (Died, OverLimit) as error:
            raise AvaffectError(
                f"{name}: cannot be looked into ({error}); it may be damaged: convert it and send it again"
            ) from error
        if duration is not None and duration > self.settings.max_duration:
            raise AvaffectError(too_long(name, duration, self.settings.max_duration))
        return duration

    def _check_open(self) -> None:
        if self.closing:
            raise AvaffectError("the server is ending; send it again when it is back")

    def trace(self, job: Job) -> Trace:
        """The result of a job that is done.

        Raises
        ------
        DataError
            If it is gone or damaged.
        """
        try:
            return read_trace(self.folder.of(job.id) / FILES["parquet"])
        except DataError as error:  # whose text tells where it lies
            raise DataError(f"{job.name}: its result cannot be read any more; send it again") from error

    def end(self, job: Job) -> Job | None:
        """Cancel a job that waits or runs, and give it back; remove any other with its results: None."""
        if self.store.end(job.id, State.CANCELLED):
            if job.state is State.QUEUED:  # of a running one, once its process has ended
                rmtree(self.folder.of(job.id), ignore_errors=True)
            return self.store.get(job.id)
        self.store.remove(job.id)
        rmtree(self.folder.of(job.id), ignore_errors=True)
        return None

    def retry_after(self) -> int:
        """Seconds after which there may be room in the queue again, roughly."""
        left = [
            progress.seconds_left
            for job in self.store.all()
            if (progress := self.pool.progress(job.id)) is not None and progress.seconds_left is not None
        ]
        return max(1, min(600, round(min(left, default=30.0))))


def _models(chosen: str) -> dict[str, Model]:
    """The models that clients may name: the chosen one first, then all that ship with avaffect."""
    own = Model(chosen, model_folder.read_spec(chosen))
    others = {name: Model(name, model_folder.read_spec(name)) for name in model_folder.embedded()}
    return {own.spec.name: own} | {name: model for name, model in others.items() if name != own.spec.name}

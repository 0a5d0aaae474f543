"""A crew on the machines of a Ray cluster, by Ray Data: what a lost machine had to read is given to others.

Needs the extra ``avaffect[scale]``. All machines need avaffect, and the recordings and results under the same
paths, as on a shared disk.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..crew import Crew, Told
from ..errors import AvaffectError, DataError
from ..progress import Hook, silent
from .batch import crew_of
from .job import AskContexts, AskStates, Job

_SECONDS_TO_ANSWER = 5.0


class RayCrew:
    """Answers what a `avaffect.run.batch.Batch` asks, like a `Crew`, on a cluster.

    What concerns many recordings at once is answered on this machine. Recordings are handed to actors as
    these are free (Ray Data's streaming execution), so that none waits in memory; an actor loads the model
    once, in a process of its own: a crash there is that recording's error. The recordings of a machine that
    is lost are given to others.

    Parameters
    ----------
    job : Job
    address : str
        Of the cluster's head, HOST:PORT, or "auto" on a machine of the cluster.
    workers : int or None
        Most recordings that are read at once; None for as many as the cluster has cores.

    Raises
    ------
    AvaffectError
        If there is no cluster, or Ray is not installed.
    """

    def __init__(self, job: Job, address: str, workers: int | None) -> None:
        try:
            import ray
        except ModuleNotFoundError as error:
            raise AvaffectError("--ray needs Ray Data: pip install 'avaffect[scale]'") from error
        _look_for(address)
        self._ray, self._job = ray, job
        self._own = crew_of(job, 1)
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise _no_cluster(address, error) from error
        finally:
            for number, handler in handlers.items():  # Ray has set its own
                signal.signal(number, handler)
        self._workers = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._own.__exit__(*error)
        self._ray.shutdown()

    def ask(self, request: Any, hook: Hook = silent) -> Any:
        """As `Crew.ask`, on this machine."""
        return self._own.ask(request, hook)

    def each(
        self, requests: Sequence[Any], hook: Told = lambda *_: None
    ) -> Iterator[tuple[int, Any | AvaffectError]]:
        """As `Crew.each`; of the progress within a recording nothing is told."""
        if not requests or isinstance(requests[0], AskContexts | AskStates):
            yield from self._own.each(requests, hook)
            return
        setting = _Setting(self._job, os.getcwd())  # with each: an actor that is started again needs no more
        items = [
            {"number": number, "request": pickle.dumps((setting, each))}
            for number, each in enumerate(requests)
        ]
        answers = self._ray.data.from_items(items, override_num_blocks=len(items)).map_batches(
            _Reader,
            batch_size=1,
            compute=self._ray.data.ActorPoolStrategy(size=min(self._workers, len(requests))),
            num_cpus=self._job.threads,
        )
        for row in answers.iter_rows():
            yield row["number"], pickle.loads(row["answer"])


def _look_for(address: str) -> None:
    """Raise a `DataError` at once where nobody listens, for which Ray would wait for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and "/" not in address and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), _SECONDS_TO_ANSWER).close()
        except (OSError, OverflowError) as error:
            raise _no_cluster(address, error) from error


def _no_cluster(address: str, error: Exception) -> DataError:
    reason = " ".join(str(error).split())[:200]
    return DataError(f"no Ray cluster at {address!r} ({reason}); start one: ray start --head")


@dataclass(frozen=True)
class _Setting:
    """What an actor needs to know: the job, and the folder that paths are relative to."""

    job: Job
    folder: str


class _Reader:
    """What an actor does: it hands each request to a process of its own, and outlives that."""

    def __init__(self) -> None:
        self._crew: Crew | None = None

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, Any]:
        answers = [pickle.dumps(self._answer(*pickle.loads(each))) for each in batch["request"]]
        return {"number": batch["number"], "answer": np.array(answers, dtype=object)}

    def _answer(self, setting: _Setting, request: Any) -> Any | AvaffectError:
        if self._crew is None:
            with suppress(OSError):
                os.chdir(setting.folder)
            self._crew = crew_of(setting.job, 1)
        ((_, answer),) = self._crew.each([request])
        return answer

"""Extraction by processes of its own: one that a recording brings down is replaced, and the others go on."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context

from ..batch import attempt
from ..errors import AvaffectError, DataError
from ..files import remove_stale
from ..registry import load_plugins
from .worker import Extracted, Job, Worker

Outcome = Extracted | AvaffectError

_worker: Worker | None = None


def in_processes(job: Job, names: Sequence[str], workers: int) -> Generator[tuple[str, Outcome]]:
    """What became of each recording, as it is done, by spawned processes, which end with this generator.

    When a process dies, as by a crash in a decoder, those that were at work try again one by one, so that it
    is known whose fault it was.
    """
    waiting, suspects = deque(names), deque[str]()
    while waiting or suspects:
        alone = bool(suspects) or workers == 1
        queue = suspects or waiting
        running: dict[Future[Outcome], str] = {}
        try:
            with _pool(job, 1 if alone else workers) as executor:
                while queue or running:
                    while queue and len(running) < (1 if alone else workers):
                        running |= {_submit(executor, queue[0]): queue[0]}
                        queue.popleft()
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        outcome = future.result()
                        yield running.pop(future), outcome
        except BrokenProcessPool:
            if alone:
                yield from ((name, DataError(f"{name}: {_DIED}")) for name in running.values())
            else:
                suspects.extend(running.values())


_DIED = (
    "the process that read it ended abruptly (a crash in a library, or no memory left);"
    " convert the recording, or use fewer workers"
)


def _submit(executor: ProcessPoolExecutor, name: str) -> Future[Outcome]:
    with _without_interrupts():
        return executor.submit(_run, name)


@contextmanager
def _pool(job: Job, workers: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes, which are gone after the block however it ends."""
    others = set(active_children())
    executor = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_start, initargs=(job,)
    )
    try:
        yield executor
        executor.shutdown()
    except BaseException:
        for process in set(active_children()) - others:
            process.terminate()
        executor.shutdown(cancel_futures=True)  # waits for them
        remove_stale(job.out)
        raise


def _start(job: Job) -> None:
    """Start a worker process. It uses one thread, since there may be as many processes as cores."""
    global _worker
    import cv2
    import torch

    load_plugins(job.plugins)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    _worker = Worker(job)


def _run(name: str) -> Outcome:
    assert _worker is not None
    return attempt(_worker, name, name)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes that are started in the block do not see Ctrl-C, which a terminal sends to them too."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

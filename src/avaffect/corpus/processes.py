"""Extraction by processes of its own: one that a recording brings down is replaced, and the others go on."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial

from ..batch import attempt
from ..crew import Crew
from ..errors import AvaffectError
from ..files import remove_stale
from ..process import Work
from ..registry import load_plugins
from .worker import Extracted, Job, Worker

Outcome = Extracted | AvaffectError


def in_processes(job: Job, names: Sequence[str], workers: int) -> Generator[tuple[str, Outcome]]:
    """What became of each recording, as it is done, by processes that end with this generator."""
    with Crew(partial(_open, job), workers, abandoned=lambda _: remove_stale(job.out)) as crew:
        for number, outcome in crew.each(names):
            yield names[number], outcome


def _open(job: Job) -> Work:
    """What is done in a process. It uses one thread, since there may be as many processes as cores."""
    import cv2
    import torch

    load_plugins(job.plugins)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    worker = Worker(job)
    return lambda name, _hook: attempt(worker, name, name)

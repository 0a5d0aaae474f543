"""What the benchmarks of all corpora share: runs, one small file each, and none done twice."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..files import claim_runs, replacing
from ..npz import NUMBERS, Expected, names_in, read_npz
from ..progress import Hook, silent
from .baseline import ALPHA, TREES
from .network import Settings
from .systems import System

CLEAN = "clean"


@dataclass(frozen=True)
class Job:
    """One training and its tests.

    Attributes
    ----------
    system : System
    left_out : str
        A segment of the film, or a fold of actors.
    seed : int
    training : str
        What sets it apart from the usual training; the benchmark of the corpus says what there is.
    """

    system: System
    left_out: str
    seed: int
    training: str = CLEAN

    def path(self, work: Path) -> Path:
        """Where its result lies."""
        folder = work / self.training / self.system.name.replace(" ", "-")
        return folder / f"{self.left_out}.seed{self.seed}.npz"


@dataclass(frozen=True)
class About:
    """What a reader needs to run it again.

    Attributes
    ----------
    command : str
        As typed.
    machine : str
        In general words.
    settings : Settings
    seeds, damaged_seeds : int
        As asked for.
    """

    command: str
    machine: str
    settings: Settings
    seeds: int
    damaged_seeds: int = 0


class Bench(ABC):
    """The benchmark on one corpus.

    Parameters
    ----------
    work : path
        Folder of the results; made if need be.
    settings : Settings

    Raises
    ------
    DataError
        If the folder holds results of other data or settings: they do not mix.
    """

    page: ClassVar[str]
    """Name of the page that is written, and of the folder of tables beside it."""

    damages: ClassVar[bool] = False
    """Whether there are trainings on damaged streams beside those on clean ones."""

    def __init__(self, work: Path, settings: Settings) -> None:
        self.work, self.settings = work, settings
        self._claim()

    @classmethod
    @abstractmethod
    def open(cls, data: Path, work: Path, settings: Settings) -> Self:
        """The benchmark on data as the command line names them."""

    @abstractmethod
    def jobs(self, systems: Sequence[System], about: About) -> list[Job]:
        """All jobs, in the order in which a stopped benchmark is fair to all systems."""

    @abstractmethod
    def one(self, job: Job) -> dict[str, NDArray]:
        """Do a job: its result."""

    @abstractmethod
    def claim(self) -> dict[str, Any]:
        """What the results are of, as JSON takes it: those of a folder must have all of it in common."""

    @abstractmethod
    def write(self, out: Path, systems: Sequence[System], about: About) -> Path:
        """Write the page and its tables from what is finished, and return the path of the page."""

    def run(self, jobs: Sequence[Job], hook: Hook = silent) -> int:
        """Do the jobs that have no result yet, and return how many were done.

        ``hook("benchmark", completed, total)`` is called before each job and after the last.
        """
        done = 0
        for count, job in enumerate(jobs):
            hook("benchmark", count, len(jobs))
            if not job.path(self.work).exists():
                self._save(job, self.one(job))
                done += 1
        hook("benchmark", len(jobs), len(jobs))
        return done

    def _save(self, job: Job, found: dict[str, NDArray]) -> None:
        path = job.path(self.work)
        path.parent.mkdir(parents=True, exist_ok=True)
        small: dict[str, Any] = {
            key: v.astype(np.float32) if v.dtype == np.float64 else v for key, v in found.items()
        }
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **small)

    def _claim(self) -> None:
        """Write down what the folder's results are of, or check that they are of the same."""
        claim = self.claim() | {"settings": dataclasses.asdict(self.settings)}
        ours = json.dumps(claim | {"ridge": ALPHA, "boosting": TREES}, indent=2)
        claim_runs(self.work, ours)


def finished(
    work: Path, system: System, left_out: Sequence[str], seeds: int, training: str
) -> list[list[dict[str, NDArray]]]:
    """The results of the seeds that have all parts, by seed and by part left out."""
    runs = []
    for seed in range(seeds):
        paths = [Job(system, name, seed, training).path(work) for name in left_out]
        if all(path.exists() for path in paths):
            runs.append([_read(path) for path in paths])
    return runs


def digest(arrays: Iterable[NDArray]) -> str:
    """One number for the content of arrays."""
    found = hashlib.sha256()
    for values in arrays:
        found.update(np.ascontiguousarray(values).tobytes())
    return found.hexdigest()


def make_folder(path: Path) -> Path:
    """Make the folder of tables and plots.

    Raises
    ------
    DataError
        If it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make {path} ({error.strerror}); give another --out") from error
    return path


def _read(path: Path) -> dict[str, NDArray]:
    return read_npz(path, dict.fromkeys(names_in(path), Expected(NUMBERS)))

"""All runs of the benchmark, one small file each: what is finished is never done twice."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..corpus.base import Recording
from ..corpus.splits import leave_one_out
from ..errors import DataError
from ..files import replacing
from ..progress import Hook, silent
from .baseline import ALPHA, TREES, fit_predict
from .damage import KINDS, SHARES, Damage, Damaged, apply, every_damage, undamaged
from .features import STREAMS, Segment, fit_scalers, scaled
from .network import Example, Settings, create_network, predict, train
from .systems import NEURAL, System

CLEAN, DAMAGED = "clean", "damaged"
VARIANTS = 4  # damaged versions of each training segment, beside itself
_FORM = 2  # of features and files; other forms do not mix


@dataclass(frozen=True)
class Job:
    """One training and its tests.

    Attributes
    ----------
    system : System
    segment : str
        The one that is left out.
    seed : int
    training : {"clean", "damaged"}
    """

    system: System
    segment: str
    seed: int
    training: str = CLEAN

    def path(self, work: Path) -> Path:
        """Where its result lies."""
        folder = work / self.training / self.system.name.replace(" ", "-")
        return folder / f"{self.segment}.seed{self.seed}.npz"


def plan(systems: Sequence[System], segments: Sequence[Segment], seeds: int, damaged_seeds: int) -> list[Job]:
    """All jobs, seed by seed and segment by segment, so that a stopped benchmark is fair to all."""
    jobs = []
    for seed in range(max(seeds, damaged_seeds)):
        for training, count in ((CLEAN, seeds), (DAMAGED, damaged_seeds)):
            jobs += [
                Job(system, segment.name, seed, training)
                for segment in segments
                for system in systems
                if seed < count and (seed == 0 or system.random) and (training == CLEAN or system.curves)
            ]
    return jobs


class Bench:
    """Runs jobs on the segments of the film.

    Parameters
    ----------
    segments : sequence of Segment
    work : path
        Folder of the results; made if need be.
    settings : Settings

    Raises
    ------
    DataError
        If the folder holds results of other data or settings: they do not mix.
    """

    def __init__(self, segments: Sequence[Segment], work: Path, settings: Settings) -> None:
        self.segments, self.work, self.settings = tuple(segments), work, settings
        self._claim()
        # A system's turn is a segment's: what all systems of a segment share is kept for the next.
        self.examples = lru_cache(maxsize=2)(self._examples)
        self.tests = lru_cache(maxsize=2)(self._tests)

    def run(self, jobs: Sequence[Job], hook: Hook = silent) -> int:
        """Do the jobs that have no result yet, and return how many were done.

        ``hook("benchmark", completed, total)`` is called before each job and after the last.
        """
        done = 0
        for count, job in enumerate(jobs):
            hook("benchmark", count, len(jobs))
            if not job.path(self.work).exists():
                self._save(job, self._one(job))
                done += 1
        hook("benchmark", len(jobs), len(jobs))
        return done

    def split(self, name: str) -> tuple[list[Segment], Segment]:
        """The segments to train on and the one left out."""
        recordings = [Recording(segment.name, segment.name) for segment in self.segments]
        (fold,) = (fold for fold in leave_one_out(recordings) if fold.val[0].name == name)
        named = {segment.name: segment for segment in self.segments}
        return [named[each.name] for each in fold.train], named[name]

    def _one(self, job: Job) -> dict[str, NDArray]:
        """Train and test: predictions by damage, their gates and ticks hit, and what it cost."""
        system = job.system
        examples = [_only(each, system.streams) for each in self.examples(job.segment, job.training)]
        tests = {
            key: (_only(each, system.streams), hit) for key, (each, hit) in self.tests(job.segment).items()
        }
        began = time.process_time()
        if system.kind != NEURAL:
            values = fit_predict(system.kind, examples, tests[CLEAN][0])
            return {CLEAN: values, "seconds": np.array(time.process_time() - began)}
        torch.manual_seed(job.seed)
        dims = {name: values.shape[1] for name, values in examples[0].streams.items()}
        network = create_network(system.fusion, dims, self.settings)
        train(network, examples, self.settings, job.seed)
        found: dict[str, NDArray] = {
            "seconds": np.array(time.process_time() - began),
            "parameters": np.array(sum(weight.numel() for weight in network.parameters())),
        }
        found[CLEAN], _ = predict(network, tests.pop(CLEAN)[0], self.settings)
        for key, (example, hit) in tests.items() if system.curves else ():
            found[key], gates = predict(network, example, self.settings)
            found[f"{key}/hit"] = hit
            found |= {f"{key}/{name}": gate for name, gate in gates.items()}
        return found

    def _examples(self, name: str, training: str) -> list[Example]:
        """The training segments of a fold; with ``training="damaged"`` each also in damaged versions."""
        train, _ = self.split(name)
        scalers = fit_scalers(train)
        versions = [undamaged(segment) for segment in train]
        if training == DAMAGED:
            # The same damage for all systems and seeds of a fold.
            random = np.random.default_rng([segment.name for segment in self.segments].index(name))
            versions += [
                apply(segment, _any_damage(random), train, random)
                for segment in train
                for _ in range(VARIANTS)
            ]
        return [_example(version, scalers) for version in versions]

    def _tests(self, name: str) -> dict[str, tuple[Example, NDArray[np.bool_]]]:
        """The left-out segment as it is and with every damage, and the ticks hit: all systems' tests."""
        train, test = self.split(name)
        scalers = fit_scalers(train)
        found = {CLEAN: undamaged(test)}
        for index, damage in enumerate(every_damage()):
            found[damage.key] = apply(test, damage, train, np.random.default_rng([index, len(test.labels)]))
        return {key: (_example(version, scalers), version.hit) for key, version in found.items()}

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
        digest = hashlib.sha256()
        for segment in self.segments:
            for values in (*segment.streams.values(), segment.labels):
                digest.update(np.ascontiguousarray(values).tobytes())
        claim = {"form": _FORM, "data": digest.hexdigest(), "settings": dataclasses.asdict(self.settings)}
        ours = json.dumps(claim | {"ridge": ALPHA, "boosting": TREES}, indent=2)
        path = self.work / "benchmark.json"
        try:
            self.work.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"cannot make {self.work} ({error.strerror}); give another --work") from error
        if not path.exists():
            with replacing(path) as temporary:
                temporary.write_text(ours, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != ours:
            raise DataError(
                f"{self.work} holds runs on other data or with other settings; give another --work"
            )


def _example(version: Damaged, scalers: dict) -> Example:
    streams = scaled(version.segment.streams, version.available, scalers)
    return Example.build(streams, version.available, version.segment.labels)


def _only(example: Example, streams: Sequence[str]) -> Example:
    return Example(
        {name: example.streams[name] for name in streams},
        {name: example.masks[name] for name in streams},
        example.labels,
    )


def _any_damage(random: np.random.Generator) -> Damage:
    stream, kind = (options[random.integers(len(options))] for options in (STREAMS, KINDS))
    return Damage(stream, kind, SHARES[random.integers(len(SHARES))])

"""The benchmark on a film: one segment left out at a time, whole and with one stream damaged."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from ..corpus.base import Recording
from ..corpus.splits import leave_one_out
from .baseline import fit_predict
from .bench import CLEAN, About, Bench, Job, digest
from .damage import DAMAGED, KINDS, SHARES, Damage, Damaged, apply, every_damage, undamaged
from .features import STREAMS, Segment, fit_scalers, read_segments, scaled
from .network import Example, Settings, create_network, predict, train
from .report import write_report
from .systems import NEURAL, System

VARIANTS = 4  # damaged versions of each training segment, beside itself
_FORM = 2  # of features and files; other forms do not mix


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


class FilmBench(Bench):
    """Runs jobs on the segments of the film.

    Parameters
    ----------
    segments : sequence of Segment
    work, settings
        As in `Bench`.
    """

    page = "benchmark"
    damages = True

    def __init__(self, segments: Sequence[Segment], work: Path, settings: Settings) -> None:
        self.segments = tuple(segments)
        super().__init__(work, settings)
        # A system's turn is a segment's: what all systems of a segment share is kept for the next.
        self.examples = lru_cache(maxsize=2)(self._examples)
        self.tests = lru_cache(maxsize=2)(self._tests)

    @classmethod
    def open(cls, data: Path, work: Path, settings: Settings) -> Self:
        """From studyforrest's npz."""
        return cls(read_segments(data), work, settings)

    def jobs(self, systems: Sequence[System], about: About) -> list[Job]:
        """As `plan`."""
        return plan(systems, self.segments, about.seeds, about.damaged_seeds)

    def claim(self) -> dict[str, Any]:
        """Form and digest of streams and labels."""
        arrays = (values for s in self.segments for values in (*s.streams.values(), s.labels))
        return {"form": _FORM, "data": digest(arrays)}

    def write(self, out: Path, systems: Sequence[System], about: About) -> Path:
        """``benchmark.md`` and the folder ``benchmark/`` beside it."""
        return write_report(out, self.work, systems, self.segments, about)

    def split(self, name: str) -> tuple[list[Segment], Segment]:
        """The segments to train on and the one left out."""
        recordings = [Recording(segment.name, segment.name) for segment in self.segments]
        (fold,) = (fold for fold in leave_one_out(recordings) if fold.val[0].name == name)
        named = {segment.name: segment for segment in self.segments}
        return [named[each.name] for each in fold.train], named[name]

    def one(self, job: Job) -> dict[str, NDArray]:
        """Train and test: predictions by damage, their gates and ticks hit, and what it cost."""
        system = job.system
        examples = [_only(each, system.streams) for each in self.examples(job.left_out, job.training)]
        tests = {
            key: (_only(each, system.streams), hit) for key, (each, hit) in self.tests(job.left_out).items()
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

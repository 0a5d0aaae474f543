"""The benchmark on real pairs of face and voice: clips of actors, the actors of one fold left out at a time.

Axes: ``n`` clip, ``t`` tick of 12.5 Hz, ``d`` feature.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import DataError
from ..evaluate.moments import sums
from ..fusion import set_temperature
from ..model import FusionNetwork
from ..spec import TARGETS
from ..train import Batches, Loss, NetworkModule, fit
from ..train.batches import Batch
from ..train.evaluate import predict_sequences
from ..train.feature_pool import MODALITIES, Pair, by_actor, load_pairs
from ..train.folds import make_folds
from ..train.paired import SequenceCorruption
from ..train.paired_batches import collate
from ..train.pairs import compose_pairs
from .acted_report import write_acted_report
from .acted_results import HELD, TAUGHT, TEMPERATURE, USUAL
from .baseline import fit_predict
from .bench import CLEAN, About, Bench, Job, digest
from .conditions import ClipBatch, clip_batch, every_condition
from .features import Scaler
from .held_gates import held_gates, mean_gates
from .network import Example, Settings, create_network
from .systems import NEURAL, System, can_be_taught

FOLDS = 5
GATE_LOSS = 0.1  # weight of the loss that teaches gates
HELD_ON = 160  # sequences of the training: gates are held at their mean over these
EVERY = 8  # ticks of the sequences that the baselines are fitted to are so far apart
_FORM = 1  # of files; other forms do not mix


class ActedBench(Bench):
    """Runs jobs on pairs of face and voice.

    Parameters
    ----------
    pairs : sequence of Pair
        Of three actors or more.
    work, settings
        As in `Bench`.
    """

    page = "benchmark_acted"

    def __init__(self, pairs: Sequence[Pair], work: Path, settings: Settings) -> None:
        self.pairs = list(pairs)
        self.folds = {fold.name: fold.units for fold in make_folds(by_actor(pairs), count=FOLDS)}
        super().__init__(work, settings)
        self.parts = lru_cache(maxsize=1)(self._parts)

    @classmethod
    def open(cls, data: Path, work: Path, settings: Settings) -> Self:
        """From the work folder of a recipe with videos of actors, or its ``features/pairs.npz``.

        Raises
        ------
        DataError
            If the file is missing or damaged, or holds fewer than three actors.
        """
        path = data / "features" / "pairs.npz" if data.is_dir() else data
        if not path.is_file():
            raise DataError(
                f"no pairs of face and voice at {path}; train a recipe with videos of actors (acted:), and "
                "give its work folder, such as --data runs/default"
            )
        pairs = load_pairs(path)
        if (actors := len(by_actor(pairs))) < 3:
            raise DataError(f"{path}: {actors} actors; expected 3 or more to leave one out")
        return cls(pairs, work, settings)

    def jobs(self, systems: Sequence[System], about: About) -> list[Job]:
        """Seed by seed and fold by fold; fusions whose gates can be taught also in that training."""
        return [
            Job(system, fold, seed, training)
            for seed in range(about.seeds)
            for fold in self.folds
            for system in systems
            for training in trainings(system)
            if seed == 0 or system.random
        ]

    def claim(self) -> dict[str, Any]:
        """Form and digest of features, masks and labels."""
        arrays = (
            values
            for pair in self.pairs
            for kind in (pair.intact, pair.corrupted, pair.masks)
            for values in (*kind.values(), pair.affect)
        )
        return {"form": _FORM, "data": digest(arrays)}

    def write(self, out: Path, systems: Sequence[System], about: About) -> Path:
        """``benchmark_acted.md`` and the folder ``benchmark_acted/`` beside it."""
        clips = [clip for fold in self.folds for clip in self.split(fold)[1]]
        return write_acted_report(out, self.work, systems, list(self.folds), clips, about)

    def split(self, fold: str) -> tuple[list[Pair], list[Pair]]:
        """The pairs to train on and those left out."""
        out = self.folds[fold]
        train = [pair for pair in self.pairs if pair.actor not in out]
        return train, [pair for pair in self.pairs if pair.actor in out]

    def one(self, job: Job) -> dict[str, NDArray]:
        """Train and test: by condition the mean of each clip (n, 2), and sums over its ticks.

        ``<condition>/clips`` (n, 2); ``<condition>/ticks`` (n, 2, 7): `moments.sums` of predictions and
        label; ``<condition>/<gate>`` (n, 7): those of the gate and of being hit, where both streams are
        available; ``held/<condition>/clips``: with every gate held at its mean over the training.
        """
        parts = self.parts(job.left_out)
        began = time.process_time()
        if job.system.kind != NEURAL:
            return self._baseline(job.system, parts) | {"seconds": np.array(time.process_time() - began)}
        torch.manual_seed(job.seed)
        dims = {name: parts.training[name].shape[2] for name in job.system.streams}
        network = create_network(job.system.fusion, dims, self.settings)
        teach(network, parts.training, self.settings, job.seed, gates=job.training == TAUGHT)
        found: dict[str, NDArray] = {
            "seconds": np.array(time.process_time() - began),
            "parameters": np.array(sum(weight.numel() for weight in network.parameters())),
        }
        for key, batch in parts.tests.items():
            values, gates = predict_sequences(network, batch.data)
            found |= _figures(key, values, batch, job.system.streams)
            there = np.logical_and.reduce([batch.data[f"{name}_mask"].numpy() for name in MODALITIES])
            for name, gate in gates.items():
                found[f"{key}/{name}"] = _gate_sums(gate, batch.hit, there)
        some = {name: values[:HELD_ON] for name, values in parts.training.items()}
        if means := mean_gates(network, some):
            with held_gates(means):
                for key, batch in parts.tests.items():
                    values, _ = predict_sequences(network, batch.data)
                    found[f"{HELD}/{key}/clips"] = clip_means(values, batch, job.system.streams)
        return found

    def _baseline(self, system: System, parts: Parts) -> dict[str, NDArray]:
        """A regressor on the ticks of the training; it says all conditions at once."""
        train = _ticks(parts.training, parts.training["labelled"].numpy(), every=EVERY)
        whole = [np.ones(batch.hit.shape, bool) for batch in parts.tests.values()]
        tests = [_ticks(b.data, all_, every=1) for b, all_ in zip(parts.tests.values(), whole, strict=True)]
        both = Example(
            {name: torch.cat([test.streams[name] for test in tests]) for name in MODALITIES},
            {name: torch.cat([test.masks[name] for test in tests]) for name in MODALITIES},
            torch.cat([test.labels for test in tests]),
        )
        said = fit_predict(system.kind, [train], both)
        ends = np.cumsum([batch.hit.size for batch in parts.tests.values()])
        found: dict[str, NDArray] = {}
        for (key, batch), values in zip(parts.tests.items(), np.split(said, ends[:-1]), strict=True):
            found |= _figures(key, values.reshape(*batch.hit.shape, -1), batch, system.streams)
        return found

    def _parts(self, fold: str) -> Parts:
        """What all systems and seeds of a fold are trained and tested on."""
        train, test = self.split(fold)
        scalers = {
            name: Scaler([pair.intact[name][pair.masks[name]] for pair in train]) for name in MODALITIES
        }
        train, test = ([_scaled(pair, scalers) for pair in part] for part in (train, test))
        place, beside = list(self.folds).index(fold), by_actor(test)
        tests = {CLEAN: clip_batch(test, None, beside, np.random.default_rng(0))}
        for index, condition in enumerate(every_condition()):
            random = np.random.default_rng([index, place])
            tests[condition.key] = clip_batch(test, condition, beside, random)
        return Parts(sequences(train, self.settings, seed=place), tests)


@dataclass(frozen=True, eq=False)
class Parts:
    """What belongs to one fold.

    Attributes
    ----------
    training : Batch
        Sequences of the actors that are trained on.
    tests : dict of str to ClipBatch
        Clips of the actors left out, by condition.
    """

    training: Batch
    tests: dict[str, ClipBatch]


def trainings(system: System) -> tuple[str, ...]:
    """The trainings of a system: with taught gates too where it has such."""
    return (USUAL, TAUGHT) if can_be_taught(system) else (USUAL,)


def sequences(pairs: Sequence[Pair], settings: Settings, *, seed: int) -> Batch:
    """As many sequences of clips, one actor's each, as a training takes; corrupted as in training a model."""
    random, own = np.random.default_rng(seed), by_actor(pairs)
    count = settings.steps * settings.batch
    return collate(
        [compose_pairs(own, settings.window, random, corruption=SequenceCorruption()) for _ in range(count)]
    )


def teach(network: FusionNetwork, training: Batch, settings: Settings, seed: int, *, gates: bool) -> None:
    """Train on every sequence once (in place), in an order that the seed fixes, as it does dropout.

    With ``gates`` the loss also teaches them what is corrupted, at a temperature at which they can learn.
    """
    plan = settings.fit
    if gates:
        set_temperature(network, TEMPERATURE)
        plan = plan.model_copy(update={"loss": Loss(mse=settings.mse, gate=GATE_LOSS)})
    fit(NetworkModule(network, plan), InOrder(training, settings, seed), seed=seed)


class InOrder(Batches):
    """Every sequence once, in a random order.

    Parameters
    ----------
    sequences : Batch
    settings : Settings
    seed : int
    """

    def __init__(self, sequences: Batch, settings: Settings, seed: int) -> None:
        self.sequences, self.settings, self.seed = sequences, settings, seed

    def __len__(self) -> int:
        return self.settings.steps

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch; there is one."""
        order = np.random.default_rng(self.seed).permutation(len(self.sequences["affect"]))
        for chosen in np.split(order, self.settings.steps):
            rows = torch.from_numpy(chosen)
            yield {name: values[rows] for name, values in self.sequences.items()}


def clip_means(values: NDArray, batch: ClipBatch, streams: Sequence[str]) -> NDArray[np.float64]:
    """The mean of each clip (n, 2) over the ticks at which a stream of the system is available.

    Where none ever is, over all its ticks.
    """
    there = batch.available(streams)
    there |= batch.available(MODALITIES) & ~there.any(axis=1, keepdims=True)
    return (values * there[..., None]).sum(axis=1) / np.maximum(there.sum(axis=1), 1)[:, None]


def _figures(key: str, values: NDArray, batch: ClipBatch, streams: Sequence[str]) -> dict[str, NDArray]:
    labels = np.where(batch.available(MODALITIES)[..., None], batch.data["affect"].numpy(), np.nan)
    table = [
        [sums(said[:, k], label[:, k]) for k in range(len(TARGETS))]
        for said, label in zip(values, labels, strict=True)
    ]
    return {f"{key}/clips": clip_means(values, batch, streams), f"{key}/ticks": np.array(table)}


def _gate_sums(gate: NDArray, hit: NDArray[np.bool_], there: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Sums (n, 7) of a gate (n, t) and of being hit."""
    return np.array([sums(g[t], h[t].astype(float)) for g, h, t in zip(gate, hit, there, strict=True)])


def _ticks(data: Mapping[str, torch.Tensor], counted: NDArray[np.bool_], *, every: int) -> Example:
    """Ticks of sequences one below the other."""
    rows = torch.from_numpy(counted[:, ::every])
    return Example(
        {name: data[name][:, ::every][rows] for name in MODALITIES},
        {name: data[f"{name}_mask"][:, ::every][rows] for name in MODALITIES},
        data["affect"][:, ::every][rows],
    )


def _scaled(pair: Pair, scalers: Mapping[str, Scaler]) -> Pair:
    """Scaled features, zero where masked."""

    def scale(streams: Mapping[str, NDArray]) -> dict[str, NDArray[np.float32]]:
        return {
            name: np.where(pair.masks[name][:, None], scalers[name](values), np.float32(0))
            for name, values in streams.items()
        }

    return replace(pair, intact=scale(pair.intact), corrupted=scale(pair.corrupted))

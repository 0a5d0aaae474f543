"""Missing streams on a feature store: the systems of `systems`, trained and tested on other people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..comparison.network import Example
from ..corpus.store import FeatureStore, Stored
from ..errors import DataError
from ..metric import ccc
from .systems import Impute, Plan, standardise, train_imputers, train_systems, without

FOLDS = 5
LACKING = 0.3
"""Share of the training recordings that lack the first stream, and of those that lack the second."""


@dataclass(frozen=True)
class Comparison:
    """Figures of one seed and fold.

    Attributes
    ----------
    scores : dict
        CCC by system, condition (``whole`` or ``no STREAM``) and target: pooled over the labelled ticks of
        the recordings of people who were left out.
    errors : dict
        Mean absolute error of imputed features by imputer (or ``mean``, the training mean) and stream, in the
        features' standard deviations, over the test ticks that have both streams.
    """

    scores: dict[tuple[str, str, str], float]
    errors: dict[tuple[str, str], float]


def compare(store: FeatureStore, seed: int, fold: int, plan: Plan | None = None) -> Comparison:
    """Train all systems on the same recordings, the same of which lack the same streams, and test them.

    Parameters
    ----------
    store : FeatureStore
        With two streams, of five subjects or more.
    seed : int
        Draws which recordings lack what, and seeds networks and imputers.
    fold : int
        Which of the `FOLDS` is left out.
    plan : Plan, optional

    Raises
    ------
    DataError
        If the store has another number of streams, or fewer subjects.
    """
    check(store)
    plan, parts = plan or Plan(), store.folds(FOLDS)[fold]
    lacking = lack([_example(stored) for stored in parts.train], seed)
    train, test = standardise(lacking, [_example(stored) for stored in parts.val])
    imputers = train_imputers(train, plan, seed)
    truth = np.concatenate([example.labels.numpy() for example in test])
    scores = {}
    for name, system in train_systems(train, imputers, plan, seed).items():
        for hidden in (None, *store.dims):
            condition = "whole" if hidden is None else f"no {hidden}"
            values = np.concatenate([system(without(example, hidden)) for example in test])
            for k, target in enumerate(store.targets):
                scores[name, condition, target] = ccc(values[:, k], truth[:, k])
    return Comparison(scores, _errors(imputers, test))


def check(store: FeatureStore) -> None:
    """Raise a `DataError` unless a store fits the comparison."""
    if len(store.dims) != 2:
        raise DataError(f"{store.path} has the streams {', '.join(store.dims)}; expected two")
    store.folds(FOLDS)


def lack(examples: Sequence[Example], seed: int) -> list[Example]:
    """The examples, a share of them without their first stream and a share without their second."""
    places = np.random.default_rng(seed).permutation(len(examples)) / len(examples)
    first, second = examples[0].streams
    return [
        without(each, first if place < LACKING else second if place < 2 * LACKING else None)
        for each, place in zip(examples, places, strict=True)
    ]


def _example(stored: Stored) -> Example:
    found = stored.features()
    return Example.build(found.streams, found.masks, stored.read()["labels"].numpy())


def _errors(imputers: dict[str, Impute], test: Sequence[Example]) -> dict[tuple[str, str], float]:
    """What each imputer misses standardised features by; their mean over the training ticks is 0."""
    found = {}
    for stream in test[0].streams:
        both = [torch.stack(list(each.masks.values())).all(0) for each in test]
        truth = torch.cat([each.streams[stream][at] for each, at in zip(test, both, strict=True)])
        found["mean", stream] = float(truth.abs().mean())
        for name, impute in imputers.items():
            hidden = [impute(without(each, stream)).streams[stream] for each in test]
            guess = torch.cat([values[at] for values, at in zip(hidden, both, strict=True)])
            found[name, stream] = float((guess - truth).abs().mean())
    return found

"""Paired sequences in batches, and fixed sets of them to measure on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from .batches import Batch, Batches
from .feature_pool import FeaturePool
from .paired import CLEAN, CORRUPTED, PairedSequence, SequenceCorruption, compose
from .pairs import compose_pairs
from .recipe import CorpusRecipe


class PairedBatches(Batches):
    """New sequences in every epoch; batches differ in length.

    Parameters
    ----------
    pool : FeaturePool
    steps, batch : int
        Batches of an epoch, sequences of a batch.
    ticks : tuple of int
        Shortest and longest sequence.
    seed : int
    corruption : SequenceCorruption
    pair_share : float
        Share of the sequences that are made of real pairs, if the pool has some.
    """

    def __init__(
        self,
        pool: FeaturePool,
        *,
        steps: int,
        batch: int,
        ticks: tuple[int, int],
        seed: int,
        corruption: SequenceCorruption,
        pair_share: float = 0.0,
    ) -> None:
        self.pair_share = pair_share
        self.pool, self.corruption = pool, corruption
        self.steps, self.batch, self.ticks, self.seed = steps, batch, ticks, seed

    def __len__(self) -> int:
        return self.steps

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch."""
        rng = np.random.default_rng((self.seed, number))
        for _ in range(self.steps):
            ticks = int(rng.integers(self.ticks[0], self.ticks[1] + 1))
            yield collate([self._draw(ticks, rng) for _ in range(self.batch)])

    def _draw(self, ticks: int, rng: np.random.Generator) -> PairedSequence:
        # Without one of its two halves, a pool gives the other.
        if self.pool.pairs and (rng.random() < self.pair_share or not self.pool.voices):
            return compose_pairs(self.pool.pairs, ticks, rng, corruption=self.corruption)
        return compose(self.pool, ticks, rng, corruption=self.corruption)


def collate(sequences: list[PairedSequence]) -> Batch:
    """Sequences of one length as a batch: fields of `PairedSequence`, each with a first axis b."""
    names = PairedSequence.__dataclass_fields__
    batch = {name: torch.from_numpy(np.stack([getattr(s, name) for s in sequences])) for name in names}
    return batch | {"recording": torch.arange(len(sequences))}


def held_out(
    pool: FeaturePool, *, count: int, ticks: int, seed: int, corruption: SequenceCorruption = CLEAN
) -> Batch:
    """A fixed set of sequences to measure on."""
    rng = np.random.default_rng(seed)
    return collate([compose(pool, ticks, rng, corruption=corruption) for _ in range(count)])


def evaluation_sets(recipe: CorpusRecipe, pool: FeaturePool, *, count: int) -> dict[str, Batch]:
    """Sequences to measure on, ``clean`` and ``corrupted``: for one seed the same, whatever the network."""
    ticks, seed = recipe.paired.ticks[1], recipe.seed + 1
    return {
        name: held_out(pool, count=count, ticks=ticks, seed=seed, corruption=corruption)
        for name, corruption in (("clean", CLEAN), ("corrupted", CORRUPTED))
    }

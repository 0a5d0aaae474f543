"""Semi-supervised training of a mutually supervised VAE: pairs, and examples with one modality alone.

The published program spreads the pairs over an epoch, one in every 1/f steps where f is their share. Where
they are few, most steps then say nothing of how the modalities go together. Here a round has one step of each
kind.

Axes: ``n`` examples, ``b`` batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from ..errors import DataError
from ..progress import Hook, silent
from .mutual import MutualVAE

Present = Mapping[str, Tensor]
"""By modality (n,) bool: True where an example has it."""


@dataclass(frozen=True)
class MutualFit:
    """How long and how fast; batch and learning rate are the published ones.

    Attributes
    ----------
    rounds : int
        A round is a step on pairs, and one on examples of each modality alone where there are any.
    batch : int
    learning_rate : float
        Of Adam.
    """

    rounds: Annotated[int, Field(gt=0)] = 1000
    batch: Annotated[int, Field(gt=0)] = 128
    learning_rate: float = 5e-4


def train(
    model: MutualVAE,
    data: Mapping[str, Tensor],
    present: Present,
    plan: MutualFit,
    *,
    seed: int = 0,
    hook: Hook = silent,
) -> list[float]:
    """Train in place, and leave the model in evaluation mode.

    Parameters
    ----------
    model : MutualVAE
    data : mapping of str to (n, ...) torch.Tensor
        What stands where an example lacks the modality is not read.
    present : mapping of str to (n,) torch.BoolTensor
    plan : MutualFit
    seed : int
        Of the batches and the noise.
    hook : callable
        Called as ``hook("imputer", completed, total)``.

    Returns
    -------
    list of float
        The loss of each step on pairs.

    Raises
    ------
    DataError
        If no example has both modalities: nothing then says how they go together.
    """
    if not torch.stack([present[name] for name in model.modalities]).all(0).any():
        raise DataError("no example has both modalities; give some that do")
    torch.manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=plan.learning_rate)
    model.train()
    generator = torch.Generator().manual_seed(seed)
    kinds = {
        names: batches(rows, plan.batch, generator) for names, rows in _kinds(present).items() if len(rows)
    }
    losses = []
    for done in range(plan.rounds):
        for names, each in kinds.items():
            chosen = next(each)
            loss = model.loss({name: data[name][chosen] for name in names})
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if len(names) == 2:
                losses.append(loss.item())
        hook("imputer", done + 1, plan.rounds)
    model.eval()
    return losses


def batches(rows: Tensor, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Batches (b,) of some rows, without end: each epoch in another order."""
    while True:
        order = rows[torch.randperm(len(rows), generator=generator)]
        yield from order.split(size)


def first_rows(data: Mapping[str, Tensor], present: Present, count: int) -> dict[str, Tensor]:
    """The first examples of each modality that are there: where pseudo-inputs start."""
    return {name: data[name][mask][:count] for name, mask in present.items()}


def _kinds(present: Present) -> dict[tuple[str, ...], Tensor]:
    """The rows of the examples that have both modalities, and of those that have one, by what they have."""
    found = {}
    for names in (tuple(present), *((name,) for name in present)):
        where = torch.stack([mask if name in names else ~mask for name, mask in present.items()]).all(0)
        found[names] = where.nonzero()[:, 0]
    return found

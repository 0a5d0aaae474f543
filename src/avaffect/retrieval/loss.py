"""The loss of DDAG: identities, hardest triplets, and a graph term whose weight follows the others."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .network import DDAG, Described


def hard_triplet(features: Tensor, identities: Tensor, margin: float = 0.3) -> Tensor:
    """Triplet loss with the hardest of the batch (Hermans et al., 2017, arXiv 1703.07737).

    ::

        mean over i of max( 0, margin + max_{j of i's identity} |x_i - x_j| - min_{j of another} |x_i - x_j| )

    Parameters
    ----------
    features : (n, d) torch.Tensor
        Not normalised.
    identities : (n,) torch.Tensor
        Two or more different ones.
    """
    squares = features.square().sum(dim=1)
    distances = squares[:, None] + squares[None] - 2 * features @ features.T
    distances = distances.clamp(min=1e-12).sqrt()  # its root has a gradient
    same = identities[:, None] == identities[None]
    farthest = distances.masked_fill(~same, -torch.inf).amax(dim=1)
    nearest = distances.masked_fill(same, torch.inf).amin(dim=1)
    return functional.relu(farthest - nearest + margin).mean()


class DynamicLoss:
    """The whole loss; the weight of its graph term grows as the other terms fall.

    ::

        base = CE(whole) + triplet(pooled) + CE(parts)           one classifier for both
        loss = base + w graph,      w = 1 / (1 + mean of base over the last epoch),  0 in the first

    Attributes
    ----------
    graph_weight : float
        w.
    """

    def __init__(self, *, margin: float = 0.3) -> None:
        self.margin = margin
        self.graph_weight = 0.0
        self._sum, self._count = 0.0, 0

    def __call__(self, network: DDAG, described: Described, identities: Tensor) -> Tensor:
        """Loss of a batch of (n,) identities."""
        base = (
            functional.cross_entropy(network.classifier(described.whole), identities)
            + hard_triplet(described.pooled, identities, self.margin)
            + functional.cross_entropy(network.classifier(described.parts), identities)
        )
        self._sum, self._count = self._sum + float(base.detach()), self._count + 1
        if self.graph_weight == 0:
            return base
        graph = functional.nll_loss(network.graph(described.pooled, identities), identities)
        return base + self.graph_weight * graph

    def end_epoch(self) -> float:
        """Set the weight for the next epoch; returns the mean of the base loss over this one."""
        mean = self._sum / max(self._count, 1)
        self.graph_weight = 1 / (1 + mean)
        self._sum, self._count = 0.0, 0
        return mean

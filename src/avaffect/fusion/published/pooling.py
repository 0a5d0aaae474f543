"""Attentive statistics pooling (Okabe et al., Interspeech 2018, arXiv 1803.10963)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..layers.masking import masked_softmax


class AttentiveStatistics(nn.Module):
    """A sequence to the weighted mean and deviation of each of its features.

    Each feature has its own weights over time::

        w     = softmax_t( Linear_{h -> f}( tanh( BatchNorm( ReLU( Linear_{f -> h}(X) ) ) ) ) )   (t, f)
        mean  = sum_t w X                                                                         (f)
        sd    = sqrt( max( sum_t w X^2 - mean^2, 1e-4 ) )                                         (f)

    For 704 features it has 361,920 parameters.

    Parameters
    ----------
    dim : int
        f.
    hidden : int
        h.
    """

    def __init__(self, dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.hidden = nn.Linear(dim, hidden)
        self.norm = nn.BatchNorm1d(hidden)
        self.score = nn.Linear(hidden, dim)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Pool over time.

        Parameters
        ----------
        x : (b, t, f) torch.Tensor
        mask : (b, t) bool torch.Tensor
            True where available: the statistics are of these ticks alone, those of the batch
            normalisation too.

        Returns
        -------
        (b, 2 f) torch.Tensor
            Means, then deviations; of a sequence without any tick 0 and 0.01.
        """
        hidden = torch.relu(self.hidden(x))  # (b, t, h)
        normed = torch.zeros_like(hidden)
        normed[mask] = self.norm(hidden[mask])
        weights = masked_softmax(self.score(torch.tanh(normed)), mask.unsqueeze(-1), dim=1)  # (b, t, f)
        x = torch.where(mask.unsqueeze(-1), x, 0.0)
        mean = (weights * x).sum(dim=1)
        spread = (weights * x.square()).sum(dim=1) - mean.square()
        return torch.cat([mean, spread.clamp(min=1e-4).sqrt()], dim=-1)

"""The regressors of the published networks."""

from __future__ import annotations

from torch import nn


def linear_head(dim_in: int, *, hidden: int = 128, dropout: float = 0.6) -> nn.Sequential:
    """Linear, dropout, Linear to one number, without a non-linearity: that of JCA.

    >>> sum(each.numel() for each in linear_head(640).parameters())
    82177
    """
    return nn.Sequential(nn.Linear(dim_in, hidden), nn.Dropout(dropout), nn.Linear(hidden, 1))


def relu_head(dim_in: int, *, hidden: int = 128, dropout: float = 0.6) -> nn.Sequential:
    """Linear, ReLU, dropout, Linear to one number; unbounded: that of T-BIOM, RJCA and DCA.

    >>> sum(each.numel() for each in relu_head(512).parameters())
    65793
    """
    return nn.Sequential(nn.Linear(dim_in, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 1))

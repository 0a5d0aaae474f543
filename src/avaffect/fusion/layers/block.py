"""The pre-norm transformer block (arXiv 1706.03762, 2002.04745), and the place of a tick."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .attention import SelfAttention


class Block(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x)).

    Parameters
    ----------
    width : int
        Feature size, divisible by ``heads``.
    heads : int
    hidden : int
        Of the feed-forward part.
    dropout : float
        On the attention weights and in both branches.
    eps : float
        Of the layer norms.
    gelu : {"none", "tanh"}
        GELU itself, or its approximation by tanh.
    skip : float
        Stochastic depth (arXiv 1603.09382): share of the sequences in which a branch is left out in training,
        drawn for each branch. A branch that is kept is not scaled.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        hidden: int,
        *,
        dropout: float = 0.0,
        eps: float = 1e-5,
        gelu: str = "none",
        skip: float = 0.0,
    ) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width, eps=eps)
        self.attention = SelfAttention(width, heads, dropout=dropout)
        self.forward_norm = nn.LayerNorm(width, eps=eps)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, hidden), nn.GELU(gelu), nn.Dropout(dropout), nn.Linear(hidden, width)
        )
        self.dropout = nn.Dropout(dropout)
        self.skip = skip

    def forward(self, x: Tensor, mask: Tensor, asking: int | None = None) -> Tensor:
        """Tokens x (b, n, width), mask (b, n) True where available; (b, n, width).

        With ``asking`` only so many tokens, the first, ask and are given back; all answer.
        """
        found = self.attention(self.attention_norm(x), mask, asking)
        x = x[:, :asking] + self._branch(found)
        return x + self._branch(self.feed_forward(self.forward_norm(x)))

    def _branch(self, y: Tensor) -> Tensor:
        y = self.dropout(y)
        if not (self.training and self.skip):
            return y
        kept = torch.rand(y.shape[0], 1, 1, device=y.device) >= self.skip
        return torch.where(kept, y, 0.0)


def sinusoid(ticks: int, width: int, like: Tensor) -> Tensor:
    """Sines and cosines of the tick at wavelengths from 2 pi to 20,000 pi ticks; (ticks, width)."""
    real = torch.promote_types(like.dtype, torch.float32)
    half = (width + 1) // 2
    rates = torch.exp(torch.arange(half, device=like.device, dtype=real) * (-math.log(10_000.0) / half))
    angles = torch.arange(ticks, device=like.device, dtype=real).unsqueeze(1) * rates  # (t, half)
    return torch.cat([angles.sin(), angles.cos()], dim=1)[:, :width].to(like.dtype)

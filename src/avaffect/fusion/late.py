"""Late fusion: each stream judged alone, the judgements averaged."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from .base import Fused, Fusion, at_least
from .registry import register


@register("late")
class Late(Fusion):
    """The mean, over the available streams, of one head per stream.

    ::

        out = mean_m( Linear(Dropout(ReLU(Linear(X_m)))) )

    A linear output layer behind it makes this the mean of unimodal predictions.

    Parameters
    ----------
    dims : mapping of stream name to feature size
        One stream or more.
    width : int, optional
        Feature size of the output; by default that of the widest stream.
    hidden : int, optional
        Hidden size of each head; by default the stream's own size.
    dropout : float
    """

    min_streams = 1

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
        width: int | None = None,
        hidden: int | None = None,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(dims=dims, places={})
        self.output_dim = max(dims.values()) if width is None else width
        at_least("width", self.output_dim, 1)
        if hidden is not None:
            at_least("hidden", hidden, 1)
        self.heads = nn.ModuleDict(
            {
                name: nn.Sequential(
                    nn.Linear(dim, hidden or dim),
                    nn.ReLU(),
                    nn.Dropout(dropout),
                    nn.Linear(hidden or dim, self.output_dim),
                )
                for name, dim in self.dims.items()
            }
        )

    def fuse(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        """Average the heads of the available streams; zero where there is none."""
        heads = torch.stack([self.heads[name](stream) for name, stream in streams.items()])
        available = torch.stack(list(masks.values())).unsqueeze(-1)  # (m, b, t, 1)
        total = torch.where(available, heads, 0.0).sum(dim=0)  # (m, b, t, f) -> (b, t, f)
        return Fused(total / available.sum(dim=0).clamp(min=1).to(total.dtype))

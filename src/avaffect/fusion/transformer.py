"""A plain cross-modal transformer: the strong ordinary baseline."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from .base import Fused, Fusion, at_least
from .layers.block import Block, sinusoid
from .registry import register


@register("transformer")
class Transformer(Fusion):
    """Pre-norm transformer (arXiv 1706.03762, 2002.04745) over the ticks of all streams at once.

    Each stream is projected to a common width; a sinusoid of the tick and a learned vector of the
    stream are added; every token attends to every available token of every stream. The output is
    the tokens of all streams, side by side. Quadratic in length times streams.

    Parameters
    ----------
    dims : mapping of stream name to feature size
        One stream or more.
    width : int, optional
        By default that of the widest stream; divisible by ``heads``.
    layers, heads : int
    expansion : int
        Hidden size of the feed-forward part over ``width``.
    dropout : float
    absent
        As in `Fusion`.
    """

    min_streams = 1
    positional = True

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
        width: int | None = None,
        layers: int = 2,
        heads: int = 4,
        expansion: int = 4,
        dropout: float = 0.1,
        absent: str = "learned",
    ) -> None:
        width = max(dims.values(), default=1) if width is None else width
        super().__init__(dims=dims, absent=absent, places=dict.fromkeys(dims, width))
        at_least("layers", layers, 1)
        at_least("expansion", expansion, 1)
        self.output_dim = width * len(self.dims)
        self.project = nn.ModuleDict({name: nn.Linear(dim, width) for name, dim in self.dims.items()})
        self.stream = nn.ParameterDict({name: nn.Parameter(torch.randn(width) * 0.02) for name in self.dims})
        self.layers = nn.ModuleList(
            Block(width, heads, expansion * width, dropout=dropout) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def fuse(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        """Attend over the tokens of all streams, and put each tick's tokens side by side."""
        first = next(iter(streams.values()))
        ticks = first.shape[1]
        place = sinusoid(ticks, self.norm.normalized_shape[0], first)
        tokens = torch.cat(
            [self.project[name](x) + place + self.stream[name] for name, x in streams.items()], dim=1
        )  # (b, streams * t, width)
        mask = torch.cat(list(masks.values()), dim=1)
        for layer in self.layers:
            tokens = layer(tokens, mask)
        tokens = self.norm(tokens)
        fused = {name: tokens[:, i * ticks : (i + 1) * ticks] for i, name in enumerate(streams)}
        return Fused(self.join(fused, masks))

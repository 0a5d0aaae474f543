"""Attention bottlenecks, MBT (arXiv 2107.00135, NeurIPS 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .base import Fused, Fusion, at_least, one_of
from .layers.block import sinusoid
from .layers.bottleneck import BottleneckEncoder
from .options import takes
from .registry import register

READ_OUTS = ("ticks", "class")


@dataclass(frozen=True, kw_only=True)
class BottleneckOptions:
    """Options of `Bottleneck`."""

    width: int | None = None
    layers: int = 4
    fusion_layer: int | None = None
    bottlenecks: int = 4
    exchange: str = "bottleneck"
    read_out: str = "ticks"
    share_blocks: bool = False
    heads: int = 4
    expansion: int = 4
    dropout: float = 0.1
    stochastic_depth: float = 0.0
    absent: str = "learned"


@register("bottleneck")
class Bottleneck(Fusion):
    """Streams that attend each to itself, and to the others only through a few shared vectors.

    Each stream is projected to a common width; a sinusoid of the tick and a learned vector of the stream are
    added. What follows is `BottleneckEncoder`, which has the equations. The output is the tokens of all
    streams, side by side. Attention is quadratic in the length of each stream, (t + B)^2 a stream, where
    attention over all tokens of m streams takes (m t)^2.

    The encoder is exact, but for its norms and its GELU, which are PyTorch's own (eps 1e-5; the published
    1e-6 and tanh form are in `mbt.audioset`). Choices of ours: tokens are ticks, their place is a sinusoid in
    place of a learned table, so that any length fits, and one head reads all streams side by side. The
    published network reads a class token of each stream with a shared head, trains on the mean of one loss a
    stream, and averages the streams' logits at test; it is `mbt.audioset`.

    Parameters
    ----------
    dims : mapping of stream name to feature size
        One stream or more; two as published.
    width : int, optional
        By default that of the widest stream; divisible by ``heads``.
    layers : int
        12 as published.
    fusion_layer : int, optional
        First block with the bottleneck, from 0; half of the layers by default, 8 as published; ``layers``
        is late fusion.
    bottlenecks : int
        B vectors; 5 as published (its setting says 4).
    exchange : {"bottleneck", "tokens", "none"}
        How streams meet: through the bottleneck, through attention to all tokens, or not.
    read_out : {"ticks", "class"}
        The output at a tick is that tick's token, or the class token of the sequence, the same at all ticks.
    share_blocks : bool
        The same blocks for all streams.
    heads, expansion, dropout
        As in `Transformer`.
    stochastic_depth : float
        Share of sequences in which a branch of the last block is left out in training; less in the blocks
        before; 0.3 as published.
    absent
        As in `Fusion`.
    """

    min_streams = 1
    positional = True

    @takes(BottleneckOptions)
    def __init__(self, dims: Mapping[str, int], options: BottleneckOptions) -> None:
        width = max(dims.values(), default=1) if options.width is None else options.width
        super().__init__(dims=dims, absent=options.absent, places=dict.fromkeys(dims, width))
        at_least("expansion", options.expansion, 1)
        half = options.layers // 2
        self.read_out = one_of("read_out", options.read_out, READ_OUTS)
        self.output_dim = width * len(self.dims)
        self.project = nn.ModuleDict({name: nn.Linear(dim, width) for name, dim in self.dims.items()})
        self.stream = nn.ParameterDict({name: nn.Parameter(0.02 * torch.randn(width)) for name in self.dims})
        self.token = nn.ParameterDict()
        if options.read_out == "class":
            self.token.update({name: nn.Parameter(torch.zeros(width)) for name in self.dims})
        self.encoder = BottleneckEncoder(
            list(self.dims),
            width=width,
            heads=options.heads,
            hidden=options.expansion * width,
            layers=options.layers,
            fusion_layer=half if options.fusion_layer is None else options.fusion_layer,
            bottlenecks=options.bottlenecks,
            exchange=options.exchange,
            share_blocks=options.share_blocks,
            dropout=options.dropout,
            skip=options.stochastic_depth,
        )

    def fuse(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        """Encode the tokens of all streams, and put each tick's side by side."""
        ticks = next(iter(streams.values())).shape[1]
        tokens, available = {}, {}
        for name, x in streams.items():
            x = self.project[name](x)
            x = x + sinusoid(ticks, x.shape[-1], x) + self.stream[name]
            tokens[name], available[name] = self._with_token(name, x, masks[name])
        found = self.encoder(tokens, available)
        if self.read_out == "class":
            found = {name: x[:, :1].expand(-1, ticks, -1) for name, x in found.items()}
        return Fused(self.join(found, masks))

    def _with_token(self, name: str, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The tokens and their mask behind the stream's class token, if it has one."""
        if name not in self.token:
            return x, mask
        token = self.token[name].to(x.dtype).expand(x.shape[0], 1, -1)
        # Of a stream that is absent throughout, the token is absent too.
        return torch.cat([token, x], dim=1), torch.cat([mask.any(dim=1, keepdim=True), mask], dim=1)

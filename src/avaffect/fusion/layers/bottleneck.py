"""Transformer blocks of several streams that meet in a few vectors: attention bottlenecks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from ..base import at_least, at_most, one_of
from .block import Block

EXCHANGES = ("bottleneck", "tokens", "none")


class BottleneckEncoder(nn.Module):
    """The encoder of MBT (arXiv 2107.00135): L blocks a stream, from block ``fusion_layer`` on together.

    With x_m (n_m, width) the tokens of stream m, z (B, width) the bottleneck, ``[a; b]`` tokens put behind
    tokens::

        x_m        <- block_m^l(x_m)                              l < fusion_layer, each stream alone
        [x_m; z_m] <- block_m^l([x_m; z])                         after that; all from the same old z
        z          <- mean of z_m over the streams that are there
        x_m        <- LayerNorm(x_m)                              one norm for all streams

    A sequence without any token of a stream takes no proposal z_m from it. ``exchange="tokens"``: no
    bottleneck, block_m^l runs over the tokens of all streams and its outputs at m are kept, all from the old
    values. ``exchange="none"``: each stream stays alone (late fusion). The attribute ``exchange`` set to
    "none" switches the bottleneck of a trained encoder off.

    Parameters
    ----------
    streams : sequence of str
    width, heads, hidden : int
        Of every block.
    layers : int
        L.
    fusion_layer : int
        Counted from 0; L is late fusion.
    bottlenecks : int
        B; the published code makes one more than its setting says when there are class tokens.
    exchange : {"bottleneck", "tokens", "none"}
    share_blocks : bool
        The same blocks for all streams.
    dropout, eps, gelu
        As in `Block`.
    skip : float
        Stochastic depth of the last block; from 0 in the first it grows by equal steps.
    """

    def __init__(
        self,
        streams: Sequence[str],
        *,
        width: int,
        heads: int,
        hidden: int,
        layers: int,
        fusion_layer: int,
        bottlenecks: int,
        exchange: str = "bottleneck",
        share_blocks: bool = False,
        dropout: float = 0.0,
        eps: float = 1e-5,
        gelu: str = "none",
        skip: float = 0.0,
    ) -> None:
        super().__init__()
        at_least("layers", layers, 1)
        at_least("fusion_layer", fusion_layer, 0)
        at_most("fusion_layer", fusion_layer, layers)
        at_least("bottlenecks", bottlenecks, 1)
        self.exchange = one_of("exchange", exchange, EXCHANGES)
        self.fusion_layer = fusion_layer
        self.layers = nn.ModuleList()
        for index in range(layers):
            rate = skip * index / max(layers - 1, 1)
            names = ["all"] if share_blocks else streams
            self.layers.append(
                nn.ModuleDict(
                    {
                        name: Block(width, heads, hidden, dropout=dropout, eps=eps, gelu=gelu, skip=rate)
                        for name in names
                    }
                )
            )
        self.share_blocks = share_blocks
        self.bottleneck: nn.Parameter | None = None
        if exchange == "bottleneck" and fusion_layer < layers:
            self.bottleneck = nn.Parameter(0.02 * torch.randn(bottlenecks, width))
        self.norm = nn.LayerNorm(width, eps=eps)

    def forward(self, tokens: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Encode the tokens (b, n_m, width) of each stream, masks (b, n_m) True where available."""
        x = dict(tokens)
        first = next(iter(x.values()))
        shared = None if self.bottleneck is None else self.bottleneck.to(first.dtype)
        bottleneck = None if shared is None else shared.expand(first.shape[0], -1, -1)  # (b, B, width)
        for index in range(len(self.layers)):
            if index < self.fusion_layer or self.exchange == "none":
                x = {name: self._block(index, name)(tokens, masks[name]) for name, tokens in x.items()}
            elif bottleneck is None:
                x = self._over_all_tokens(index, x, masks)
            else:
                x, bottleneck = self._through(index, x, masks, bottleneck)
        return {name: self.norm(tokens) for name, tokens in x.items()}

    def _block(self, index: int, name: str) -> nn.Module:
        return self.layers[index]["all" if self.share_blocks else name]  # type: ignore[index]

    def _through(
        self, index: int, x: Mapping[str, Tensor], masks: Mapping[str, Tensor], bottleneck: Tensor
    ) -> tuple[dict[str, Tensor], Tensor]:
        """One block with the bottleneck, and the next bottleneck."""
        size = bottleneck.shape[1]
        always = bottleneck.new_ones(bottleneck.shape[:2], dtype=torch.bool)
        following, proposals, there = {}, [], []
        for name, tokens in x.items():
            seen = torch.cat([masks[name], always], dim=1)
            found = self._block(index, name)(torch.cat([tokens, bottleneck], dim=1), seen)
            following[name], proposal = found[:, :-size], found[:, -size:]
            proposals.append(proposal)
            there.append(masks[name].any(dim=1).to(proposal.dtype)[:, None, None])  # (b, 1, 1)
        counted = torch.stack(there)  # (m, b, 1, 1)
        mean = (torch.stack(proposals) * counted).sum(dim=0) / counted.sum(dim=0).clamp(min=1.0)
        return following, mean

    def _over_all_tokens(
        self, index: int, x: Mapping[str, Tensor], masks: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """One block in which each stream attends to the tokens of all, its own first."""
        following = {}
        for name, tokens in x.items():
            order = [name, *(other for other in x if other != name)]
            seen = torch.cat([masks[each] for each in order], dim=1)
            together = torch.cat([x[each] for each in order], dim=1)
            following[name] = self._block(index, name)(together, seen, tokens.shape[1])
        return following

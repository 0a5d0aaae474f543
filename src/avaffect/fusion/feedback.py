"""Top-down feedback, MMLatch (arXiv 2201.09828, ICASSP 2022)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from .base import Fused, Fusion, at_least, one_of
from .layers.masking import keep, masked_softmax
from .layers.recurrent import Bidirectional, read_ahead, read_both_ways
from .layers.roles import centre_first
from .options import takes
from .registry import register

TOP_DOWN = ("recurrent", "static", "none")
BATCHINGS = ("masked", "intended", "published")


@dataclass(frozen=True, kw_only=True)
class FeedbackOptions:
    """Options of `Feedback`."""

    size: int | None = None
    top_down: str = "recurrent"
    batching: str = "masked"
    centre: str | None = None
    dropout: float = 0.2
    gain_dropout: float = 0.2
    absent: str = "learned"


@register("feedback")
class Feedback(Fusion):
    """Two passes: what the other streams mean says which features of a stream are listened to.

    Per stream m with input X_m (t, n_m), and d the ``size``; the encoder of a stream is the same in both
    passes, and gradients flow through both::

        enc_m(X) = attention_m(h, h),   h = LSTM_ahead(X) + LSTM_back(X)          (t, d)
        H_m      = enc_m(X_m)                                                     first pass
        M_m      = mean over the other streams n of sigmoid( LSTM_mn(H_n) )       (t, n_m), in (0, 1)
        H_m      = enc_m( X_m * Dropout(M_m) )                                    second pass

    ``attention(x, y)``: x asks y, softmax(x W_q (y W_k)^T / sqrt(d)) y W_v, one head, no bias. Then the
    fuser, with c the ``centre`` and o, p the others, of two streams its first pair alone::

        pair(x, y) = (attention(y, x) + y) + (attention'(x, y) + x)
        out        = [H_c, H_o, H_p, pair(c, o), pair(c, p), pair(p, o), attention''(pair(p, o), H_c)]

    The published one is of text (the centre), audio and visual features, d = 100; `mmlatch.mosei` is the
    whole network. ``gain.<stream>`` (b, t, n_m) of the weights is M_m, which the paper calls a mask.

    With ``batching="masked"`` absent ticks take no part anywhere: a recurrence passes over them, none is
    asked, M_m is the mean over the streams that are there and 1 where none is, and a pair with one of its
    streams absent is the other one alone. Two more forms are the published program's, for comparison: its
    fuser knows no mask, so that a padded tick is asked and the output depends on how far a sequence was
    padded ("intended"); and as its lengths are those of the padded batch, no mask acts at all, and zeros are
    read as words ("published"). It also draws the dropout of M_m at test; here that follows the mode.

    Parameters
    ----------
    dims : mapping of stream name to feature size
        Two or three streams; three as published.
    size : int, optional
        d; by default that of the widest stream.
    top_down : {"recurrent", "static", "none"}
        How M is made: as above, by a linear map of each tick in place of the LSTM, or not: one pass.
    batching : {"masked", "intended", "published"}
    centre : str, optional
        By default "text" if there is such a stream, else the first.
    dropout : float
        Behind the encoders' LSTMs and on their attention weights; half as much behind the LSTMs of M and on
        the attention weights of pairs.
    gain_dropout : float
        On M in training.
    absent
        As in `Fusion`, for each part of the output; zero with the other forms of batching.
    """

    max_streams = 3

    @takes(FeedbackOptions)
    def __init__(self, dims: Mapping[str, int], options: FeedbackOptions) -> None:
        d = max(dims.values(), default=1) if options.size is None else options.size
        at_least("size", d, 1)
        batching = one_of("batching", options.batching, BATCHINGS)
        order = centre_first(dims, options.centre)
        pairs = _pairs(order)
        places = [*order, *(f"{x}_{y}" for x, y in pairs), *(["all"] if len(order) == 3 else [])]
        own_places = dict.fromkeys(places, d) if batching == "masked" else {}
        super().__init__(dims=dims, absent=options.absent, places=own_places)
        self.batching, self.order, self.pairs = batching, order, pairs
        self.output_dim = d * len(places)
        self.dropout, self.gain_dropout = options.dropout, options.gain_dropout
        self.encoders = nn.ModuleDict({m: Bidirectional(nn.LSTM, self.dims[m], d) for m in order})
        self.attention = nn.ModuleDict({m: SingleHead(d, options.dropout) for m in order})
        self.top_down = _top_down(order, self.dims, d, one_of("top_down", options.top_down, TOP_DOWN))
        self.fuser = nn.ModuleDict({f"{x}_{y}": _Pair(d, options.dropout / 2) for x, y in pairs})
        self.three = SingleHead(d, options.dropout / 2) if len(order) == 3 else None

    def fuse(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        """Both passes, then the fuser."""
        if self.batching == "published":
            masks = {name: torch.ones_like(mask) for name, mask in masks.items()}
        states = self._encode(streams, masks)
        weights: dict[str, Tensor] = {}
        if self.top_down is not None:
            gains = {name: self._gain(name, states, masks) for name in self.order}
            dropped = {m: dropout(gain, self.gain_dropout, self.training) for m, gain in gains.items()}
            states = self._encode({name: x * dropped[name] for name, x in streams.items()}, masks)
            weights = {f"gain.{name}": gain for name, gain in gains.items()}
        everywhere = {name: torch.ones_like(mask) for name, mask in masks.items()}
        asked = masks if self.batching == "masked" else everywhere
        return Fused(self.join(*self._fuse(states, asked)), weights)

    def _encode(self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> dict[str, Tensor]:
        layers = {name: cast(Bidirectional, self.encoders[name]) for name in self.order}
        read = read_both_ways(layers, streams, masks)
        states = {m: dropout(ahead + back, self.dropout, self.training) for m, (ahead, back) in read.items()}
        return {name: self.attention[name](h, h, masks[name]) for name, h in states.items()}

    def _gain(self, name: str, states: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> Tensor:
        """M of a stream: (b, t, n)."""
        assert self.top_down is not None
        heard, there = [], []
        for source, layer in cast(nn.ModuleDict, self.top_down[name]).items():
            if isinstance(layer, nn.LSTM):
                read = read_ahead(layer, states[source], masks[source])
                read = dropout(read, self.dropout / 2, self.training)
            else:
                read = layer(states[source])
            there.append(masks[source].unsqueeze(-1) | (self.batching != "masked"))
            heard.append(torch.where(there[-1], read.sigmoid(), 0.0))
        number = torch.stack(there).sum(dim=0)  # (b, t, 1)
        mean = torch.stack(heard).sum(dim=0) / number.clamp(min=1).to(heard[0].dtype)
        return torch.where(number > 0, mean, 1.0)

    def _fuse(
        self, states: dict[str, Tensor], masks: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The parts of the output by name, and where each is there."""
        parts = {name: states[name] for name in self.order}
        there = {name: masks[name] for name in self.order}
        for x, y in self.pairs:
            name = f"{x}_{y}"
            parts[name] = self.fuser[name](states[x], states[y], masks[x], masks[y])
            there[name] = masks[x] | masks[y]
        if self.three is not None:
            centre, others = self.order[0], f"{self.order[2]}_{self.order[1]}"
            parts["all"] = self.three(parts[others], states[centre], masks[centre])
            there["all"] = there[others]
        return parts, there


class SingleHead(nn.Module):
    """softmax(x W_q (y W_k)^T / sqrt(d)) y W_v: x asks y; one head, no bias, no layer behind.

    Parameters
    ----------
    dim : int
        Feature size d.
    dropout : float
        On the attention weights.
    """

    def __init__(self, dim: int, dropout: float) -> None:
        super().__init__()
        self.key, self.query, self.value = (nn.Linear(dim, dim, bias=False) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        for each in (self.key, self.query, self.value):
            nn.init.xavier_uniform_(each.weight)

    def forward(self, x: Tensor, y: Tensor, mask: Tensor) -> Tensor:
        """x (b, t, d) asks y (b, s, d) where its mask (b, s) is True; zero where it nowhere is."""
        scores = self.query(x) @ self.key(y).transpose(1, 2) / math.sqrt(x.shape[-1])  # (b, t, s)
        weights = masked_softmax(scores, mask.unsqueeze(1), dim=-1).to(x.dtype)
        return self.dropout(weights) @ self.value(y)


class _Pair(nn.Module):
    """Each of two streams asks the other; both, and both streams, added up."""

    def __init__(self, dim: int, dropout: float) -> None:
        super().__init__()
        self.first, self.second = SingleHead(dim, dropout), SingleHead(dim, dropout)

    def forward(self, x: Tensor, y: Tensor, x_mask: Tensor, y_mask: Tensor) -> Tensor:
        of_first = keep(self.first(y, x, x_mask) + y, y_mask)
        of_second = keep(self.second(x, y, y_mask) + x, x_mask)
        return of_first + of_second


def _pairs(order: tuple[str, ...]) -> list[tuple[str, str]]:
    """The centre with each other stream, and the two others with each other."""
    pairs = [(order[0], other) for other in order[1:]]
    return [*pairs, (order[2], order[1])] if len(order) == 3 else pairs


def _top_down(order: tuple[str, ...], dims: Mapping[str, int], size: int, kind: str) -> nn.ModuleDict | None:
    """For each stream, what makes its gain of each of the others."""
    if kind == "none":
        return None

    def layer(dim: int) -> nn.Module:
        return nn.LSTM(size, dim, batch_first=True) if kind == "recurrent" else nn.Linear(size, dim)

    return nn.ModuleDict(
        {
            name: nn.ModuleDict({other: layer(dims[name]) for other in order if other != name})
            for name in order
        }
    )

"""Bi-bimodal fusion, BBFN (arXiv 2107.13669, ICMI 2021)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from .base import Fused, Fusion, at_least
from .layers.attention import CrossAttention
from .layers.masking import count, keep
from .layers.recurrent import Bidirectional, read_both_ways
from .layers.roles import centre_first
from .options import takes
from .registry import register


@dataclass(frozen=True, kw_only=True)
class BiBimodalOptions:
    """Options of `BiBimodal`."""

    size: int = 40
    heads: int = 5
    layers: int = 5
    centre: str | None = None
    discriminator: bool = False
    dropout: float = 0.1
    absent: str = "learned"


@register("bibimodal")
class BiBimodal(Fusion):
    """Pairs of one central stream with each of the others; in a pair, each complements the other by gates.

    Per pair, with x_m = Convolution_m(X_m) over three ticks, (t, d), the same in all pairs; then L layers, in
    each of which both streams m, n of the pair are renewed at once from the old values::

        e_m = Linear(mean over ticks of x_m)                                     first layer
            = mean over ticks and directions of GRU(x_m), both directions        later ones
        c   = [e_centre, e_other]                                                one for the sequence
        a   = MultiHead(query LN(x_m), key and value LN(x_n))                    one norm for all three
        x_m = a * sigmoid(Linear(c)) + x_m * sigmoid(Linear'(c))                 gated complementation
        x_m = x_m + FeedForward(LN'(x_m))                                        d -> 4 d -> d, ReLU

    The output is both streams of every pair, side by side. No ticks are told apart but by the convolution.

    The published one has the pairs text-audio and text-visual, and reads the first tick of each stream;
    `bbfn.mosei` is the whole network. Here each tick has its output, and of two streams, audio and visual for
    example, there is one pair. Absent ticks count in no mean and answer nobody, and a recurrence passes over
    them; where the other stream is absent throughout, a is zero.

    Parameters
    ----------
    dims : mapping of stream name to feature size
        Two streams or more; three as published.
    size : int
        d, divisible by ``heads``; 40 as published.
    heads, layers : int
        5 and 5 as published.
    centre : str, optional
        By default "text" if there is such a stream, else the first.
    discriminator : bool
        In each layer and pair, Linear, ReLU, Linear tells from a vector e_m which stream it is of: centre 0,
        other 1. Its mean binary cross entropy is ``losses["discriminator"]`` in training. No gradient is
        reversed, so that it drives the two apart. The published program has it behind a flag that its script
        does not set, with weight 0.1.
    dropout : float
        On attention weights, behind the attention, and in and behind the feed-forward part.
    absent
        As in `Fusion`, for each stream of each pair.
    """

    @takes(BiBimodalOptions)
    def __init__(self, dims: Mapping[str, int], options: BiBimodalOptions) -> None:
        d = options.size
        at_least("size", d, 1)
        at_least("layers", options.layers, 1)
        centre, *others = centre_first(dims, options.centre)
        pairs = [(centre, other) for other in others]
        places = [place for pair in pairs for place in _places(pair)]
        super().__init__(dims=dims, absent=options.absent, places=dict.fromkeys(places, d))
        self.pair_names = pairs
        self.output_dim = d * len(places)
        self.project = nn.ModuleDict(
            {name: nn.Conv1d(dim, d, 3, padding=1, bias=False) for name, dim in self.dims.items()}
        )
        self.pairs = nn.ModuleDict({other: _Pair(options) for other in others})

    def fuse(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Fused:
        """All pairs, side by side."""
        parts, logits = self.complement(streams, masks)
        there = {place: masks[name] for pair in self.pair_names for place, name in _named(pair)}
        losses = {}
        if logits and self.training:
            losses["discriminator"] = self._discrimination(logits, masks)
        return Fused(self.join(parts, there), losses=losses)

    def complement(
        self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, list[Tensor]]]:
        """Both streams of each pair by place, and the discriminators' logits.

        Returns
        -------
        parts : dict of str to (b, t, d) torch.Tensor
            ``text_audio_text`` is text in the pair of text and audio.
        logits : dict of str to list of (b, 2) torch.Tensor
            By the other stream of the pair, layer by layer: of the centre and of the other; empty without
            discriminator.
        """
        projected = {
            name: keep(self.project[name](x.transpose(1, 2)).transpose(1, 2), masks[name])
            for name, x in streams.items()
        }
        parts: dict[str, Tensor] = {}
        logits: dict[str, list[Tensor]] = {}
        for pair in self.pair_names:
            other = pair[1]
            found, told = self.pairs[other](
                [projected[name] for name in pair], [masks[name] for name in pair]
            )
            parts.update(zip(_places(pair), found, strict=True))
            if told:
                logits[other] = told
        return parts, logits

    def _discrimination(self, logits: Mapping[str, list[Tensor]], masks: Mapping[str, Tensor]) -> Tensor:
        """Mean cross entropy over layers, pairs and the streams that the sequences have."""
        total, number = [], []
        for centre, other in self.pair_names:
            there = torch.stack([masks[name].any(dim=1) for name in (centre, other)], dim=1)  # (b, 2)
            label = torch.zeros_like(there, dtype=torch.float32)
            label[:, 1] = 1.0
            for each in logits[other]:
                entropy = binary_cross_entropy_with_logits(each.float(), label, reduction="none")
                total.append(torch.where(there, entropy, 0.0).sum())
                number.append(there.sum())
        return torch.stack(total).sum() / torch.stack(number).sum().clamp(min=1)


class _Pair(nn.Module):
    """The layers of one pair, centre first."""

    def __init__(self, options: BiBimodalOptions) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_Layer(options, first=index == 0) for index in range(options.layers))

    def forward(self, ends: Sequence[Tensor], masks: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Both streams (b, t, d) after all layers, and the logits (b, 2) of each layer, if any."""
        found, logits = list(ends), []
        for each in self.layers:
            layer = cast(_Layer, each)
            vectors = layer.vectors(found, masks)
            if layer.discriminator is not None:
                logits.append(layer.discriminator(torch.stack(vectors, dim=1)).squeeze(-1))  # (b, 2, 1)
            found = layer(found, masks, torch.cat(vectors, dim=-1))
        return found, logits


class _Layer(nn.Module):
    """One layer of a pair."""

    def __init__(self, options: BiBimodalOptions, *, first: bool) -> None:
        super().__init__()
        d = options.size
        self.summary = nn.ModuleList(
            nn.Linear(d, d) if first else _orthogonal(Bidirectional(nn.GRU, d, d)) for _ in range(2)
        )
        self.discriminator = (
            nn.Sequential(nn.Linear(d, 4 * d), nn.ReLU(), nn.Linear(4 * d, 1))
            if options.discriminator
            else None
        )
        self.streams = nn.ModuleList(_Stream(d, options.heads, options.dropout) for _ in range(2))

    def vectors(self, ends: Sequence[Tensor], masks: Sequence[Tensor]) -> list[Tensor]:
        """The vector e (b, d) of each stream."""
        if isinstance(self.summary[0], nn.Linear):
            means = zip(self.summary, ends, masks, strict=True)
            return [layer(_mean(x, mask)) for layer, x, mask in means]
        named = {str(place): cast(Bidirectional, layer) for place, layer in enumerate(self.summary)}
        inputs = {str(place): x for place, x in enumerate(ends)}
        seen = {str(place): mask for place, mask in enumerate(masks)}
        read = read_both_ways(named, inputs, seen)
        return [_mean((ahead + back) / 2, seen[place]) for place, (ahead, back) in read.items()]

    def forward(self, ends: Sequence[Tensor], masks: Sequence[Tensor], context: Tensor) -> list[Tensor]:
        return [
            self.streams[place](ends[place], ends[1 - place], masks[place], masks[1 - place], context)
            for place in range(2)
        ]


class _Stream(nn.Module):
    """One stream's side of a layer."""

    def __init__(self, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = CrossAttention(dim, heads, dropout=dropout)
        self.memory_gate, self.attention_gate = nn.Linear(2 * dim, dim), nn.Linear(2 * dim, dim)
        self.feed_forward = nn.Sequential(
            nn.Linear(dim, 4 * dim), nn.ReLU(), nn.Dropout(dropout), nn.Linear(4 * dim, dim)
        )
        self.attention_norm, self.forward_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)
        for part in (*self.attention.project.weight.chunk(3), self.attention.out.weight):
            nn.init.xavier_uniform_(part)
        hidden, out = (cast(nn.Linear, self.feed_forward[place]) for place in (0, 3))
        for layer in (hidden, out):
            nn.init.xavier_uniform_(layer.weight)
        for layer in (self.attention.project, self.attention.out, hidden, out):
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, other: Tensor, mask: Tensor, other_mask: Tensor, context: Tensor) -> Tensor:
        norm = self.attention_norm
        found = self.dropout(self.attention(norm(x), norm(other), mask, other_mask))
        attention, memory = (
            gate(context).sigmoid()[:, None] for gate in (self.attention_gate, self.memory_gate)
        )
        x = found * attention + x * memory
        return keep(x + self.dropout(self.feed_forward(self.forward_norm(x))), mask)


def _mean(x: Tensor, mask: Tensor) -> Tensor:
    """Mean of x (b, t, d), zero where masked, over the available ticks; (b, d)."""
    return x.sum(dim=1) / count(mask, x.dtype)[:, None]


def _orthogonal(layer: Bidirectional) -> Bidirectional:
    """The layer with orthogonal hidden weights, gate by gate, as published."""
    for each in (layer.ahead, layer.back):
        for part in cast(Tensor, each.weight_hh_l0).chunk(3):
            nn.init.orthogonal_(part)
    return layer


def _places(pair: tuple[str, str]) -> list[str]:
    """Names of a pair's streams in the output: ``text_audio_text``, ``text_audio_audio``."""
    return [f"{pair[0]}_{pair[1]}_{name}" for name in pair]


def _named(pair: tuple[str, str]) -> list[tuple[str, str]]:
    """Each place of a pair with its stream."""
    return list(zip(_places(pair), pair, strict=True))

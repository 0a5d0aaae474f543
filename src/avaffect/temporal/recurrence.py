"""Recurrent layers of one direction over the ticks at which a stream is available."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

Recurrent = nn.LSTM | nn.GRU


def turns(mask: Tensor) -> tuple[Tensor, Tensor]:
    """Turn of each tick when read forwards and backwards: available ticks first, masked ones last.

    Parameters
    ----------
    mask : (b, t) bool torch.Tensor

    Returns
    -------
    ahead, back : (b, t) int64 torch.Tensor
    """
    available = mask.long().cumsum(dim=1) - 1
    last = available[:, -1:]
    masked = last + (~mask).long().cumsum(dim=1)
    return torch.where(mask, available, masked), torch.where(mask, last - available, masked)


def recur(
    layers: Sequence[nn.Module],
    inputs: Sequence[Tensor],
    order: Sequence[Tensor],
    states: Sequence[Tensor] | None = None,
) -> list[Tensor]:
    """Run layers side by side, each over its own sequences in the order of their turns.

    A tick's output stands at the place of the tick; that of a masked one means nothing and depends on
    others. While a model is exported the recurrence is one loop of its graph, so that the length stays open.

    Parameters
    ----------
    layers : sequence of nn.LSTM, or of nn.GRU
        One layer and one direction each, ``batch_first``, all of one hidden size.
    inputs : sequence of (b, t, d) torch.Tensor
    order : sequence of (b, t) int64 torch.Tensor
        Each one of `turns`.
    states : sequence of (2, hidden) torch.Tensor, optional
        Initial h and c of LSTMs, the same for all sequences; zero by default.

    Returns
    -------
    list of (b, t, hidden) torch.Tensor
    """
    recurrent = [cast(Recurrent, layer) for layer in layers]
    places = [turn.unsqueeze(-1) for turn in order]
    ordered = [
        torch.zeros_like(x).scatter(1, at.expand_as(x), x) for x, at in zip(inputs, places, strict=True)
    ]
    if torch.compiler.is_exporting():
        found = _scan(recurrent, ordered, states)
    else:
        starts = [None] * len(layers) if states is None else states
        found = [_run(*each) for each in zip(recurrent, ordered, starts, strict=True)]
    return [y.gather(1, at.expand_as(y)) for y, at in zip(found, places, strict=True)]


def _run(layer: Recurrent, x: Tensor, state: Tensor | None) -> Tensor:
    # Not under autocast: no LSTM of float16 exists on CPUs, and a sum over time is better not rounded.
    with torch.autocast(x.device.type, enabled=False):
        x = x.to(cast(Tensor, layer.weight_ih_l0).dtype)
        if state is None:
            return layer(x)[0]
        start = state.to(x.dtype)[:, None, None].expand(-1, 1, x.shape[0], -1).contiguous()  # (2, 1, b, h)
        return layer(x, (start[0], start[1]))[0]


def _scan(
    layers: Sequence[Recurrent], inputs: Sequence[Tensor], states: Sequence[Tensor] | None
) -> list[Tensor]:
    from torch._higher_order_ops import scan

    def stack(name: str) -> Tensor:
        return torch.stack([cast(Tensor, getattr(layer, name)) for layer in layers])

    # A few layers, n, as one: (n, b, t, gates) to (t, n, b, gates).
    given = torch.stack(
        [
            linear(x, cast(Tensor, layer.weight_ih_l0), cast(Tensor, layer.bias_ih_l0))
            for layer, x in zip(layers, inputs, strict=True)
        ]
    ).permute(2, 0, 1, 3)
    weight, bias = stack("weight_hh_l0").transpose(1, 2), stack("bias_hh_l0").unsqueeze(1)

    def lstm(before: tuple[Tensor, Tensor], x: Tensor) -> tuple[tuple[Tensor, Tensor], Tensor]:
        h, c = before
        enter, keep, new, out = (x + h @ weight + bias).chunk(4, dim=-1)
        c = keep.sigmoid() * c + enter.sigmoid() * new.tanh()
        h = out.sigmoid() * c.tanh()
        return (h, c), h.clone()  # no output may be another's memory

    def gru(h: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        (r, z, new), (hr, hz, hn) = x.chunk(3, dim=-1), (h @ weight + bias).chunk(3, dim=-1)
        z = (z + hz).sigmoid()
        h = (1 - z) * (new + (r + hr).sigmoid() * hn).tanh() + z * h
        return h, h.clone()

    zero = given.new_zeros(*given.shape[1:3], layers[0].hidden_size)  # (n, b, hidden)
    if isinstance(layers[0], nn.GRU):
        y = scan(gru, zero, given, dim=0)[1]
    elif states is None:
        y = scan(lstm, (zero, zero.clone()), given, dim=0)[1]
    else:
        first = torch.stack(list(states)).unsqueeze(2)  # (n, 2, 1, hidden)
        y = scan(lstm, (zero + first[:, 0], zero + first[:, 1]), given, dim=0)[1]
    return list(y.permute(1, 2, 0, 3).unbind(0))  # (t, n, b, hidden) to n times (b, t, hidden)

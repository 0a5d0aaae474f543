"""Recurrent layers of streams, over the ticks at which each is available."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from avaffect.temporal.recurrence import recur, turns

from .masking import keep


class Bidirectional(nn.Module):
    """A layer read forwards and one read backwards, both of the same size.

    Parameters
    ----------
    kind : nn.LSTM or nn.GRU
    dim, hidden : int
        Size of the input and of each direction.
    """

    def __init__(self, kind: type[nn.LSTM] | type[nn.GRU], dim: int, hidden: int) -> None:
        super().__init__()
        self.ahead = kind(dim, hidden, batch_first=True)
        self.back = kind(dim, hidden, batch_first=True)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """x (b, t, dim), mask (b, t) to both directions, (b, t, hidden) each, zero where masked."""
        ahead, back = recur([self.ahead, self.back], [x, x], turns(mask))
        return keep(ahead, mask), keep(back, mask)


def read_both_ways(
    layers: Mapping[str, Bidirectional], inputs: Mapping[str, Tensor], masks: Mapping[str, Tensor]
) -> dict[str, tuple[Tensor, Tensor]]:
    """`Bidirectional` of several streams side by side: one loop where there would be one for each."""
    runs = [
        (name, each, turn)
        for name, layer in layers.items()
        for each, turn in zip((layer.ahead, layer.back), turns(masks[name]), strict=True)
    ]
    names, each, order = zip(*runs, strict=True)
    found = recur(each, [inputs[name] for name in names], order)
    kept = [keep(y, masks[name]) for y, name in zip(found, names, strict=True)]
    return {name: (kept[2 * i], kept[2 * i + 1]) for i, name in enumerate(layers)}


def read_ahead(layer: nn.LSTM | nn.GRU, x: Tensor, mask: Tensor) -> Tensor:
    """x (b, t, d), mask (b, t) read forwards; (b, t, hidden), zero where masked."""
    (y,) = recur([layer], [x], [turns(mask)[0]])
    return keep(y, mask)

"""Cross-attention, CA (arXiv 2111.05222, FG 2021)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from .base import AttentionFusion
from .layers.masking import keep, masked_softmax, unit
from .registry import register


@register("ca")
class CA(AttentionFusion):
    """Softmax of the cross-correlation of two streams over ticks; quadratic in length.

    Time-major, X_1 (t, d_1) and X_2 (t, d_2); feature-major as published with X transposed::

        Z     = X_1 W X_2^T                            W (d_1, d_2)      Z (t, t)
        A_1   = softmax over the rows of Z             each tick of X_2 attends to ticks of X_1
        A_2   = softmax over the rows of Z^T           each tick of X_1 attends to ticks of X_2
        X_m  <- tanh( X_m + A_m^T X_m )

    Exact as published. The published code sums the attended streams, pools over time and predicts
    once per window; here each tick has its output and the streams stay side by side, as for the
    other fusions. With masks: an absent tick is attended to by none; where the other stream is
    absent, nothing is attended to, and the tick is tanh(X_m).

    Parameters
    ----------
    dims : mapping of stream name to feature size
        Exactly two streams.
    normalise : bool
        Divide each tick by its Euclidean norm first, as published.
    absent, maps
        As in `Fusion`.
    """

    max_streams = 2

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
        normalise: bool = True,
        absent: str = "learned",
        maps: bool = False,
    ) -> None:
        super().__init__(dims=dims, absent=absent, maps=maps)
        self.normalise = normalise
        first, second = self.dims.values()
        self.correlation = nn.Linear(second, first, bias=False)  # its weight is W
        nn.init.xavier_normal_(self.correlation.weight)

    def attend(
        self, streams: dict[str, Tensor], masks: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Both streams, each attended through the other."""
        if self.normalise:
            streams = {name: unit(stream) for name, stream in streams.items()}
        (one, first), (two, second) = streams.items()
        scores = first @ self.correlation(second).transpose(1, 2)  # (b, s, d_1) @ (b, d_1, t)
        maps: dict[str, Tensor] = {}
        attended: dict[str, Tensor] = {}
        for name, other, rows in ((one, two, scores.transpose(1, 2)), (two, one, scores)):
            # rows (b, t, s): tick t of the other stream asks, tick s of this one answers.
            asked = masks[name].unsqueeze(1) & masks[other].unsqueeze(2)
            attention = masked_softmax(rows, asked, dim=-1).to(rows.dtype)
            found = attention @ streams[name]  # (b, t, s) @ (b, s, d)
            attended[name] = keep(torch.tanh(streams[name] + found), masks[name])
            if self.maps:
                maps[f"attention.{name}"] = attention
        return attended, maps

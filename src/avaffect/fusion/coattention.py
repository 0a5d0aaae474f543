"""Dense joint co-attention: the block that the published T-BIOM, RJCA and DCA networks run.

It goes back to Duan et al., recursive joint co-attention for event localisation (WACV 2021).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from .base import AttentionFusion, at_least, one_of
from .layers.joint import check_mixing, number_maps
from .layers.joint_window import check_window
from .layers.masking import count, keep, keep_all, precise
from .registry import register

QUERIES = ("linear", "joint")


@register("coattention")
class CoAttention(AttentionFusion):
    """Stacked joint co-attention layers, each with weights of its own.

    Time-major, X_m (t, d_m), J = [X_1, X_2, ...] (t, d); every Linear with a bias, p the dropout::

        Jq    = Linear_{d -> d}(J)                query "linear"           (t, d)
              = J                                 query "joint"
        K_m   = Linear_{L -> L}(X_m^T)     mixing "time", exact            (d_m, L)
              = Linear_{d_m -> d_m}(X_m)^T / n    mixing "feature"         (d_m, t)
        C_m   = Dropout_p( tanh( K_m Jq / sqrt(d) ) )                      (d_m, d)
        U_m   = ReLU( tanh( Linear_{d_m -> d_m}(X_m) C_m ) )               (t, d)
        X_m  <- X_m + Dropout_p( ReLU( Linear_{d -> d_m}(U_m) ) )          (t, d_m)

    n is the number of ticks at which stream m is available. Against the equations of JCA: more
    projections, biases, tanh before ReLU, dropout inside, and a last ReLU, so that a feature can
    only grow. One layer for 512 + 512 and L = 16 has 2,625,056 parameters (``absent="zero"``).

    Parameters
    ----------
    dims : mapping of stream name to feature size
        Two streams or more; two as published, visual first.
    layers : int
        1 in the RJCA network, 2 in DCA's.
    dropout : float
        p; 0.6 as published.
    mixing : {"feature", "time"}
        Any length, or as published for one ``window``.
    window : int, optional
        With ``mixing="time"``: L; 16 as published.
    query : {"linear", "joint"}
        The code of RJCMA computes the linear layer and then takes J itself: "joint".
    absent, maps
        As in `Fusion`; maps carry the layer, ``correlation.audio.1``.
    """

    def __init__(
        self,
        *,
        dims: Mapping[str, int],
        layers: int = 1,
        dropout: float = 0.6,
        mixing: str = "feature",
        window: int | None = None,
        query: str = "linear",
        absent: str = "learned",
        maps: bool = False,
    ) -> None:
        super().__init__(dims=dims, absent=absent, maps=maps)
        at_least("layers", layers, 1)
        check_mixing(mixing, window)
        linear = one_of("query", query, QUERIES) == "linear"
        self.layers = nn.ModuleList(_Layer(self.dims, window, dropout, linear) for _ in range(layers))

    def attend(
        self, streams: dict[str, Tensor], masks: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """All layers; the streams of the last."""
        maps: dict[str, Tensor] = {}
        for index, layer in enumerate(self.layers):
            streams, found = layer(streams, masks)
            if self.maps:
                maps.update(number_maps(found, index))
        return streams, maps


class _Layer(nn.Module):
    """One co-attention layer over all streams."""

    def __init__(self, dims: Mapping[str, int], window: int | None, dropout: float, query: bool) -> None:
        super().__init__()
        joint = sum(dims.values())
        self.query = nn.Linear(joint, joint) if query else nn.Identity()
        self.streams = nn.ModuleDict(
            {name: _Stream(dim, joint, window, dropout) for name, dim in dims.items()}
        )

    def forward(
        self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """One layer: streams (b, t, d_m) to streams of the same shapes, and each C_m (b, d_m, d)."""
        query = self.query(torch.cat(list(streams.values()), dim=-1))  # (b, t, d)
        attended: dict[str, Tensor] = {}
        maps: dict[str, Tensor] = {}
        for name, stream in streams.items():
            attended[name], maps[f"correlation.{name}"] = self.streams[name](stream, masks[name], query)
        return keep_all(attended, masks), maps


class _Stream(nn.Module):
    """One stream's side of a layer."""

    def __init__(self, dim: int, joint: int, window: int | None, dropout: float) -> None:
        super().__init__()
        self.window = window
        self.key = nn.Linear(dim, dim) if window is None else nn.Linear(window, window)
        self.value = nn.Linear(dim, dim)
        self.out = nn.Linear(joint, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, stream: Tensor, mask: Tensor, query: Tensor) -> tuple[Tensor, Tensor]:
        """X_m (b, t, d_m), its mask (b, t) and Jq (b, t, d) to the next X_m and C_m (b, d_m, d)."""
        root = math.sqrt(query.shape[-1])
        if self.window is None:
            # Each factor takes a root of the divisor, so that the sum over ticks fits float16.
            shrink = count(mask, precise(stream).dtype).mul(root).rsqrt()[:, None, None]
            shrink = shrink.to(stream.dtype)
            # Masked after the layer: its bias must not enter the sum at an absent tick.
            keys = keep(self.key(stream) * shrink, mask)  # (b, t, d_m)
            scores = keys.transpose(1, 2) @ (query * shrink)  # (b, d_m, t) @ (b, t, d)
        else:
            check_window(self.window, stream)
            keys = keep(self.key(stream.transpose(1, 2)).transpose(1, 2), mask)  # (b, L, d_m)
            scores = keys.transpose(1, 2) @ (query / root)  # (b, d_m, L) @ (b, L, d)
        correlation = self.dropout(scores.tanh_())  # (b, d_m, d)
        found = torch.relu((self.value(stream) @ correlation).tanh_())  # (b, t, d)
        return stream + self.dropout(torch.relu(self.out(found))), correlation

"""One step of joint cross-attention for any length: the learned mixing is over features.

The published steps (`joint_window`) hold matrices of L x L over time, and so work at one length
only. Here those matrices act on features, and sums over time become means over the available
ticks, so that neither the length nor the padding changes the scale. The rest (correlation with the
joint representation, division by the root of its size, tanh, ReLU, residual) is as published.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from .masking import count, keep, precise


class _FeatureStream(nn.Module):
    """One stream's side of the step; four matrices, none with a bias."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.joint = nn.Linear(dim, dim, bias=False)  # W_jm
        self.own = nn.Linear(dim, hidden, bias=False)  # W_m
        self.cross = nn.Linear(dim, hidden, bias=False)  # W_cm
        self.out = nn.Linear(hidden, dim, bias=False)  # W_hm

    def forward(self, stream: Tensor, joint: Tensor, shrink: Tensor, scaled: Tensor) -> tuple[Tensor, Tensor]:
        """The attended stream (b, t, d_m) and its map C (b, d_m, d).

        ``shrink`` (b, 1, 1) on one factor and ``scaled``, the joint representation (b, t, d) with
        the rest of the divisor, on the other make the sum over ticks a mean that fits float16.
        """
        own = (self.joint(stream) * shrink).transpose(1, 2)  # (b, d_m, t)
        # In place: the map is the largest tensor by far, and nothing needs it before tanh.
        correlation = (own @ scaled).tanh_()  # (b, d_m, t) @ (b, t, d)
        content = joint @ correlation.transpose(1, 2)  # (b, t, d) @ (b, d, d_m)
        hidden = torch.relu(self.own(stream) + self.cross(content))  # (b, t, k)
        return self.out(hidden) + stream, correlation


class FeatureCorrelation(nn.Module):
    """Correlation over feature channels (convention A); linear in length.

    Time-major, X_m (t, d_m), J = [X_1, X_2, ...] (t, d); n(m, j) is the number of ticks at which
    stream m and the stream that column j of J belongs to are both available::

        C_m = tanh( (X_m W_jm)^T J / (n sqrt(d)) )      W_jm (d_m, d_m)      C_m (d_m, d)
        H_m = ReLU( X_m W_m + (J C_m^T) W_cm )          W_m, W_cm (d_m, k)   H_m (t, k)
        X_m <- H_m W_hm + X_m                           W_hm (k, d_m)

    Differs from the published step (JCA, arXiv 2203.14779): ``W_jm`` stood between
    ``X_m^T`` and ``J`` and mixed time; the sum over ticks was not divided; and ``C_m`` met ``H_m``
    through weights alone, while here it carries the joint representation of each tick into it.

    Because of the mean over time, the output at a tick depends on all available ticks of the window.
    """

    def __init__(self, dims: Mapping[str, int], *, hidden: int | None = None) -> None:
        super().__init__()
        self.dims = dict(dims)
        self.streams = nn.ModuleDict({name: _FeatureStream(dim, hidden or dim) for name, dim in dims.items()})

    def forward(
        self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Attended streams, and ``correlation.<stream>`` (b, d_m, d); (b, t, d_m) each, time-major."""
        joint = torch.cat(list(streams.values()), dim=-1)  # (b, t, d)
        real = precise(joint).dtype
        anywhere = torch.stack(list(masks.values())).any(dim=0)  # (b, t)
        n_any = count(anywhere, real)[:, None, None]
        shrink = n_any.rsqrt().to(joint.dtype)
        attended: dict[str, Tensor] = {}
        maps: dict[str, Tensor] = {}
        for name, stream in streams.items():
            divisor = self._pairs(name, masks, real) * math.sqrt(joint.shape[-1])  # (b, 1, d)
            scaled = joint * (n_any.sqrt() / divisor).to(joint.dtype)
            update, correlation = self.streams[name](stream, joint, shrink, scaled)
            attended[name] = keep(update, masks[name])
            maps[f"correlation.{name}"] = correlation
        return attended, maps

    def _pairs(self, name: str, masks: Mapping[str, Tensor], dtype: torch.dtype) -> Tensor:
        """Ticks at which this stream and each column of J are both available; (b, 1, d)."""
        both = [
            count(masks[name] & mask, dtype)[:, None].expand(-1, self.dims[other])
            for other, mask in masks.items()
        ]
        return torch.cat(both, dim=-1).unsqueeze(1)


class _TimeStream(nn.Module):
    """One stream's side of the step; three matrices, none with a bias."""

    def __init__(self, dim: int, joint: int, hidden: int) -> None:
        super().__init__()
        self.joint = nn.Linear(dim, joint, bias=False)  # W_jm
        self.cross = nn.Linear(dim, hidden, bias=False)  # W_cm
        self.out = nn.Linear(hidden, dim, bias=False)  # W_hm

    def forward(self, stream: Tensor, joint: Tensor, ticks: Tensor) -> tuple[Tensor, Tensor]:
        """The attended stream (b, t, d_m) and its map C^T (b, t, s); ``ticks`` (b, 1, 1) is n."""
        scaled = self.joint(stream) / math.sqrt(joint.shape[-1])  # (b, s, d)
        # A masked s has a zero row in X_m, so its column of C^T is tanh(0) = 0.
        attention = (joint @ scaled.transpose(1, 2)).tanh_()  # (b, t, d) @ (b, d, s)
        content = attention @ (self.cross(stream) / ticks.to(stream.dtype))  # (b, t, s) @ (b, s, k)
        return self.out(torch.relu(content)) + stream, attention


class TimeCorrelation(nn.Module):
    """Correlation over ticks (convention B); quadratic in length.

    Time-major, X_m (t, d_m), J (t, d), n(m) the number of ticks at which stream m is available,
    s the ticks of X_m and t those of J::

        C_m = tanh( X_m W_jm J^T / sqrt(d) )            W_jm (d_m, d)        C_m (s, t)
        H_m = ReLU( C_m^T X_m W_cm / n )                W_cm (d_m, k)        H_m (t, k)
        X_m <- H_m W_hm + X_m                           W_hm (k, d_m)

    ``C_m`` is as published (RJCA, arXiv 2304.07958). Differs in that ``W_cm`` and ``W_hm`` mixed
    time, L x L, and the sum over s was not divided.

    With ``joint_layer`` J is Linear([X_1, X_2, ...]), as RJCMA (arXiv 2403.13659) writes it.
    """

    def __init__(
        self, dims: Mapping[str, int], *, hidden: int | None = None, joint_layer: bool = False
    ) -> None:
        super().__init__()
        joint = sum(dims.values())
        self.joint = nn.Linear(joint, joint) if joint_layer else None
        self.streams = nn.ModuleDict(
            {name: _TimeStream(dim, joint, hidden or dim) for name, dim in dims.items()}
        )

    def forward(
        self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Attended streams (b, t, d_m), and ``attention.<stream>`` (b, t, s), the map C^T."""
        joint = torch.cat(list(streams.values()), dim=-1)  # (b, t, d)
        if self.joint is not None:
            joint = self.joint(joint)
        attended: dict[str, Tensor] = {}
        maps: dict[str, Tensor] = {}
        for name, stream in streams.items():
            ticks = count(masks[name], precise(stream).dtype)[:, None, None]
            update, attention = self.streams[name](stream, joint, ticks)
            attended[name] = keep(update, masks[name])
            maps[f"attention.{name}"] = attention
        return attended, maps

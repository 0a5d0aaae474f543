"""One step of joint cross-attention as published: the learned mixing is over time, at one length.

Every matrix over time is L x L or k x L, with L the declared window. Masked ticks are left out of
every sum and emptied in the result; the sums are not divided by the number of available ticks, as
the published equations know no mask.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from avaffect.errors import ModelError

from .masking import keep


def check_window(window: int, stream: Tensor) -> None:
    """Raise a `ModelError` unless the stream (b, t, d) is ``window`` ticks long."""
    if stream.shape[1] != window:
        raise ModelError(
            f"{stream.shape[1]} ticks given to a fusion over a window of {window}; pad and mask, "
            f"or build it with mixing='feature', which takes any length"
        )


class _FeatureStream(nn.Module):
    """One stream's side of the step; four matrices, none with a bias."""

    def __init__(self, joint: int, window: int, hidden: int) -> None:
        super().__init__()
        self.joint = nn.Linear(window, window, bias=False)  # W_jm
        self.own = nn.Linear(window, hidden, bias=False)  # W_m
        self.cross = nn.Linear(joint, hidden, bias=False)  # W_cm
        self.out = nn.Linear(hidden, window, bias=False)  # W_hm^T

    def forward(self, stream: Tensor, joint: Tensor) -> tuple[Tensor, Tensor]:
        """The attended stream and its map C (b, d_m, d), from X_m^T (b, d_m, L), J^T (b, d, L)."""
        mixed = self.joint(joint / math.sqrt(joint.shape[1]))  # (b, d, L)
        # In place: the map is the largest tensor by far, and nothing needs it before tanh.
        correlation = (stream @ mixed.transpose(1, 2)).tanh_()  # (b, d_m, L) @ (b, L, d)
        hidden = torch.relu(self.own(stream) + self.cross(correlation))  # (b, d_m, k)
        return self.out(hidden) + stream, correlation


class WindowedFeatureCorrelation(nn.Module):
    """Correlation over feature channels (convention A), exactly as published.

    Time-major, X_m (L, d_m), J = [X_1, X_2, ...] (L, d); JCA, arXiv 2203.14779::

        C_m = tanh( X_m^T W_jm J / sqrt(d) )            W_jm (L, L)              C_m (d_m, d)
        H_m = ReLU( W_m X_m + W_cm C_m^T )              W_m (k, L), W_cm (k, d)  H_m (k, d_m)
        X_m <- W_hm^T H_m + X_m                         W_hm (k, L)
    """

    def __init__(self, dims: Mapping[str, int], *, window: int, hidden: int | None = None) -> None:
        super().__init__()
        self.window = window
        joint = sum(dims.values())
        self.streams = nn.ModuleDict({name: _FeatureStream(joint, window, hidden or 32) for name in dims})

    def forward(
        self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Attended streams (b, L, d_m), and ``correlation.<stream>`` (b, d_m, d)."""
        joint = torch.cat(list(streams.values()), dim=-1).transpose(1, 2)  # (b, d, L)
        attended: dict[str, Tensor] = {}
        maps: dict[str, Tensor] = {}
        for name, stream in streams.items():
            check_window(self.window, stream)
            update, correlation = self.streams[name](stream.transpose(1, 2), joint)
            attended[name] = keep(update.transpose(1, 2), masks[name])
            maps[f"correlation.{name}"] = correlation
        return attended, maps


class _TimeStream(nn.Module):
    """One stream's side of the step; three matrices, none with a bias."""

    def __init__(self, dim: int, joint: int, window: int) -> None:
        super().__init__()
        self.joint = nn.Linear(dim, joint, bias=False)  # W_jm
        self.cross = nn.Linear(window, window, bias=False)  # W_cm
        self.out = nn.Linear(window, window, bias=False)  # W_hm

    def forward(self, stream: Tensor, joint: Tensor) -> tuple[Tensor, Tensor]:
        """The attended stream (b, L, d_m) and its map C^T (b, t, s), from (b, L, d_m), (b, L, d)."""
        scaled = self.joint(stream) / math.sqrt(joint.shape[-1])  # (b, s, d)
        attention = (joint @ scaled.transpose(1, 2)).tanh_()  # (b, t, d) @ (b, d, s)
        mixed = self.cross(stream.transpose(1, 2))  # (b, d_m, s): X_m W_cm
        hidden = torch.relu(mixed @ attention.transpose(1, 2))  # (b, d_m, s) @ (b, s, t)
        return self.out(hidden).transpose(1, 2) + stream, attention


class WindowedTimeCorrelation(nn.Module):
    """Correlation over ticks (convention B), exactly as published.

    Feature-major, X_m (d_m, L), J (d, L); RJCA, arXiv 2304.07958::

        C_m = tanh( X_m^T W_jm J / sqrt(d) )            W_jm (d_m, d)            C_m (L, L)
        H_m = ReLU( X_m W_cm C_m )                      W_cm (L, L)              H_m (d_m, L)
        X_m <- H_m W_hm + X_m                           W_hm (L, L)

    With ``joint_layer`` J is Linear([X_1; X_2; ...]), as RJCMA (arXiv 2403.13659) writes it.
    """

    def __init__(self, dims: Mapping[str, int], *, window: int, joint_layer: bool = False) -> None:
        super().__init__()
        self.window = window
        joint = sum(dims.values())
        self.joint = nn.Linear(joint, joint) if joint_layer else None
        self.streams = nn.ModuleDict({name: _TimeStream(dim, joint, window) for name, dim in dims.items()})

    def forward(
        self, streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Attended streams (b, L, d_m), and ``attention.<stream>`` (b, t, s), the map C^T."""
        joint = torch.cat(list(streams.values()), dim=-1)  # (b, L, d)
        if self.joint is not None:
            joint = self.joint(joint)
        attended: dict[str, Tensor] = {}
        maps: dict[str, Tensor] = {}
        for name, stream in streams.items():
            check_window(self.window, stream)
            update, attention = self.streams[name](stream, joint)
            attended[name] = keep(update, masks[name])
            maps[f"attention.{name}"] = attention
        return attended, maps

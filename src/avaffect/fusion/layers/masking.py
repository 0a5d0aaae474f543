"""Masks: what is absent is left out of every sum, and never multiplied (NaN times zero is NaN)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import normalize


def keep(values: Tensor, mask: Tensor) -> Tensor:
    """Values where available, zero elsewhere; (b, t, f) values, (b, t) mask."""
    return torch.where(mask.unsqueeze(-1), values, 0.0)


def keep_all(streams: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`keep` for every stream."""
    return {name: keep(stream, masks[name]) for name, stream in streams.items()}


def keep_known(streams: Mapping[str, Tensor], masks: Mapping[str, Tensor] | None) -> dict[str, Tensor]:
    """`keep` for every stream that has a mask; the others as they are."""
    masks = {} if masks is None else masks
    return {name: keep(x, masks[name]) if name in masks else x for name, x in streams.items()}


def where_available(values: Tensor, mask: Tensor, absent: Tensor) -> Tensor:
    """Values (b, t, f) where available, the vector ``absent`` (f) elsewhere."""
    return torch.where(mask.unsqueeze(-1), values, absent.to(values.dtype))


def precise(values: Tensor) -> Tensor:
    """float32 for half-precision values, the values themselves otherwise."""
    return values.float() if values.dtype in (torch.float16, torch.bfloat16) else values


def unit(values: Tensor) -> Tensor:
    """Each tick divided by its Euclidean norm, zero for a zero tick; (b, t, d)."""
    # Not in half precision: there the floor under the norm, 1e-12, is itself zero.
    return normalize(precise(values), dim=-1).to(values.dtype)


def count(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """Available ticks of each sequence, at least 1, so that it can divide; (b, t) to (b)."""
    return mask.to(dtype).sum(dim=1).clamp(min=1.0)


def masked_softmax(scores: Tensor, mask: Tensor, dim: int) -> Tensor:
    """Softmax over the available entries, in float32 or better; all zero where none is available.

    Parameters
    ----------
    scores : torch.Tensor
        Any shape.
    mask : bool torch.Tensor
        Broadcastable to ``scores``; True where available.
    dim : int
        The axis that sums to one.
    """
    # A finite floor instead of -inf: a row with nothing available stays free of NaN, also in its
    # gradient; the second `where` makes every masked weight exactly zero.
    scores = precise(scores)
    floor = torch.finfo(scores.dtype).min
    weights = torch.softmax(torch.where(mask, scores, floor), dim=dim)
    return torch.where(mask, weights, 0.0)

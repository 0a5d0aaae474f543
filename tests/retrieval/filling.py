"""The filling rule of the check figures: tensor j is scale * phi(i + 13 j), an input is psi(i + 7 m)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def given(shape: Sequence[int], number: int) -> Tensor:
    """IN(shape, number)."""
    at = torch.arange(torch.Size(shape).numel()) + 7 * number
    return (((104729 * at % 103) - 51).double() / 51).view(*shape)


def fill(tensors: Sequence[Tensor | tuple[Tensor, bool]], scale: float) -> None:
    """FILL(scale); 1 is added to the scales of normalisations, which come with True."""
    for j, entry in enumerate(tensors):
        tensor, is_scale = entry if isinstance(entry, tuple) else (entry, False)
        values = ((7919 * (torch.arange(tensor.numel()) + 13 * j) % 101) - 50).double() / 50
        tensor.data.copy_((scale * values + is_scale).view(tensor.shape))


def of(linear: nn.Module) -> list[Tensor]:
    """Weight and bias."""
    return [linear.weight, linear.bias]


def norm(module: nn.Module) -> list[Tensor | tuple[Tensor, bool]]:
    """Scale and bias of a normalisation."""
    return [(module.weight, True), module.bias]

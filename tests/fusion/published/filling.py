"""Weights and inputs by a rule, for figures that the published programs gave with the same rule.

``phi(i) = ((7919 i mod 101) - 50) / 50`` and ``psi(i) = ((104729 i mod 103) - 51) / 51``. Element i of the
j-th weight, both from 0 and in row-major order, is ``scale * phi(i + 13 j)``; a gain of a norm is one more.
Element i of the m-th input is ``psi(i + 7 m)``. The order of the weights is the published one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn


def given(shape: Iterable[int], number: int) -> Tensor:
    """The input of that number."""
    shape = tuple(shape)
    index = torch.arange(math.prod(shape)) + 7 * number
    return (((104_729 * index) % 103 - 51).double() / 51).reshape(shape)


class Filler:
    """Fills weights one after the other."""

    def __init__(self, scale: float) -> None:
        self.scale, self.tensors, self.numbers = scale, 0, 0

    def values(self, *shape: int) -> Tensor:
        """The next weight."""
        index = torch.arange(math.prod(shape)) + 13 * self.tensors
        self.tensors += 1
        self.numbers += len(index)
        return (self.scale * ((7919 * index) % 101 - 50).double() / 50).reshape(shape)

    def fill(self, *weights: Tensor) -> None:
        """Fill weights in their own shape."""
        for weight in weights:
            weight.data.copy_(self.values(*weight.shape))

    def linear(self, *layers: nn.Linear) -> None:
        """Weight, then bias where there is one."""
        for layer in layers:
            self.fill(layer.weight, *([] if layer.bias is None else [layer.bias]))

    def norm(self, layer: nn.LayerNorm) -> None:
        """Gain, one more than the rule says, then bias."""
        self.fill(layer.weight, layer.bias)
        layer.weight.data.add_(1.0)

    def recurrent(self, layer: nn.LSTM | nn.GRU) -> None:
        """Input weight, hidden weight, input bias, hidden bias."""
        self.fill(layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0)

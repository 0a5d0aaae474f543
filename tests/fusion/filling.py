"""The filling rule of the check figures, and the tensors of the verification networks in its order.

Element i of the j-th tensor is scale * phi(i + 13 j); inputs are psi(i + 7 m).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

Entry = Tensor | tuple[Tensor, bool]
"""A tensor to fill; True beside it for a scale of a normalisation, to which 1 is added."""


def phi(i: Tensor) -> Tensor:
    return ((7919 * i % 101) - 50).double() / 50


def psi(i: Tensor) -> Tensor:
    return ((104729 * i % 103) - 51).double() / 51


def given(shape: Sequence[int], number: int) -> Tensor:
    """IN(shape, number)."""
    count = torch.Size(shape).numel()
    return psi(torch.arange(count) + 7 * number).view(*shape)


def fill(entries: Sequence[Entry], scale: float) -> None:
    """FILL(scale)."""
    with torch.no_grad():
        for j, entry in enumerate(entries):
            tensor, is_scale = entry if isinstance(entry, tuple) else (entry, False)
            values = scale * phi(torch.arange(tensor.numel()) + 13 * j) + is_scale
            tensor.copy_(values.view(tensor.shape))


def of(linear: nn.Module) -> list[Entry]:
    """Weight and bias."""
    return [linear.weight, linear.bias]


def norm(module: nn.Module) -> list[Entry]:
    """Scale and bias of a normalisation."""
    return [(module.weight, True), module.bias]


def blstm(module: nn.Module) -> list[Entry]:
    """Initial state, linear, then the layers, forward before reverse."""
    entries: list[Entry] = [module.state, *of(module.skip)]
    for ahead, back in zip(module.forwards, module.backwards, strict=True):
        for lstm in (ahead, back):
            entries += [lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0, lstm.bias_hh_l0]
    return entries


def coattention(module: nn.Module) -> list[Entry]:
    """Layer by layer: query, then key, value, out, each of video and audio."""
    entries: list[Entry] = []
    for layer in module.layers:
        entries += of(layer.query)
        for part in ("key", "value", "out"):
            for stream in ("visual", "audio"):
                entries += of(getattr(layer.streams[stream], part))
    return entries


def person_network(network: nn.Module) -> list[Entry]:
    """All tensors of `PersonNetwork`, in the order of the check figures."""
    gated = network.joint is None
    entries = coattention(network.fusion.attention if gated else network.fusion)
    entries += blstm(network.temporal["audio"]) + blstm(network.temporal["visual"])
    if gated:
        gates = network.fusion.gates.streams
        entries += of(gates["audio"].logits) + of(gates["visual"].logits)
    else:
        entries += blstm(network.joint)
    pooling = network.pooling
    return entries + of(pooling.hidden) + norm(pooling.norm) + of(pooling.score) + of(network.out)

"""Ablation: a gated fusion with every gate held at its mean, so that no gate depends on the input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..fusion.layers.gate import ModalityGate, StageGate
from ..model import FusionNetwork
from ..train.evaluate import predict_sequences

Means = dict[nn.Module, Tensor]
"""Mean weights (k,) by gate."""


@contextmanager
def held_gates(means: Means) -> Iterator[None]:
    """Hold gates at given weights inside the context. What a gate across streams gives to an absent stream
    goes to the others, in proportion."""
    with ExitStack() as hooks:
        for gate, weights in means.items():
            hold = _hold_stage if isinstance(gate, StageGate) else _hold_modality
            hooks.callback(gate.register_forward_hook(hold(weights)).remove)
        yield


def mean_gates(network: FusionNetwork, data: Mapping[str, Tensor]) -> Means:
    """Mean weights of each gate over all ticks of some sequences; empty for a fusion without gates.

    Where iterations share a gate, the mean is over these too. Of a gate across streams only ticks count at
    which all streams are available.

    Parameters
    ----------
    network : FusionNetwork
    data : mapping of str to torch.Tensor
        As `predict_sequences` takes them.
    """
    seen: dict[nn.Module, list[Tensor]] = {
        gate: [] for gate in network.modules() if isinstance(gate, StageGate | ModalityGate)
    }
    if not seen:
        return {}
    with ExitStack() as hooks:
        for gate, found in seen.items():
            hooks.callback(gate.register_forward_hook(_record_in(found)).remove)
        predict_sequences(network, data)
    return {gate: torch.cat(found).mean(dim=0) for gate, found in seen.items()}


def _record_in(found: list[Tensor]) -> Callable[..., None]:
    def record(gate: nn.Module, arguments: Any, output: tuple[Tensor, Tensor]) -> None:
        weights = output[1]
        if isinstance(gate, ModalityGate):
            found.append(weights[torch.stack(list(arguments[1]), dim=-1).all(dim=-1)])
        else:
            found.append(weights.flatten(0, 1))

    return record


def _hold_stage(weights: Tensor) -> Callable[..., tuple[Tensor, Tensor]]:
    def hold(
        gate: StageGate, arguments: tuple[Sequence[Tensor]], output: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        mixture = torch.stack([w * x for w, x in zip(weights, arguments[0], strict=True)]).sum(dim=0)
        return (torch.relu(mixture) if gate.activation == "relu" else mixture), weights.expand_as(output[1])

    return hold


def _hold_modality(weights: Tensor) -> Callable[..., tuple[Tensor, Tensor]]:
    def hold(
        gate: ModalityGate,
        arguments: tuple[Sequence[Tensor], Sequence[Tensor]],
        output: tuple[Tensor, Tensor],
    ) -> tuple[Tensor, Tensor]:
        streams, masks = arguments
        kept = torch.stack(list(masks), dim=-1) * weights  # (b, t, m)
        kept = kept / kept.sum(dim=-1, keepdim=True).clamp_min(1e-9)
        mixture = sum(kept[..., m : m + 1] * x for m, x in enumerate(streams))
        return torch.relu(torch.as_tensor(mixture)), kept

    return hold

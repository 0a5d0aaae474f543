"""Ablation: a gated fusion with every gate held at its mean, so that no gate depends on the input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from avaffect.errors import ModelError
from avaffect.fusion.layers.gate import StageGate
from avaffect.model import AffectModel
from avaffect.train.evaluate import predict_sequences


@contextmanager
def frozen_gates(model: AffectModel, data: Mapping[str, Tensor]) -> Iterator[AffectModel]:
    """The model with every gate held at its mean over all ticks of some sequences, inside the context.

    Raises
    ------
    ModelError
        If its fusion has no gates.
    """
    means = mean_gates(model, data)
    with ExitStack() as hooks:
        for gate, weights in means.items():
            hooks.callback(gate.register_forward_hook(_hold_at(weights)).remove)
        yield model


def mean_gates(model: AffectModel, data: Mapping[str, Tensor]) -> dict[StageGate, Tensor]:
    """Mean weights (k,) of each gate over all ticks; where iterations share a gate, over these too.

    Raises
    ------
    ModelError
        If the fusion has no gates.
    """
    seen: dict[StageGate, list[Tensor]] = {
        gate: [] for gate in model.network.modules() if isinstance(gate, StageGate)
    }
    if not seen:
        raise ModelError(f"{model.spec.name!r} has no gates to hold; take a gated fusion, such as hgrjca")
    with ExitStack() as hooks:
        for gate, found in seen.items():
            hooks.callback(gate.register_forward_hook(_record_in(found)).remove)
        predict_sequences(model.network, data)
    return {gate: torch.cat(found).mean(dim=(0, 1)) for gate, found in seen.items()}


def _record_in(found: list[Tensor]) -> Any:
    def record(gate: nn.Module, arguments: Any, output: tuple[Tensor, Tensor]) -> None:
        found.append(output[1])

    return record


def _hold_at(weights: Tensor) -> Any:
    def hold(
        gate: StageGate, arguments: tuple[Sequence[Tensor]], output: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        mixture = torch.stack([w * x for w, x in zip(weights, arguments[0], strict=True)]).sum(dim=0)
        return (torch.relu(mixture) if gate.activation == "relu" else mixture), weights.expand_as(output[1])

    return hold

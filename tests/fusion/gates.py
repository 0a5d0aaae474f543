"""Gates held at one candidate, and weights handed from one fusion to another."""

from __future__ import annotations

import torch
from torch import Tensor

from avaffect.fusion import Fusion, StageGate

from .cases import DIMS


def gates_of(fusion: Fusion) -> list[StageGate]:
    return [part for part in fusion.modules() if isinstance(part, StageGate)]


def gates_by_stream(fusion: Fusion) -> dict[str, list[StageGate]]:
    found: dict[str, list[StageGate]] = {name: [] for name in DIMS}
    for key, part in fusion.named_modules():
        if isinstance(part, StageGate):
            found[key.rpartition(".")[2]].append(part)
    return found


def force(gates: list[StageGate], choice: int) -> None:
    """Make every gate take one candidate, whatever it sees."""
    with torch.no_grad():
        for gate in gates:
            assert gate.logits is not None
            gate.logits.weight.zero_()
            gate.logits.bias.fill_(-1e4)
            gate.logits.bias[choice] = 1e4


def like(fusion: Fusion, other: Fusion, *, steps: str = "steps", into: str = "gated.steps") -> Fusion:
    """Give ``fusion`` the joint cross-attention weights of ``other``."""
    state = fusion.state_dict()
    for key, value in other.state_dict().items():
        if key.startswith(f"{steps}."):
            state[into + key[len(steps) :]] = value
        if key.startswith("absent."):
            state[key] = value
    fusion.load_state_dict(state)
    return fusion


def relu_of(fusion: Fusion, streams: dict[str, Tensor]) -> Tensor:
    return fusion(streams).features.relu()

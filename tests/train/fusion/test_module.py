"""Training after the encoders: what the gates are taught."""

from __future__ import annotations

import math

import pytest
import torch

from avaffect.errors import ModelError
from avaffect.train.fusion.module import gate_loss

CORRUPTED = {"audio": torch.tensor([[True, False, True]]), "visual": torch.tensor([[False, False, False]])}
MASKS = {"audio": torch.tensor([[True, True, False]]), "visual": torch.tensor([[True, True, True]])}


def weights(audio: list[float], visual: list[float]) -> dict[str, torch.Tensor]:
    return {"trust.audio": torch.tensor([audio]), "trust.visual": torch.tensor([visual])}


def test_gate_loss_is_the_cross_entropy_with_damage_where_both_streams_are() -> None:
    loss = gate_loss(
        weights([0.8, 0.3, 0.1], [0.5, 0.2, 0.9]), CORRUPTED, MASKS
    )  # the third tick does not count
    audio = -(math.log(0.8) + math.log(0.7)) / 2
    visual = -(math.log(0.5) + math.log(0.8)) / 2
    assert float(loss) == pytest.approx((audio + visual) / 2, rel=1e-5)


def test_gate_loss_of_a_saturated_gate_is_finite() -> None:
    assert torch.isfinite(gate_loss(weights([0.0, 1.0, 1.0], [1.0, 1.0, 1.0]), CORRUPTED, MASKS))


def test_a_fusion_without_gates_has_none_to_teach() -> None:
    with pytest.raises(ModelError, match=r"fusion\.gate"):
        gate_loss({}, CORRUPTED, MASKS)

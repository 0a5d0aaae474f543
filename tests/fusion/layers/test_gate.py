"""The gate's invariants: what it must do whatever its weights are."""

from __future__ import annotations

import pytest
import torch

from avaffect.errors import ModelError
from avaffect.fusion import ModalityGate, StageGate, set_temperature


@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("source", ["last", "concat"])
def test_zero_weights_share_equally(k: int, source: str) -> None:
    gate = StageGate(6, k, source=source, activation="none")
    if gate.logits is not None:
        torch.nn.init.zeros_(gate.logits.weight)
        torch.nn.init.zeros_(gate.logits.bias)
    candidates = [torch.randn(2, 4, 6) for _ in range(k)]
    mixture, weights = gate(candidates)
    assert torch.equal(weights, torch.full((2, 4, k), 1.0 / k))
    torch.testing.assert_close(mixture, sum(candidates) / k)


@pytest.mark.parametrize("k", [2, 4])
def test_infinite_temperature_shares_equally(k: int) -> None:
    gate = StageGate(6, k, temperature=1e12)
    _, weights = gate([torch.randn(2, 4, 6) for _ in range(k)])
    torch.testing.assert_close(weights, torch.full((2, 4, k), 1.0 / k), rtol=0, atol=1e-7)


@pytest.mark.parametrize("k", [2, 4])
def test_zero_temperature_takes_the_one_of_the_highest_logit(k: int) -> None:
    gate = StageGate(6, k, temperature=1e-12)
    candidates = [torch.randn(2, 4, 6) for _ in range(k)]
    mixture, weights = gate(candidates)
    best = gate.logits(candidates[-1]).argmax(dim=-1)
    assert torch.equal(weights, torch.nn.functional.one_hot(best, k).float())
    taken = torch.stack(candidates, dim=2).gather(2, best[..., None, None].expand(2, 4, 1, 6))
    assert torch.equal(mixture, taken.squeeze(2).relu())


def test_saturated_gate_has_no_gradient_and_a_warmer_one_has() -> None:
    """At T = 0.1 a logit gap of 1 leaves 4.5e-5 of the other candidate."""
    gate = StageGate(4, 2)
    with torch.no_grad():
        gate.logits.weight.zero_()
        gate.logits.bias.copy_(torch.tensor([1.0, 0.0]))
    candidates = [torch.rand(1, 1, 4) + 1, torch.rand(1, 1, 4) + 3]
    _, weights = gate(candidates)
    assert weights[0, 0, 0].item() == pytest.approx(0.9999546, abs=1e-6)
    gradients = []
    for temperature in (0.1, 1.0):
        set_temperature(gate, temperature)
        gate.zero_grad()
        gate(candidates)[0].sum().backward()
        gradients.append(gate.logits.bias.grad.abs().max().item())
    assert gradients[1] > 100 * gradients[0]


def test_modality_gate_gives_an_absent_stream_nothing() -> None:
    gate = ModalityGate(5, 2)
    streams = [torch.randn(2, 6, 5), torch.zeros(2, 6, 5)]
    there = [torch.ones(2, 6, dtype=torch.bool), torch.zeros(2, 6, dtype=torch.bool)]
    mixture, weights = gate(streams, there)
    assert torch.equal(weights, torch.tensor([1.0, 0.0]).expand(2, 6, 2))
    assert torch.equal(mixture, streams[0].relu())


def test_gate_refuses_another_number_of_candidates() -> None:
    with pytest.raises(ModelError, match="3 candidates for a gate over 2"):
        StageGate(4, 2)([torch.zeros(1, 1, 4)] * 3)

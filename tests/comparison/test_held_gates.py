"""Gates that are held at their mean."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from avaffect.comparison.held_gates import held_gates, mean_gates
from avaffect.comparison.network import Settings, create_network
from avaffect.fusion import list_fusions, set_temperature
from avaffect.fusion.layers.gate import StageGate
from avaffect.model import FusionNetwork
from avaffect.train.evaluate import predict_sequences

GATED = ("dca", "grjca", "hgrjca", "iaca")


def network_of(fusion: str, temperature: float | None = 0.3) -> FusionNetwork:
    torch.manual_seed(0)
    network = create_network(fusion, {"audio": 6, "visual": 8}, Settings(size=8))
    if temperature is not None:
        set_temperature(network, temperature)
    return network.eval()


def data_of(count: int = 20, ticks: int = 12) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(0)
    data = {"affect": torch.zeros(count, ticks, 2)}
    for name, dim in (("audio", 6), ("visual", 8)):
        data[name] = 2 * torch.randn(count, ticks, dim, generator=random)
        data[f"{name}_mask"] = torch.rand(count, ticks, generator=random) < 0.8
    return data


@pytest.mark.parametrize("fusion", GATED)
def test_held_gates_do_not_depend_on_the_input(fusion: str) -> None:
    data, network = data_of(), network_of(fusion)
    both = (data["audio_mask"] & data["visual_mask"]).numpy()
    free, moving = predict_sequences(network, data)
    with held_gates(mean_gates(network, data)):
        held, still = predict_sequences(network, data)
    assert still
    for name, gate in still.items():
        assert np.ptp(moving[name][both]) > 0.01
        assert np.ptp(gate[both]) < 1e-6
    assert np.abs(held - free).max() > 1e-4
    np.testing.assert_array_equal(predict_sequences(network, data)[0], free)  # outside, they are free again


@pytest.mark.parametrize("fusion", GATED)
def test_gates_held_where_they_are_change_nothing(fusion: str) -> None:
    """Gates that never moved, held at their mean: the hooks compute what the gates do."""
    data, network = data_of(), network_of(fusion, temperature=1e6)
    free = predict_sequences(network, data)[0]
    with held_gates(mean_gates(network, data)):
        np.testing.assert_allclose(predict_sequences(network, data)[0], free, atol=1e-5)


def test_the_mean_is_that_of_the_weights() -> None:
    data, network = data_of(), network_of("iaca")
    both = (data["audio_mask"] & data["visual_mask"]).numpy()
    means = mean_gates(network, data)
    (across,) = (weights for gate, weights in means.items() if not isinstance(gate, StageGate))
    _, gates = predict_sequences(network, data)
    expected = [gates[f"share.{name}"][both].mean() for name in ("audio", "visual")]
    np.testing.assert_allclose(across.numpy(), expected, atol=1e-5)
    for weights in means.values():
        assert weights.sum().item() == pytest.approx(1, abs=1e-5)


def test_of_an_absent_stream_nothing_is_taken() -> None:
    data, network = data_of(), network_of("iaca")
    with held_gates(mean_gates(network, data)):
        _, still = predict_sequences(network, data)
    alone = (data["audio_mask"] & ~data["visual_mask"]).numpy()
    np.testing.assert_allclose(still["share.audio"][alone], 1.0, atol=1e-6)
    assert (still["share.visual"][alone] == 0).all()


@pytest.mark.parametrize("fusion", sorted(set(list_fusions()) - set(GATED)))
def test_a_fusion_without_such_gates_has_none_to_hold(fusion: str) -> None:
    network = network_of(fusion, temperature=None)
    _, gates = predict_sequences(network, data_of(count=2))
    if not gates:
        assert mean_gates(network, data_of(count=2)) == {}

"""Gates that are held at their mean."""

from __future__ import annotations

import numpy as np
import pytest
from frozen_gates import frozen_gates, mean_gates

from avaffect.errors import ModelError
from avaffect.train.evaluate import predict_sequences

from .conftest import GATED, data_of, model_of


@pytest.mark.parametrize(
    ("fusion", "options"), [("hgrjca", GATED), ("hgrjca", {**GATED, "share_gates": True}), ("grjca", GATED)]
)
def test_held_gates_do_not_depend_on_the_input(fusion: str, options: dict) -> None:
    data = data_of()
    model = model_of("audio", "visual", fusion=fusion, temperature=0.3, gate_input="concat", **options)
    free, moving = predict_sequences(model.network, data)
    means = mean_gates(model, data)
    with frozen_gates(model, data) as frozen:
        held, still = predict_sequences(frozen.network, data)
    for name, gate in still.items():
        assert np.ptp(moving[name]) > 0.01
        assert np.ptp(gate) < 1e-6
    assert np.abs(held - free).max() > 1e-4
    for weights in means.values():
        assert weights.sum().item() == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(
        predict_sequences(model.network, data)[0], free
    )  # outside, the gates are free again


def test_gates_held_where_they_are_change_nothing() -> None:
    """Gates that never moved, held at their mean: the hooks compute what the gates do."""
    data = data_of()
    model = model_of("audio", "visual", fusion="hgrjca", gate_input="concat", temperature=1e6, **GATED)
    free = predict_sequences(model.network, data)[0]
    with frozen_gates(model, data) as frozen:
        np.testing.assert_allclose(predict_sequences(frozen.network, data)[0], free, atol=1e-5)


def test_no_gates_to_hold() -> None:
    data = data_of(count=2)
    model = model_of("audio", "visual", fusion="jca", mixing="feature")
    with pytest.raises(ModelError, match="'jca.test' has no gates to hold"):
        mean_gates(model, data)

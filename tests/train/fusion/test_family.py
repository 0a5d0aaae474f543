"""Models compared on the same sequences, and gates that are held."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from avaffect.errors import ModelError
from avaffect.metric import ccc, pcc
from avaffect.model import AffectModel
from avaffect.spec import Component, Spec, Stream
from avaffect.train.fusion.family import gains, gates_and_damage, late, places, scores
from avaffect.train.fusion.frozen import frozen_gates, mean_gates
from avaffect.train.fusion.module import predict

PART = Component("concat")


def data_of(count: int = 40, ticks: int = 20, dim: int = 8) -> dict[str, Tensor]:
    """The label is in the first features of both streams; spans of each are missing or damaged."""
    rng = np.random.default_rng(0)
    affect = rng.uniform(-0.9, 0.9, (count, ticks, 2)).astype(np.float32)
    data: dict[str, np.ndarray] = {"affect": affect}
    for name in ("audio", "visual"):
        features = rng.normal(0, 0.3, (count, ticks, dim)).astype(np.float32)
        features[..., :2] += affect
        mask, worn = rng.random((2, count, ticks)) < [[[0.8]], [[0.3]]]
        features[worn] = 3.0
        data |= {name: features, f"{name}_mask": mask, f"{name}_worn": worn & mask}
    data["labelled"] = data["audio_mask"] | data["visual_mask"]
    return {name: torch.from_numpy(values) for name, values in data.items()}


def model_of(*streams: str, fusion: str = "concat", **options: object) -> AffectModel:
    torch.manual_seed(0)
    parts = {
        name: Stream(
            8,
            Component("face" if name == "visual" else "voice"),
            temporal=Component("tcn", {"levels": 1}),
            temporal_dim=8,
        )
        for name in streams
    }
    return AffectModel(Spec(f"{fusion}.test", parts, Component(fusion, options))).eval()


def test_scores_and_gains_are_those_of_the_metric() -> None:
    data = data_of()
    rng = np.random.default_rng(1)
    truth, labelled = data["affect"].numpy(), data["labelled"].numpy()
    near, far = (truth + rng.normal(0, noise, truth.shape) for noise in (0.1, 0.6))
    found = scores({"near": near, "far": far}, data, resamples=200)
    for name, values in (("near", near), ("far", far)):
        for k, target in enumerate(("valence", "arousal")):
            figure = found[name][target]
            assert figure.value == pytest.approx(ccc(values[..., k], truth[..., k], labelled))
            assert figure.low < figure.value < figure.high
    gain = gains({"near": near, "far": far, "same": near}, data, "near", resamples=200)
    assert gain["far"]["valence"].low > 0.1
    assert gain["same"]["valence"] == gain["same"]["arousal"]  # nothing, without any doubt
    assert gain["same"]["arousal"].high == 0


def test_a_resample_is_of_whole_sequences() -> None:
    """Ticks that repeat one value a sequence: as many as there are, they narrow no interval."""
    rng = np.random.default_rng(0)
    label, noise = rng.normal(size=(2, 30, 1, 2))
    widths = []
    for ticks in (1, 50):
        shape = (30, ticks, 2)
        data = {
            "affect": torch.tensor(np.broadcast_to(label, shape).copy()),
            "labelled": torch.ones(30, ticks, dtype=torch.bool),
        }
        figure = scores({"a": np.broadcast_to(label + noise, shape)}, data, resamples=500)["a"]["valence"]
        widths.append(figure.high - figure.low)
    assert widths[0] == pytest.approx(widths[1])


def test_late_goes_by_what_is_there() -> None:
    data = data_of()
    audio, visual = model_of("audio"), model_of("visual")
    heard, seen = predict(audio, data)[0], predict(visual, data)[0]
    both = late(audio, visual, data)
    np.testing.assert_allclose(both["late"], (heard + seen) / 2)
    only = places(data)
    wise = both["late, of those there"]
    np.testing.assert_allclose(wise[only["no face"]], heard[only["no face"]])
    np.testing.assert_allclose(wise[only["no voice"]], seen[only["no voice"]])
    np.testing.assert_allclose(wise[only["nothing"]], both["late"][only["nothing"]])


def test_places_are_all_there_is() -> None:
    data = data_of()
    found = places(data)
    assert set(found) == {"nothing", "voice damaged", "face damaged", "both damaged", "no voice", "no face"}
    np.testing.assert_array_equal(sum(ticks.astype(int) for ticks in found.values()), data["labelled"])
    del found["nothing"]
    data["audio_worn"][:] = data["visual_worn"][:] = False
    assert set(places(data)) == {"nothing", "no voice", "no face"}


GATED = {"mixing": "feature", "iterations": 2}


@pytest.mark.parametrize(
    ("fusion", "options"), [("hgrjca", GATED), ("hgrjca", {**GATED, "share_gates": True}), ("grjca", GATED)]
)
def test_held_gates_do_not_look(fusion: str, options: dict) -> None:
    data = data_of()
    model = model_of("audio", "visual", fusion=fusion, temperature=0.3, gate_input="concat", **options)
    free, moving = predict(model, data)
    means = mean_gates(model, data)
    with frozen_gates(model, data) as frozen:
        held, still = predict(frozen, data)
    for name, gate in still.items():
        assert np.ptp(moving[name]) > 0.01
        assert np.ptp(gate) < 1e-6
    assert np.abs(held - free).max() > 1e-4
    for weights in means.values():
        assert weights.sum().item() == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(predict(model, data)[0], free)  # outside it looks again


def test_gates_held_where_they_are_change_nothing() -> None:
    """Gates that never moved, held at their mean: the hooks compute what the gates do."""
    data = data_of()
    model = model_of("audio", "visual", fusion="hgrjca", gate_input="concat", temperature=1e6, **GATED)
    free = predict(model, data)[0]
    with frozen_gates(model, data) as frozen:
        np.testing.assert_allclose(predict(frozen, data)[0], free, atol=1e-5)


def test_no_gates_to_hold() -> None:
    data = data_of(count=2)
    model = model_of("audio", "visual", fusion="jca", mixing="feature")
    with pytest.raises(ModelError, match="'jca.test' has no gates to hold"):
        mean_gates(model, data)
    assert gates_and_damage(model, data) == {}


def test_gates_are_correlated_where_both_are_there() -> None:
    data = data_of()
    model = model_of("audio", "visual", fusion="hgrjca", gate_input="concat", temperature=0.3, **GATED)
    found = gates_and_damage(model, data, resamples=100)
    gates = predict(model, data)[1]
    both = (data["audio_mask"] & data["visual_mask"]).numpy()
    want = pcc(gates["attended.audio"], data["visual_worn"].numpy().astype(float), both)
    assert found["attended.audio"]["visual"].value == pytest.approx(want)
    assert found["attended.audio"]["visual"].low < want < found["attended.audio"]["visual"].high

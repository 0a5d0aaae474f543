"""Systems compared on the same sequences, against the metric."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from system_comparison import corruption_strata, differences, gate_correlations, late_fusion, scores

from avaffect.metric import ccc, pcc
from avaffect.train.evaluate import predict_sequences

from .conftest import GATED, data_of, model_of


def test_scores_and_differences_are_those_of_the_metric() -> None:
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
    gain = differences({"near": near, "far": far, "same": near}, data, "near", resamples=200)
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


def test_late_fusion_goes_by_what_is_available() -> None:
    data = data_of()
    audio, visual = model_of("audio"), model_of("visual")
    audio_values, visual_values = (
        predict_sequences(audio.network, data)[0],
        predict_sequences(visual.network, data)[0],
    )
    both = late_fusion(audio, visual, data)
    np.testing.assert_allclose(both["late"], (audio_values + visual_values) / 2)
    only = corruption_strata(data)
    wise = both["late, available"]
    np.testing.assert_allclose(wise[only["no face"]], audio_values[only["no face"]])
    np.testing.assert_allclose(wise[only["no voice"]], visual_values[only["no voice"]])
    np.testing.assert_allclose(wise[only["nothing"]], both["late"][only["nothing"]])


def test_strata_are_all_labelled_ticks() -> None:
    data = data_of()
    found = corruption_strata(data)
    assert set(found) == {
        "nothing",
        "voice corrupted",
        "face corrupted",
        "both corrupted",
        "no voice",
        "no face",
    }
    np.testing.assert_array_equal(sum(ticks.astype(int) for ticks in found.values()), data["labelled"])
    del found["nothing"]
    data["audio_corrupted"][:] = data["visual_corrupted"][:] = False
    assert set(corruption_strata(data)) == {"nothing", "no voice", "no face"}


def test_gates_are_correlated_where_both_are_there() -> None:
    data = data_of()
    model = model_of("audio", "visual", fusion="hgrjca", gate_input="concat", temperature=0.3, **GATED)
    found = gate_correlations(model, data, resamples=100)
    gates = predict_sequences(model.network, data)[1]
    both = (data["audio_mask"] & data["visual_mask"]).numpy()
    want = pcc(gates["attended.audio"], data["visual_corrupted"].numpy().astype(float), both)
    assert found["attended.audio"]["visual"].value == pytest.approx(want)
    assert found["attended.audio"]["visual"].low < want < found["attended.audio"]["visual"].high


def test_a_fusion_without_gates_has_no_correlations() -> None:
    assert (
        gate_correlations(model_of("audio", "visual", fusion="jca", mixing="feature"), data_of(count=2)) == {}
    )

"""What holds for the gates of every gated fusion."""

from __future__ import annotations

import pytest
import torch

from avaffect.errors import ModelError
from avaffect.fusion import ModalityGate, StageGate, create_fusion, set_temperature, stream_weights

from .cases import ANY_LENGTH, DIMS, TICKS, VARIANTS, build, name_of, random_streams
from .gates import force, gates_by_stream

GATED = [
    name
    for name, options in ANY_LENGTH.items()
    if any(isinstance(part, StageGate | ModalityGate) for part in build(name, options).modules())
]
ATTENDED = [case for case in VARIANTS if "attended.audio" in build(*case)(random_streams(DIMS, 1, 2)).weights]


def test_every_gated_fusion_has_one_kind_of_stream_weight() -> None:
    assert {"dca", "grjca", "hgrjca", "iaca"} <= set(GATED)
    for name in GATED:
        weights = build(name, ANY_LENGTH[name])(random_streams(DIMS, 1, 2)).weights
        assert len({key.partition(".")[0] for key in stream_weights(weights)}) == 1


@pytest.mark.parametrize("name", GATED)
def test_rows_of_gates_sum_to_one(name: str) -> None:
    fusion = build(name, ANY_LENGTH[name])
    weights = fusion(random_streams(DIMS, 3, TICKS)).weights
    rows = [gate for key, gate in weights.items() if key.startswith(("gate.", "stage.", "modality"))]
    assert rows
    for gate in rows:
        assert (gate >= 0).all()
        torch.testing.assert_close(gate.sum(dim=-1), torch.ones(3, TICKS, dtype=gate.dtype))


@pytest.mark.parametrize("name", GATED)
def test_temperature_is_set_everywhere_and_saved(name: str) -> None:
    fusion = create_fusion(name, dims=DIMS)
    set_temperature(fusion, 0.5)
    found = {key: value for key, value in fusion.state_dict().items() if key.endswith("temperature")}
    gates = [p for p in fusion.modules() if isinstance(p, StageGate | ModalityGate)]
    assert len(found) == len(gates) > 0
    assert all(value.item() == 0.5 for value in found.values())


def test_temperature_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ModelError, match="temperature=0.*above 0"):
        create_fusion("hgrjca", dims=DIMS, temperature=0)
    with pytest.raises(ModelError, match="no gate"):
        set_temperature(create_fusion("jca", dims=DIMS), 0.5)


@pytest.mark.parametrize("case", ATTENDED, ids=name_of)
@pytest.mark.parametrize("stream", list(DIMS))
def test_a_stream_that_attends_to_nothing_is_its_own_input(case: tuple[str, dict], stream: str) -> None:
    """With the un-attended candidate forced, ``attended`` is 0 and the stream passes by itself."""
    fusion = build(*case)
    streams = random_streams(DIMS, 2, TICKS)
    (other,) = set(DIMS) - {stream}
    force(gates_by_stream(fusion)[stream], choice=0)
    fused = fusion(streams)
    parts = dict(zip(DIMS, fused.features.split(list(DIMS.values()), dim=-1), strict=True))
    own = streams[stream]
    if case[1].get("activation") != "none":
        own = own.relu()
    assert (fused.weights[f"attended.{stream}"] == 0).all()
    assert torch.equal(parts[stream], own)
    assert fused.weights[f"attended.{other}"].max() > 0

"""The gate's invariants: what it must do whatever its weights are."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from avaffect.errors import ModelError
from avaffect.fusion import Fusion, ModalityGate, StageGate, create_fusion, set_temperature

from .cases import ANY_LENGTH, DIMS, VARIANTS, build, name_of, random_masks, random_streams

TICKS = 9
GATED = ["dca", "grjca", "hgrjca", "iaca"]


def gates_of(fusion: Fusion) -> list[StageGate]:
    return [part for part in fusion.modules() if isinstance(part, StageGate)]


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


@pytest.mark.parametrize("name", GATED)
def test_rows_of_gates_sum_to_one(name: str) -> None:
    fusion = build(name, ANY_LENGTH[name])
    weights = fusion(random_streams(DIMS, 3, TICKS)).weights
    rows = [gate for key, gate in weights.items() if key.startswith(("gate.", "stage.", "modality"))]
    assert rows
    for gate in rows:
        assert (gate >= 0).all()
        torch.testing.assert_close(gate.sum(dim=-1), torch.ones(3, TICKS, dtype=gate.dtype))


@pytest.mark.parametrize("recurse", ["gated", "attended"])
def test_attended_gates_give_rjca(recurse: str) -> None:
    """Forcing [0, 1] reproduces RJCA; ReLU(RJCA) with the published activation and recursion."""
    rjca = build("rjca", {"iterations": 3})
    streams = random_streams(DIMS, 2, TICKS)
    for name in ("grjca", "hgrjca"):
        for activation in ("none", "relu"):
            if activation == "relu" and recurse == "gated":
                continue  # ReLU then stands inside the recursion too, where RJCA has none
            options = {"iterations": 3, "recurse": recurse, "activation": activation}
            fusion = like(build(name, options), rjca)
            force(gates_of(fusion), choice=-1)
            wanted = rjca(streams).features
            wanted = wanted.relu() if activation == "relu" else wanted
            torch.testing.assert_close(fusion(streams).features, wanted)
            for attended in ("attended.audio", "attended.visual"):
                assert (fusion(streams).weights[attended] == 1).all()


@pytest.mark.parametrize("options", [{}, {"reference": "input"}, {"gating": "across"}], ids=str)
def test_unattended_gates_give_the_input(options: dict[str, str]) -> None:
    """Forcing [1, 0] gives ReLU(input)."""
    fusion = build("grjca", {"iterations": 3, **options})
    force(gates_of(fusion), choice=0)
    streams = random_streams(DIMS, 2, TICKS)
    fused = fusion(streams)
    assert torch.equal(fused.features, torch.cat([streams["audio"], streams["visual"]], -1).relu())
    assert (fused.weights["attended.audio"] == 0).all()


def test_one_gate_across_iterations_can_take_any() -> None:
    rjca = build("rjca", {"iterations": 2})
    fusion = like(build("grjca", {"iterations": 2, "gating": "across"}), rjca, into="steps")
    force(gates_of(fusion), choice=2)
    streams = random_streams(DIMS, 2, TICKS)
    torch.testing.assert_close(fusion(streams).features, relu_of(rjca, streams))


def test_hgrjca_of_one_iteration_is_dca_on_jca() -> None:
    dca = build("dca", {"attention": "jca"})
    hgrjca = build("hgrjca", {"iterations": 1}, seed=5)
    like(hgrjca, dca, steps="attention.steps")
    like(hgrjca, dca, steps="gates", into="gated.gates.0")
    streams = random_streams(DIMS, 2, TICKS)
    one, two = dca(streams), hgrjca(streams)
    assert torch.equal(one.features, two.features)
    for name in ("gate.audio.1", "gate.visual.1"):
        assert torch.equal(one.weights[name], two.weights[name])
    torch.testing.assert_close(one.weights["attended.audio"], two.weights["attended.audio"])


def test_stage_gate_on_the_last_gives_grjca() -> None:
    grjca = build("grjca", {"iterations": 3})
    hgrjca = build("hgrjca", {"iterations": 3}, seed=5)
    like(hgrjca, grjca, steps="gated", into="gated")
    force([hgrjca.stage.streams[name] for name in DIMS], choice=-1)
    streams = random_streams(DIMS, 2, TICKS)
    torch.testing.assert_close(hgrjca(streams).features, grjca(streams).features)


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


def test_attended_is_the_share_that_is_not_the_input() -> None:
    """With gates that do not depend on the features, the output is linear in the input's share."""
    fusion = build("hgrjca", {"iterations": 3, "activation": "none"})
    with torch.no_grad():
        for gate in gates_of(fusion):
            gate.logits.weight.zero_()
    streams = random_streams(DIMS, 1, TICKS)
    fused = fusion(streams)
    w = fused.weights
    kept = [w["gate.audio.1"][..., 0]]
    for index in (2, 3):
        kept.append(kept[-1] * w[f"gate.audio.{index}"][..., 0])
    expected = 1 - sum(w["stage.audio"][..., i] * each for i, each in enumerate(kept))
    torch.testing.assert_close(w["attended.audio"], expected)


def gates_by_stream(fusion: Fusion) -> dict[str, list[StageGate]]:
    found: dict[str, list[StageGate]] = {name: [] for name in DIMS}
    for key, part in fusion.named_modules():
        if isinstance(part, StageGate):
            found[key.rpartition(".")[2]].append(part)
    return found


@pytest.mark.parametrize("case", [c for c in VARIANTS if c[0] in ("dca", "grjca", "hgrjca")], ids=name_of)
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


def test_a_stream_that_attends_alone_is_the_attention() -> None:
    fusion = build("dca", {})
    streams = random_streams(DIMS, 2, TICKS)
    force(gates_of(fusion), choice=1)
    fused = fusion(streams)
    assert torch.equal(fused.features, relu_of(fusion.attention, streams))
    assert all((fused.weights[f"attended.{name}"] == 1).all() for name in DIMS)


@pytest.mark.parametrize("stream", list(DIMS))
def test_a_stream_of_the_whole_share_is_the_output(stream: str) -> None:
    """``share`` 1 means that the output is made of that stream and of no other."""
    fusion = build("iaca", {})
    passed: dict[str, Tensor] = {}
    for name, project in fusion.project.items():
        project.register_forward_hook(lambda _, __, out, name=name: passed.__setitem__(name, out))
    (other,) = set(DIMS) - {stream}
    with torch.no_grad():
        fusion.modality.logits.weight.zero_()
        fusion.modality.logits.bias.copy_(torch.tensor([1e4 if name == stream else -1e4 for name in DIMS]))
    fused = fusion(random_streams(DIMS, 2, TICKS))
    assert (fused.weights[f"share.{stream}"] == 1).all()
    assert (fused.weights[f"share.{other}"] == 0).all()
    assert torch.equal(fused.features, passed[stream].relu())


def test_shares_are_the_modality_gate_by_name() -> None:
    fusion = build("iaca", {})
    masks = random_masks(DIMS, 2, TICKS)
    weights = fusion(random_streams(DIMS, 2, TICKS), masks).weights
    shares = torch.stack([weights[f"share.{name}"] for name in DIMS], dim=-1)
    assert torch.equal(shares, weights["modality"])
    assert (shares[~torch.stack(list(masks.values()), dim=-1)] == 0).all()


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

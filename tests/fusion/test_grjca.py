"""GRJCA and HGRJCA: their equations, and what they are with gates held at one candidate."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from . import reference as ref
from .cases import DIMS, TICKS, build, random_streams
from .equations import FORMS, compare, joined, step_of
from .gates import force, gates_of, like, relu_of

GATES = [
    {"reference": "previous", "recurse": "gated", "gate_input": "last", "activation": "relu"},
    {"reference": "input", "recurse": "attended", "gate_input": "concat", "activation": "none"},
    {"reference": "previous", "recurse": "attended", "gate_input": "last", "activation": "relu"},
    {"reference": "input", "recurse": "gated", "gate_input": "last", "activation": "relu"},
]


def run_gated(w, x, masks, form, options, iterations):
    return ref.gated_recursion(
        ref.under(w, "gated"),
        x,
        masks,
        step_of(form),
        iterations,
        reference=options["reference"],
        recurse=options["recurse"],
        source=options["gate_input"],
        activation=options["activation"],
    )


@pytest.mark.parametrize("options", GATES, ids=lambda o: "-".join(o.values()))
@pytest.mark.parametrize("form", [FORMS[0], FORMS[3]], ids=str)
@pytest.mark.parametrize("share_gates", [True, False])
def test_grjca(form: dict[str, Any], options: dict[str, Any], share_gates: bool) -> None:
    def expected(w, x, masks):
        gated, gates = run_gated(w, x, masks, form, options, 2)
        wanted = {"features": joined(w, {m: g[-1] for m, g in gated.items()}, masks)}
        for m, of_stream in gates.items():
            for index, g in enumerate(of_stream, start=1):
                wanted[f"gate.{m}.{index}"] = g
        return wanted

    settings = {**form, **options, "iterations": 2, "share_gates": share_gates, "temperature": 0.7}
    compare(build("grjca", settings), expected)


@pytest.mark.parametrize("source", ["last", "concat"])
def test_grjca_with_one_gate_across_iterations(source: str) -> None:
    def expected(w, x, masks):
        states = ref.recursion(ref.under(w, "steps"), x, masks, step_of(FORMS[0]), 3)
        mixed, wanted = {}, {}
        for m in x:
            candidates = [state[m] for state in states]
            mixed[m], g = ref.gate(ref.under(w, f"stage.streams.{m}"), candidates, source=source)
            wanted[f"stage.{m}"] = g
            wanted[f"attended.{m}"] = g[:, 1:].sum(axis=1)
        return {"features": joined(w, mixed, masks), **wanted}

    options = {"gating": "across", "iterations": 3, "gate_input": source, "temperature": 0.7}
    compare(build("grjca", options), expected)


@pytest.mark.parametrize("options", GATES, ids=lambda o: "-".join(o.values()))
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_hgrjca(form: dict[str, Any], options: dict[str, Any]) -> None:
    def expected(w, x, masks):
        gated, _ = run_gated(w, x, masks, form, options, 3)
        mixed, wanted = {}, {}
        for m in x:
            mixed[m], wanted[f"stage.{m}"] = ref.gate(
                ref.under(w, f"stage.streams.{m}"),
                gated[m],
                source=options["gate_input"],
                activation=options["activation"],
            )
        return {"features": joined(w, mixed, masks), **wanted}

    compare(build("hgrjca", {**form, **options, "iterations": 3, "temperature": 0.7}), expected)


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

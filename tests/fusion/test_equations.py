"""Every fusion against the NumPy reference of its equations, with and without masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from avaffect.fusion import Fusion

from . import reference as ref
from . import reference_others as others
from .cases import (
    DIMS,
    THREE,
    WINDOW,
    all_there,
    build,
    random_masks,
    random_streams,
    sequence,
    weights_of,
)

BATCH = 3
CLOSE = 1e-9  # the requirement is 1e-6; float64 leaves no reason for more


def compare(
    fusion: Fusion,
    expected: Callable[[ref.Weights, ref.Streams, ref.Streams], dict[str, np.ndarray]],
    ticks: int = WINDOW,
) -> None:
    """Compare what is named by ``expected``: "features", or one of the weights."""
    streams = random_streams(fusion.dims, BATCH, ticks)
    weights = weights_of(fusion)
    for masks in (all_there(fusion.dims, BATCH, ticks), random_masks(fusion.dims, BATCH, ticks)):
        with torch.no_grad():
            fused = fusion(streams, masks)
        got = {"features": fused.features, **fused.weights}
        for index in range(BATCH):
            wanted = expected(weights, sequence(streams, index), sequence(masks, index))
            for name, value in wanted.items():
                np.testing.assert_allclose(got[name][index].numpy(), value, rtol=0, atol=CLOSE)


def joined(weights: ref.Weights, streams: ref.Streams, masks: ref.Streams) -> np.ndarray:
    """Side by side, with the learned vector in the place of what is absent."""
    return np.concatenate(
        [np.where(masks[m][:, None], x, weights[f"absent.{m}"]) for m, x in streams.items()], axis=1
    )


FORMS = [
    {"correlation": correlation, "mixing": mixing, "window": WINDOW if mixing == "time" else None}
    for correlation in ("feature", "time")
    for mixing in ("feature", "time")
]


def step_of(form: dict[str, Any]) -> Any:
    return ref.STEPS[form["correlation"], form["mixing"]]


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("dims", [DIMS, THREE], ids=["two", "three"])
def test_jca(form: dict[str, Any], dims: dict[str, int]) -> None:
    def expected(w, x, masks):
        attended = step_of(form)(ref.under(w, "steps.blocks.0"), x, masks)
        return {"features": joined(w, attended, masks)}

    compare(build("jca", form, dims), expected)


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("share", [True, False])
def test_rjca(form: dict[str, Any], share: bool) -> None:
    def expected(w, x, masks):
        states = ref.recursion(ref.under(w, "steps"), x, masks, step_of(form), 3)
        return {"features": joined(w, states[-1], masks)}

    compare(build("rjca", {**form, "iterations": 3, "share_steps": share}), expected)


@pytest.mark.parametrize("mixing", ["feature", "time"])
def test_rjcma(mixing: str) -> None:
    def expected(w, x, masks):
        states = ref.recursion(ref.under(w, "steps"), x, masks, ref.STEPS["time", mixing], 2)
        return {"features": joined(w, states[-1], masks)}

    options = {"mixing": mixing, "window": WINDOW if mixing == "time" else None, "iterations": 2}
    compare(build("rjcma", options, THREE), expected)


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


@pytest.mark.parametrize("normalise", [True, False])
def test_ca(normalise: bool) -> None:
    def expected(w, x, masks):
        return {"features": joined(w, others.ca(w, x, masks, normalise=normalise), masks)}

    compare(build("ca", {"normalise": normalise}), expected)


@pytest.mark.parametrize("mixing", ["feature", "time"])
def test_coattention(mixing: str) -> None:
    window = WINDOW if mixing == "time" else None

    def expected(w, x, masks):
        attended = others.coattention(w, x, masks, layers=2, window=window is not None)
        return {"features": joined(w, attended, masks)}

    compare(build("coattention", {"layers": 2, "mixing": mixing, "window": window}), expected)


@pytest.mark.parametrize("attention", ["jca", "ca", "coattention"])
def test_dca(attention: str) -> None:
    def expected(w, x, masks):
        below = ref.under(w, "attention")
        attended = {
            "jca": lambda: ref.jca_feature_any(ref.under(below, "steps.blocks.0"), x, masks),
            "ca": lambda: others.ca(below, x, masks),
            "coattention": lambda: others.coattention(below, x, masks, layers=1, window=False),
        }[attention]()
        plain = ref.emptied(x, masks)
        mixed, wanted = {}, {}
        for m in x:
            mixed[m], g = ref.gate(ref.under(w, f"gates.streams.{m}"), [plain[m], attended[m]])
            wanted[f"gate.{m}.1"], wanted[f"attended.{m}"] = g, g[:, 1]
        return {"features": joined(w, mixed, masks), **wanted}

    compare(build("dca", {"attention": attention, "temperature": 0.7}), expected)


@pytest.mark.parametrize("dims", [DIMS, {"audio": 8, "visual": 8}], ids=["projected", "equal"])
def test_iaca(dims: dict[str, int]) -> None:
    def expected(w, x, masks):
        cross = ref.jca_feature_any(ref.under(w, "cross.steps.blocks.0"), x, masks)
        features, shares = others.iaca(w, x, masks, cross, heads=4)
        return {"features": features, "modality": shares, "share.visual": shares[:, 1]}

    compare(build("iaca", {"temperature": 0.7}, dims), expected)


def test_late() -> None:
    compare(build("late", {}, THREE), lambda w, x, masks: {"features": others.late(w, x, masks)})


def test_concat() -> None:
    compare(build("concat", {}, THREE), lambda w, x, masks: {"features": joined(w, x, masks)})


@pytest.mark.parametrize("leader", ["audio", "text"])
def test_lfan(leader: str) -> None:
    def expected(w, x, masks):
        features, received = others.lfan(w, x, masks, leader=leader, width=32, heads=2)
        own = features[:, : THREE[leader]]
        own[~masks[leader]] = w[f"absent.{leader}"]
        return {"features": features, "modality": received}

    compare(build("lfan", {"leader": leader}, THREE), expected)


def test_transformer() -> None:
    def expected(w, x, masks):
        tokens = others.transformer(w, x, masks, width=12, layers=2, heads=4)
        return {"features": joined(w, tokens, masks)}

    compare(build("transformer", {}, THREE), expected)


def test_maps_are_those_of_the_equations() -> None:
    fusion = build("jca", {"correlation": "time", "maps": True})
    streams = random_streams(DIMS, 1, 5)
    x = sequence(streams, 0)
    w = ref.under(weights_of(fusion), "steps.blocks.0.streams.audio")
    joint = np.concatenate(list(x.values()), axis=1)
    c = np.tanh(x["audio"] @ w["joint.weight"].T @ joint.T / np.sqrt(20))  # (s, t)
    got = fusion(streams).weights["attention.audio"][0].detach().numpy()
    np.testing.assert_allclose(got, c.T, rtol=0, atol=CLOSE)


def correlation_maps(fusion: Fusion, streams: dict[str, Tensor]) -> set[str]:
    return {name for name in fusion(streams).weights if "attention" in name or "correlation" in name}


@pytest.mark.parametrize(
    "name", ["jca", "rjca", "grjca", "hgrjca", "ca", "coattention", "dca", "iaca", "rjcma"]
)
def test_maps_come_only_when_asked_for(name: str) -> None:
    streams = random_streams(DIMS, 1, 5)
    assert not correlation_maps(build(name, {}), streams)
    assert correlation_maps(build(name, {"maps": True}), streams)

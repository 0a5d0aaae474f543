"""DCA: its equation, and what it is with the gate held."""

from __future__ import annotations

import pytest
import torch

from . import reference as ref
from . import reference_others as others
from .cases import DIMS, TICKS, build, random_streams
from .equations import compare, joined
from .gates import force, gates_of, relu_of


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


def test_a_stream_that_attends_alone_is_the_attention() -> None:
    fusion = build("dca", {})
    streams = random_streams(DIMS, 2, TICKS)
    force(gates_of(fusion), choice=1)
    fused = fusion(streams)
    assert torch.equal(fused.features, relu_of(fusion.attention, streams))
    assert all((fused.weights[f"attended.{name}"] == 1).all() for name in DIMS)

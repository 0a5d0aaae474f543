"""JCA, RJCA and RJCMA against their equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from . import reference as ref
from .cases import DIMS, THREE, WINDOW, build, random_streams, sequence, weights_of
from .equations import CLOSE, FORMS, compare, joined, step_of


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


def test_maps_are_those_of_the_equations() -> None:
    fusion = build("jca", {"correlation": "time", "maps": True})
    streams = random_streams(DIMS, 1, 5)
    x = sequence(streams, 0)
    w = ref.under(weights_of(fusion), "steps.blocks.0.streams.audio")
    joint = np.concatenate(list(x.values()), axis=1)
    c = np.tanh(x["audio"] @ w["joint.weight"].T @ joint.T / np.sqrt(20))  # (s, t)
    got = fusion(streams).weights["attention.audio"][0].detach().numpy()
    np.testing.assert_allclose(got, c.T, rtol=0, atol=CLOSE)

"""Top-down feedback against its equation; the published program's figures: `published/test_mmlatch`."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avaffect.fusion import create_fusion

from . import reference_relatives as relatives
from .cases import DIMS, THREE, build, random_masks, random_streams
from .equations import compare

TWO = (DIMS, ["audio", "visual"])
ALL = (THREE, ["text", "audio", "visual"])


@pytest.mark.parametrize("top_down", ["recurrent", "static", "none"])
@pytest.mark.parametrize(("dims", "order"), [TWO, ALL], ids=["two", "three"])
def test_feedback(top_down: str, dims: dict[str, int], order: list[str]) -> None:
    def expected(w, x, masks):
        parts, there, gains = relatives.feedback(w, x, masks, order=order, top_down=top_down)
        features = [np.where(there[p][:, None], each, w[f"absent.{p}"]) for p, each in parts.items()]
        told = {f"gain.{m}": gain for m, gain in gains.items()}
        return {"features": np.concatenate(features, axis=1), **told}

    compare(build("feedback", {"top_down": top_down, "size": 5}, dims), expected)


def test_gain_is_made_of_the_other_streams() -> None:
    fusion = build("feedback", {}, THREE)
    streams = random_streams(THREE, 1, 6)
    before = fusion(streams).weights
    streams["audio"] = streams["audio"] + 1.0
    after = fusion(streams).weights
    assert torch.equal(before["gain.audio"], after["gain.audio"])
    for other in ("visual", "text"):
        assert (before[f"gain.{other}"] - after[f"gain.{other}"]).abs().max() > 1e-4
    assert all(((gain > 0) & (gain < 1)).all() for gain in after.values())


def test_gradients_flow_through_the_first_pass_too() -> None:
    fusion = build("feedback", {}, DIMS)
    streams = random_streams(DIMS, 1, 5)
    streams["audio"].requires_grad_()
    fusion(streams).weights["gain.visual"].sum().backward()
    assert streams["audio"].grad is not None
    assert streams["audio"].grad.abs().max() > 0


def test_published_batching_reads_padding() -> None:
    streams, masks = random_streams(DIMS, 2, 6), random_masks(DIMS, 2, 6)
    holed = {m: torch.where(masks[m][..., None], x, torch.nan) for m, x in streams.items()}
    found = {}
    for batching in ("masked", "intended", "published"):
        torch.manual_seed(0)
        fusion = create_fusion("feedback", dims=DIMS, batching=batching).double().eval()
        found[batching] = fusion(streams, masks).features
        # Masked ticks are read as zeros there, never for what lies in them.
        assert torch.equal(fusion(holed, masks).features, found[batching])
    there = masks["audio"] & masks["visual"]
    for one, two in (("masked", "intended"), ("intended", "published")):
        assert (found[one] - found[two])[there].abs().max() > 1e-6


def test_gain_dropout_follows_the_mode() -> None:
    fusion = build("feedback", {"dropout": 0.0, "gain_dropout": 0.5})
    streams = random_streams(DIMS, 1, 6)
    assert torch.equal(fusion(streams).features, fusion(streams).features)
    fusion.train()
    assert not torch.equal(fusion(streams).features, fusion(streams).features)

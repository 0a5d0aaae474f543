"""IACA: its equations, and what its shares mean."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from . import reference as ref
from . import reference_others as others
from .cases import DIMS, TICKS, build, random_masks, random_streams
from .equations import compare


@pytest.mark.parametrize("dims", [DIMS, {"audio": 8, "visual": 8}], ids=["projected", "equal"])
def test_iaca(dims: dict[str, int]) -> None:
    def expected(w, x, masks):
        cross = ref.jca_feature_any(ref.under(w, "cross.steps.blocks.0"), x, masks)
        features, shares = others.iaca(w, x, masks, cross, heads=4)
        return {"features": features, "modality": shares, "share.visual": shares[:, 1]}

    compare(build("iaca", {"temperature": 0.7}, dims), expected)


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

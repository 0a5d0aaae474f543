"""Bi-bimodal fusion against its equation; the published program's figures: `published/test_bbfn`."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from . import reference_relatives as relatives
from .cases import DIMS, THREE, build, random_masks, random_streams
from .equations import compare

TWO = (DIMS, ["audio", "visual"])
ALL = (THREE, ["text", "audio", "visual"])


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("dims", "order"), [TWO, ALL], ids=["two", "three"])
def test_bibimodal(layers: int, dims: dict[str, int], order: list[str]) -> None:
    def expected(w, x, masks):
        parts, there = relatives.bibimodal(w, x, masks, order=order, layers=layers, heads=2)
        features = [np.where(there[p][:, None], each, w[f"absent.{p}"]) for p, each in parts.items()]
        return {"features": np.concatenate(features, axis=1)}

    compare(build("bibimodal", {"size": 6, "heads": 2, "layers": layers}, dims), expected)


def test_pairs_are_independent() -> None:
    """Audio changes nothing in the pair of text and visual."""
    fusion = build("bibimodal", {"size": 4, "heads": 2, "layers": 2}, THREE)
    streams = random_streams(THREE, 1, 6)
    before = fusion(streams).features
    streams["audio"] = streams["audio"] + 1.0
    after = fusion(streams).features
    assert torch.equal(before[..., 8:], after[..., 8:])
    assert (before[..., :8] - after[..., :8]).abs().max() > 1e-4


def test_discriminator_is_a_loss_of_training() -> None:
    """Its gradient reaches the vectors it tells apart; learning drives it below guessing, ln 2."""
    fusion = build("bibimodal", {"size": 6, "heads": 2, "layers": 2, "discriminator": True, "dropout": 0.0})
    streams, masks = random_streams(DIMS, 6, 5), random_masks(DIMS, 6, 5)
    masks["visual"][0] = False  # a sequence without the stream does not count
    assert fusion(streams, masks).losses == {}
    fusion.train()
    optimiser = torch.optim.Adam(fusion.parameters(), lr=0.02)
    losses = []
    for _ in range(15):
        optimiser.zero_grad()
        loss = fusion(streams, masks).losses["discriminator"]
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * min(losses[0], np.log(2))
    assert all(w.grad is not None for key, w in fusion.named_parameters() if "discriminator" in key)

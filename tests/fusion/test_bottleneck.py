"""Attention bottlenecks against their equation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avaffect.errors import ModelError
from avaffect.fusion import create_fusion

from . import reference_others as others
from .cases import DIMS, THREE, build, random_streams
from .equations import compare, joined


@pytest.mark.parametrize("fusion_layer", [0, 1, 3])
@pytest.mark.parametrize("exchange", ["bottleneck", "tokens", "none"])
@pytest.mark.parametrize("read_out", ["ticks", "class"])
def test_bottleneck(fusion_layer: int, exchange: str, read_out: str) -> None:
    options = {"layers": 3, "fusion_layer": fusion_layer, "exchange": exchange}

    def expected(w, x, masks):
        found = others.bottleneck(w, x, masks, **options, heads=4)
        if read_out == "class":
            found = {m: np.repeat(tokens[:1], len(masks[m]), axis=0) for m, tokens in found.items()}
        return {"features": joined(w, found, masks)}

    compare(build("bottleneck", {**options, "read_out": read_out, "bottlenecks": 2}, THREE), expected)


def test_shared_blocks() -> None:
    options = {"layers": 2, "share_blocks": True}

    def expected(w, x, masks):
        found = others.bottleneck(w, x, masks, layers=2, fusion_layer=1, heads=4, exchange="bottleneck")
        return {"features": joined(w, found, masks)}

    fusion = build("bottleneck", options)
    compare(fusion, expected)
    assert list(fusion.encoder.layers[0]) == ["all"]


def test_streams_meet_in_the_bottleneck_alone() -> None:
    """What one stream says reaches the other one block after it reached the bottleneck, and not before."""
    for layers, reached in ((2, False), (3, True)):
        fusion = build("bottleneck", {"layers": layers, "fusion_layer": 1})
        streams = random_streams(DIMS, 1, 5)
        streams["audio"].requires_grad_()
        fusion(streams).features[..., 12:].sum().backward()  # the visual half
        grad = streams["audio"].grad
        assert (grad is not None and bool(grad.abs().max() > 0)) == reached


@pytest.mark.parametrize("kept", [0, 1])
def test_stochastic_depth(kept: int) -> None:
    """A branch is there or not, sequence by sequence, unscaled; none is left out of the first block."""
    fusion = build("bottleneck", {"layers": 1, "stochastic_depth": 1.0, "dropout": 0.0, "exchange": "none"})
    streams = random_streams(DIMS, 3, 4)
    block = fusion.encoder.layers[0]["audio"]
    assert block.skip == 0
    block.skip = 1.0 - kept
    whole = fusion.eval()(streams).features
    trained = fusion.train()(streams).features
    assert torch.equal(whole, trained) == bool(kept)
    two = create_fusion("bottleneck", dims=DIMS, layers=3, stochastic_depth=0.4)
    assert [layer["audio"].skip for layer in two.encoder.layers] == [0.0, 0.2, 0.4]


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ModelError, match="5 heads for a size of 12"):
        create_fusion("bottleneck", dims=DIMS, heads=5)

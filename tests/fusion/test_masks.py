"""A masked tick changes no other tick, whatever lies in it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from avaffect.fusion import create_fusion

from .cases import (
    DIMS,
    GAPLESS,
    THREE,
    UNORDERED,
    VARIANTS,
    WINDOW,
    WINDOWED,
    build,
    name_of,
    random_masks,
    random_streams,
)

Case = tuple[str, dict[str, Any]]


def filled(streams: dict[str, Tensor], masks: dict[str, Tensor], value: float) -> dict[str, Tensor]:
    """The streams with another value where masked."""
    return {m: torch.where(masks[m].unsqueeze(-1), x, value) for m, x in streams.items()}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e30])
@pytest.mark.parametrize("case", [*VARIANTS, *WINDOWED], ids=name_of)
def test_content_of_masked_ticks_is_never_read(case: Case, value: float) -> None:
    fusion = build(*case)
    streams = random_streams(DIMS, 3, WINDOW)
    masks = random_masks(DIMS, 3, WINDOW)
    masks["audio"][0] = False  # a stream absent throughout
    for mask in masks.values():
        mask[2] = False  # and a sequence without anything
    one = fusion(streams, masks)
    two = fusion(filled(streams, masks, value), masks)
    assert torch.equal(one.features, two.features)
    assert one.features.isfinite().all()
    for name, weight in one.weights.items():
        assert torch.equal(weight, two.weights[name])
        assert weight.isfinite().all()


@pytest.mark.parametrize("case", [*VARIANTS, *WINDOWED], ids=name_of)
def test_masked_content_has_no_gradient(case: Case) -> None:
    fusion = build(*case)
    masks = random_masks(DIMS, 2, WINDOW)
    streams = filled(random_streams(DIMS, 2, WINDOW), masks, float("nan"))
    streams = {m: x.requires_grad_() for m, x in streams.items()}
    fusion(streams, masks).features.square().sum().backward()
    for m, x in streams.items():
        assert x.grad is not None
        assert (x.grad[~masks[m]] == 0).all()
        assert x.grad[masks[m]].isfinite().all()
    assert all(w.grad is None or w.grad.isfinite().all() for w in fusion.parameters())


@pytest.mark.parametrize("case", VARIANTS, ids=name_of)
def test_padding_behind_changes_nothing(case: Case) -> None:
    fusion = build(*case)
    ticks, padding = 6, 5
    streams = random_streams(DIMS, 2, ticks + padding)
    masks = random_masks(DIMS, 2, ticks + padding)
    for mask in masks.values():
        mask[:, ticks:] = False
    padded = fusion(streams, masks)
    bare = fusion({m: x[:, :ticks] for m, x in streams.items()}, {m: x[:, :ticks] for m, x in masks.items()})
    torch.testing.assert_close(padded.features[:, :ticks], bare.features, rtol=0, atol=1e-10)
    for name, weight in bare.weights.items():
        torch.testing.assert_close(padded.weights[name][:, :ticks], weight, rtol=0, atol=1e-10)


@pytest.mark.parametrize("case", GAPLESS, ids=name_of)
def test_tick_without_any_stream_is_as_if_it_were_not(case: Case) -> None:
    fusion = build(*case)
    streams = random_streams(DIMS, 1, 9)
    masks = random_masks(DIMS, 1, 9)
    kept = torch.tensor([0, 1, 3, 4, 7])
    gone = torch.tensor([2, 5, 6, 8])
    for mask in masks.values():
        mask[:, gone] = False
    whole = fusion(streams, masks).features[:, kept]
    cut = fusion({m: x[:, kept] for m, x in streams.items()}, {m: x[:, kept] for m, x in masks.items()})
    torch.testing.assert_close(whole, cut.features, rtol=0, atol=1e-10)


@pytest.mark.parametrize("case", [*VARIANTS, *WINDOWED], ids=name_of)
def test_no_masks_is_all_available(case: Case) -> None:
    fusion = build(*case)
    streams = random_streams(DIMS, 2, WINDOW)
    one = fusion(streams)
    some = fusion(streams, {"audio": torch.ones(2, WINDOW, dtype=torch.bool)})
    assert torch.equal(one.features, some.features)


@pytest.mark.parametrize(
    "name", ["jca", "rjca", "grjca", "hgrjca", "dca", "coattention", "rjcma", "late", "iaca", "feedback"]
)
def test_stream_absent_throughout_leaves_the_others_alone(name: str) -> None:
    """With text masked everywhere, what it would have said does not matter, nor how wide it is said."""
    fusion = build(name, {}, THREE)
    streams = random_streams(THREE, 2, 6)
    masks = {"text": torch.zeros(2, 6, dtype=torch.bool)}
    before = fusion(streams, masks).features
    streams["text"] = streams["text"] * 1e6 + 3
    assert torch.equal(before, fusion(streams, masks).features)


@pytest.mark.parametrize("absent", ["learned", "zero"])
def test_place_of_an_absent_stream(absent: str) -> None:
    fusion = create_fusion("concat", dims=DIMS, absent=absent)
    if absent == "learned":
        torch.nn.init.constant_(fusion.absent["visual"], 7.0)
    mask = torch.tensor([[True, False, True]])
    features = fusion({m: torch.ones(1, 3, dim) for m, dim in DIMS.items()}, {"visual": mask}).features
    assert (features[0, 1, 8:] == (7.0 if absent == "learned" else 0.0)).all()
    assert (features[0, [0, 2]] == 1).all()
    assert (features[0, 1, :8] == 1).all()


@pytest.mark.parametrize("case", [c for c in VARIANTS if c[0] in ("iaca", "lfan")], ids=name_of)
def test_modality_share_of_an_absent_stream_is_zero(case: Case) -> None:
    fusion = build(*case)
    masks = random_masks(DIMS, 3, 8)
    shares = fusion(random_streams(DIMS, 3, 8), masks).weights["modality"]
    available = torch.stack(list(masks.values()), dim=-1)
    assert (shares[~available] == 0).all()
    total = shares.sum(dim=-1)
    torch.testing.assert_close(total, available.any(dim=-1).to(total.dtype))


def test_scale_does_not_depend_on_length() -> None:
    """The mean over ticks: a sequence said twice over gives each tick the same output."""
    for case in UNORDERED:
        fusion = build(*case)
        streams = random_streams(DIMS, 1, 5)
        once = fusion(streams).features
        twice = fusion({m: x.repeat(1, 2, 1) for m, x in streams.items()}).features
        torch.testing.assert_close(twice, once.repeat(1, 2, 1), rtol=0, atol=1e-10)

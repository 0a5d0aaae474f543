"""Gradients, half precision, and learning something."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from avaffect.fusion import create_fusion

from .cases import DIMS, VARIANTS, WINDOW, WINDOWED, name_of, random_masks, random_streams

Case = tuple[str, dict[str, Any]]
LEARNING = [case for case in VARIANTS if case != ("concat", {"absent": "zero"})]  # that has no weights


@pytest.mark.parametrize("case", [*LEARNING, *WINDOWED], ids=name_of)
def test_gradient_reaches_every_weight(case: Case) -> None:
    name, options = case
    torch.manual_seed(0)
    fusion = create_fusion(name, dims=DIMS, **options).double().train()
    masks = random_masks(DIMS, 8, WINDOW)  # some ticks absent, for the learned vectors
    features = fusion(random_streams(DIMS, 8, WINDOW), masks).features
    (features * torch.randn_like(features)).sum().backward()
    for key, weight in fusion.named_parameters():
        assert weight.grad is not None, key
        assert weight.grad.isfinite().all(), key
        assert weight.grad.abs().max() > 0, key


@pytest.mark.parametrize("case", LEARNING, ids=name_of)
def test_gradients_are_right(case: Case) -> None:
    """Against finite differences, in the direction of a random vector."""
    name, options = case
    torch.manual_seed(0)
    fusion = create_fusion(name, dims=DIMS, **options).double().eval()
    streams, masks = random_streams(DIMS, 2, 4), random_masks(DIMS, 2, 4)
    weights = list(fusion.parameters())
    direction = [torch.randn_like(weight) for weight in weights]

    def value() -> torch.Tensor:
        return fusion(streams, masks).features.square().sum()

    slopes = torch.autograd.grad(value(), weights)
    slope = sum((s * d).sum() for s, d in zip(slopes, direction, strict=True))
    ends = []
    with torch.no_grad():
        for step in (1e-6, -2e-6):
            for weight, each in zip(weights, direction, strict=True):
                weight.add_(each, alpha=step)
            ends.append(value())
    torch.testing.assert_close((ends[0] - ends[1]) / 2e-6, slope, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("case", [*VARIANTS, *WINDOWED], ids=name_of)
def test_half_precision_follows_float32(case: Case, dtype: torch.dtype) -> None:
    """Under autocast and in half precision throughout: close, finite, also with masked NaN."""
    name, options = case
    torch.manual_seed(0)
    # A soft gate: at T = 0.1 rounding alone may turn it over.
    soft = {"temperature": 1.0} if name in ("dca", "grjca", "hgrjca", "iaca") else {}
    fusion = create_fusion(name, dims=DIMS, **options, **soft).eval()
    masks = random_masks(DIMS, 2, WINDOW)
    streams = {m: x.float() for m, x in random_streams(DIMS, 2, WINDOW).items()}
    wanted = fusion(streams, masks).features
    holed = {m: torch.where(masks[m].unsqueeze(-1), x, torch.nan) for m, x in streams.items()}
    tolerance = 0.02 if dtype is torch.float16 else 0.15
    with torch.autocast("cpu", dtype):
        under_autocast = fusion(holed, masks).features
    half = fusion.to(dtype)({m: x.to(dtype) for m, x in holed.items()}, masks)
    assert half.features.dtype == dtype
    for got in (under_autocast, half.features):
        assert got.isfinite().all()
        torch.testing.assert_close(got.float(), wanted, rtol=tolerance, atol=tolerance)
    for weight in half.weights.values():
        assert weight.isfinite().all()


@pytest.mark.parametrize("name", ["jca", "hgrjca", "coattention", "rjcma"])
def test_long_sequences_do_not_overflow_float16(name: str) -> None:
    """Sums over 3,000 large ticks would pass 65,504; means of them do not."""
    fusion = create_fusion(name, dims=DIMS).half().eval()
    streams = {m: torch.full((1, 3000, dim), 12.0, dtype=torch.half) for m, dim in DIMS.items()}
    with torch.no_grad():
        assert fusion(streams).features.isfinite().all()


@pytest.mark.parametrize("name", ["hgrjca", "iaca", "transformer"])
def test_learns_to_listen_to_the_stream_that_knows(name: str) -> None:
    """The target is in one stream or the other, by a flag: a fusion must be able to follow it."""
    torch.manual_seed(0)
    dims = {"audio": 4, "visual": 4}
    model = create_fusion(name, dims=dims, **({"dropout": 0.0} if name == "transformer" else {}))
    head = torch.nn.Linear(model.output_dim, 1)
    optimiser = torch.optim.Adam([*model.parameters(), *head.parameters()], lr=1e-2)
    streams = {m: torch.randn(16, 12, 4) for m in dims}
    heard = torch.rand(16, 12) > 0.5
    masks = {"audio": heard, "visual": ~heard}
    target = torch.where(heard, streams["audio"][..., 0], streams["visual"][..., 1])
    losses = []
    for _ in range(80):
        loss = (head(model(streams, masks).features).squeeze(-1) - target).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.15 * losses[0]

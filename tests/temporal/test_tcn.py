"""The temporal convolutional network: an independent form, masks, reach."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from avaffect.errors import ModelError
from avaffect.temporal import TCN

FORMS: list[dict[str, Any]] = [
    {},
    {"causal": True, "norm": "weight"},
    {"norm": "none", "hidden": 10},
    {"causal": True, "kernel": 2},
]


def build(**options: Any) -> TCN:
    torch.manual_seed(0)
    return TCN(6, 8, **{"levels": 2, "kernel": 3, **options}).double().eval()


def reference(model: TCN, x: np.ndarray, mask: np.ndarray, causal: bool) -> np.ndarray:
    """One sequence (t, 6), tick by tick; a masked tick is zero to every convolution."""

    def linear(layer: Any, y: np.ndarray) -> np.ndarray:
        if isinstance(layer, torch.nn.Identity):
            return y
        return y @ layer.weight.numpy().T + layer.bias.numpy()

    y = np.where(mask[:, None], x, 0.0)
    for level, block in enumerate(model.blocks):
        inner = y
        for convolution, norm in zip(block.convolutions, block.norms, strict=True):
            weight, bias = convolution.weight.numpy(), convolution.bias.numpy()
            kernel, dilation = weight.shape[2], 2**level
            lead = (kernel - 1) * dilation if causal else (kernel - 1) * dilation // 2
            z = np.tile(bias, (len(y), 1))
            for t in range(len(y)):
                for k in range(kernel):
                    source = t + k * dilation - lead
                    if 0 <= source < len(y):
                        z[t] += weight[:, :, k] @ inner[source]
            if isinstance(norm, torch.nn.LayerNorm):
                centred = z - z.mean(axis=1, keepdims=True)
                z = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + norm.eps)
                z = z * norm.weight.numpy() + norm.bias.numpy()
            inner = np.where(mask[:, None], np.where(z > 0, z, 0.01 * z), 0.0)
        y = np.where(mask[:, None], linear(block.skip, y) + inner, 0.0)
    return np.where(mask[:, None], linear(model.out, y), 0.0)


@pytest.mark.parametrize("options", FORMS, ids=str)
def test_equation(options: dict[str, Any]) -> None:
    model = build(**options)
    x = torch.randn(2, 11, 6, dtype=torch.float64)
    mask = torch.rand(2, 11, generator=torch.Generator().manual_seed(1)) > 0.3
    for given in (mask, torch.ones_like(mask)):
        with torch.no_grad():
            y = model(x, given)
            for index in range(2):
                wanted = reference(
                    model, x[index].numpy(), given[index].numpy(), options.get("causal", False)
                )
                np.testing.assert_allclose(y[index].numpy(), wanted, rtol=0, atol=1e-10)
    torch.testing.assert_close(model(x), model(x, torch.ones_like(mask)))


@pytest.mark.parametrize("options", FORMS, ids=str)
def test_masked_tick_changes_no_other(options: dict[str, Any]) -> None:
    model = build(**options)
    x = torch.randn(2, 9, 6, dtype=torch.float64)
    mask = torch.rand(2, 9, generator=torch.Generator().manual_seed(1)) > 0.3
    y = model(x, mask)
    assert torch.equal(y, model(torch.where(mask.unsqueeze(-1), x, torch.nan), mask))
    assert (y[~mask] == 0).all()


@pytest.mark.parametrize("options", FORMS, ids=str)
def test_padding_behind_changes_nothing(options: dict[str, Any]) -> None:
    model = build(**options)
    x = torch.randn(2, 12, 6, dtype=torch.float64)
    mask = torch.arange(12).expand(2, -1) < 7
    torch.testing.assert_close(model(x, mask)[:, :7], model(x[:, :7]))


def test_causal_does_not_look_ahead_and_reaches_as_far_as_it_says() -> None:
    model = build(causal=True)
    assert model.receptive_field == 1 + 2 * 2 * 3
    x = torch.randn(1, 40, 6, dtype=torch.float64, requires_grad=True)
    slope = torch.autograd.grad(model(x)[0, 30].sum(), x)[0][0].abs().sum(dim=1)
    used = slope.nonzero().flatten()
    assert (used.min().item(), used.max().item()) == (30 - model.receptive_field + 1, 30)


def test_gradient_reaches_every_weight() -> None:
    for options in FORMS:
        model = build(**options).train()
        model(torch.randn(3, 20, 6, dtype=torch.float64)).square().sum().backward()
        assert all(each.grad.abs().max() > 0 for each in model.parameters())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kernel": 4}, "kernel=4 looks both ways"),
        ({"norm": "batch"}, "norm='batch'; expected one of 'layer', 'weight', 'none'"),
        ({"levels": 0}, "levels=0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        build(**options)

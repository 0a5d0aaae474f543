"""CCCLoss against a NumPy reference, with masks, in half precision, and where the CCC has no value."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avaffect.loss import CCCLoss


def reference(x: np.ndarray, y: np.ndarray) -> float:
    """Lin's formula by numpy's covariance matrix, population moments, one target."""
    cov = np.cov(x, y, ddof=0)
    return 2 * cov[0, 1] / (cov[0, 0] + cov[1, 1] + (x.mean() - y.mean()) ** 2)


def test_batch_and_time_are_one_sample() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(0.2, 0.5, (4, 30, 2)), rng.normal(0, 0.3, (4, 30, 2))
    y += 0.7 * x
    want = 1 - np.mean([reference(x[..., k].ravel(), y[..., k].ravel()) for k in range(2)])
    got = CCCLoss()(torch.tensor(x), torch.tensor(y))
    assert got.item() == pytest.approx(want, abs=1e-5)


def test_masked_labels_do_not_count_even_if_nan() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(3, 20, 1)), rng.normal(size=(3, 20, 1))
    mask = rng.random((3, 20)) < 0.6
    want = 1 - reference(x[mask].ravel(), y[mask].ravel())
    y[~mask] = np.nan
    predicted = torch.tensor(x, requires_grad=True)
    loss = CCCLoss()(predicted, torch.tensor(y), torch.tensor(mask))
    loss.backward()
    assert loss.item() == pytest.approx(want, abs=1e-5)
    assert torch.isfinite(predicted.grad).all()
    assert (predicted.grad[~torch.tensor(mask)] == 0).all()
    assert (predicted.grad[torch.tensor(mask)] != 0).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_computed_in_float32_inside_autocast(dtype: torch.dtype) -> None:
    # 4,000 squares around 10 overflow float16 and lose everything in bfloat16.
    x = torch.linspace(9.9, 10.1, 4000)[None, :, None]
    with torch.autocast("cpu", torch.bfloat16):
        exact = CCCLoss()(x, x)
    assert exact.item() == pytest.approx(0, abs=1e-4)
    rough = CCCLoss()(x.to(dtype), x.to(dtype))
    assert rough.dtype == torch.float32


@pytest.mark.parametrize("label", [0.3, 0.5])
def test_constant_predictions_are_safe(label: float) -> None:
    predicted = torch.full((2, 10, 2), 0.3, requires_grad=True)
    loss = CCCLoss()(predicted, torch.full((2, 10, 2), label))
    loss.backward()
    assert loss.item() == pytest.approx(1.0)
    assert torch.isfinite(predicted.grad).all()


def test_nothing_labelled_is_zero_with_zero_gradient() -> None:
    predicted = torch.randn(2, 5, 2, requires_grad=True)
    loss = CCCLoss()(predicted, torch.full((2, 5, 2), torch.nan), torch.zeros(2, 5, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0
    assert (predicted.grad == 0).all()


def test_gradient_is_that_of_the_formula() -> None:
    predicted = torch.randn(3, 7, 2, dtype=torch.float64, requires_grad=True)
    labels = torch.randn(3, 7, 2, dtype=torch.float64)
    CCCLoss()(predicted, labels).backward()
    step = 1e-3
    nudge = torch.zeros_like(predicted)
    nudge[1, 2, 0] = step
    with torch.no_grad():
        x = predicted.numpy()
        up, down = ((x + sign * nudge.numpy()) for sign in (1, -1))
        numeric = [
            -np.mean([reference(v[..., k].ravel(), labels[..., k].numpy().ravel()) for k in range(2)])
            for v in (up, down)
        ]
    assert predicted.grad[1, 2, 0].item() == pytest.approx((numeric[0] - numeric[1]) / (2 * step), abs=1e-5)

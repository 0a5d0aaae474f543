"""Metrics against independent references, and what does not count."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, root_mean_squared_error
from torchmetrics.functional.regression import concordance_corrcoef

from avaffect.errors import DataError
from avaffect.metric import ccc, pcc, regression_metrics, rmse, sagr, uar, valid_pairs


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.uniform(-1, 1, 400)
    return 0.5 * y + 0.1 + rng.normal(0, 0.2, 400), y


def test_ccc_is_pearson_times_the_bias_correction(pair) -> None:
    # Lin 1989: CCC = rho * C_b, with C_b from the scale shift v and the location shift u.
    x, y = pair
    v, u = x.std() / y.std(), (x.mean() - y.mean()) / np.sqrt(x.std() * y.std())
    assert ccc(x, y) == pytest.approx(stats.pearsonr(x, y).statistic * 2 / (v + 1 / v + u**2))


def test_torchmetrics_has_another_form_that_agrees_on_long_recordings_only(pair) -> None:
    x, y = pair
    theirs = [concordance_corrcoef(torch.tensor(x[:n]), torch.tensor(y[:n])).item() for n in (4, 400)]
    assert abs(ccc(x[:4], y[:4]) - theirs[0]) > 1e-3
    assert ccc(x, y) == pytest.approx(theirs[1], abs=1e-3)


def test_pcc_and_rmse(pair) -> None:
    x, y = pair
    assert pcc(x, y) == pytest.approx(stats.pearsonr(x, y).statistic)
    assert rmse(x, y) == pytest.approx(root_mean_squared_error(y, x))


def test_sagr_counts_zero_as_its_own_sign() -> None:
    assert sagr([0.0, 0.0, 1.0, -1.0], [0.0, 1.0, 2.0, 1.0]) == 0.5


@pytest.mark.parametrize("metric", [ccc, pcc, rmse, sagr])
def test_masked_and_missing_pairs_do_not_count(metric, pair) -> None:
    x, y = (values.copy() for values in pair)
    mask = np.ones(400, bool)
    mask[:50] = False
    want = metric(x[60:], y[60:])
    x[:50] += 5
    x[50:55] = np.nan
    y[55:60] = np.nan
    assert metric(x, y, mask) == pytest.approx(want)
    assert valid_pairs(x, y, mask)[0].size == 340


@pytest.mark.parametrize("metric", [ccc, pcc, rmse, sagr])
def test_nothing_to_compare_is_nan(metric) -> None:
    assert np.isnan(metric([np.nan, 1.0], [1.0, np.nan]))


def test_constants() -> None:
    assert ccc([0.5, 0.5], [0.0, 1.0]) == 0
    assert np.isnan(ccc([0.5, 0.5], [0.5, 0.5]))
    assert np.isnan(pcc([0.5, 0.5], [0.0, 1.0]))


def test_shapes_must_agree() -> None:
    with pytest.raises(DataError, match=r"\(3,\).*\(2,\)"):
        ccc([1.0, 2.0, 3.0], [1.0, 2.0])


def test_uar_is_balanced_accuracy() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 200)
    logits = rng.standard_normal((200, 8))
    logits[np.arange(200), truth] += 1
    guess = logits[:, :4].argmax(axis=1)
    assert uar(logits, truth) == pytest.approx(balanced_accuracy_score(truth, guess))


def test_correlation_forgives_scale_and_ccc_does_not() -> None:
    rng = np.random.default_rng(0)
    labels = rng.normal(size=(100, 2))
    values = labels + rng.normal(size=(100, 2))
    found = regression_metrics(values, labels)
    assert found["r_valence"] == pytest.approx(stats.pearsonr(values[:, 0], labels[:, 0]).statistic)
    assert found["r_arousal"] == pytest.approx(stats.pearsonr(values[:, 1], labels[:, 1]).statistic)
    halved = regression_metrics(values / 2 + 1, labels)
    assert halved["r_valence"] == pytest.approx(found["r_valence"])
    assert halved["ccc_valence"] < 0.7 * found["ccc_valence"]

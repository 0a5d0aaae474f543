import numpy as np
import pytest

from avaffect.comparison.baseline import ALPHA, fit_predict
from avaffect.comparison.network import Example


def example(random, count):
    streams = {name: random.normal(size=(count, 4)) for name in ("audio", "visual")}
    x = np.concatenate(list(streams.values()), axis=1).astype("f4")
    labels = np.tanh(0.4 * x[:, [0, 5]] + 0.3 * random.normal(size=(count, 2)))
    labels[::7] = np.nan
    available = {name: np.ones(count, bool) for name in streams}
    return Example.build(streams, available, labels), x, labels.astype("f4")


def test_ridge_equals_its_closed_form_stretched_to_the_labels_spread():
    random = np.random.default_rng(0)
    train, x, y = example(random, 2000)
    test, x_test, _ = example(random, 50)
    keep = np.isfinite(y[:, 1])
    x, y = x[keep].astype(float), y[keep, 1].astype(float)
    centred = x - x.mean(0)
    weights = np.linalg.solve(centred.T @ centred + ALPHA * np.eye(8), centred.T @ (y - y.mean()))
    stretch = 1 / np.corrcoef(centred @ weights, y)[0, 1]
    expected = y.mean() + stretch * (x_test - x.mean(0)) @ weights
    assert fit_predict("ridge", [train], test)[:, 1] == pytest.approx(np.clip(expected, -1, 1), abs=1e-4)


def test_boosting_learns_what_there_is():
    random = np.random.default_rng(1)
    train, _, _ = example(random, 1500)
    test, x, _ = example(random, 300)
    predicted = fit_predict("boosting", [train, example(random, 500)[0]], test)
    assert predicted.shape == (300, 2)
    assert np.corrcoef(predicted[:, 0], x[:, 0])[0, 1] > 0.8

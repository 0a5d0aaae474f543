"""The sums against the definitions, written out in NumPy."""

import numpy as np
import pytest

from avaffect import metric
from avaffect.errors import DataError
from avaffect.evaluate.moments import MEASURES, measures, sums


def reference(x, y):
    """Each measure from its definition."""
    covariance = np.cov(x, y, bias=True)
    return {
        "ccc": 2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1] + (x.mean() - y.mean()) ** 2),
        "pcc": np.corrcoef(x, y)[0, 1],
        "rmse": np.linalg.norm(x - y) / np.sqrt(len(x)),
        "sagr": sum(np.sign(a) == np.sign(b) for a, b in zip(x, y, strict=True)) / len(x),
    }


@pytest.mark.parametrize("spread", [1.0, 1e-3])
def test_measures_follow_their_definitions(spread):
    random = np.random.default_rng(1)
    x, y = 0.4 + spread * random.uniform(-0.5, 0.5, (2, 300))
    found = measures(sums(x, y))
    for name, value in reference(x, y).items():
        assert found[name] == pytest.approx(value, abs=1e-7), name
        assert found[name] == pytest.approx(getattr(metric, name)(x, y), abs=1e-7), name


def test_sums_of_parts_score_the_whole():
    random = np.random.default_rng(2)
    x, y = random.uniform(-1, 1, (2, 100))
    parts = sums(x[:30], y[:30]) + sums(x[30:], y[30:])
    whole = reference(x, y)
    assert {name: float(value) for name, value in measures(parts).items()} == pytest.approx(whole)


def test_sums_leave_out_what_is_missing():
    x, y = np.array([0.1, np.nan, 0.5, 0.2]), np.array([0.2, 0.9, np.nan, 0.4])
    np.testing.assert_array_equal(sums(x, y), sums([0.1, 0.2], [0.2, 0.4]))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([0.3] * 7, [0.3] * 7),  # both the same constant
        ([0.3] * 7, [0.1] * 7),  # two constants
        ([0.3] * 7, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]),  # a constant prediction
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], [0.7] * 7),  # a constant label
        ([], []),
        ([0.25], [0.5]),
    ],
)
def test_edge_cases_agree_with_the_metrics(x, y):
    found = measures(sums(x, y))
    for name in MEASURES:
        assert found[name] == pytest.approx(getattr(metric, name)(x, y), abs=1e-9, nan_ok=True), name


def test_shapes_must_agree():
    with pytest.raises(DataError, match="one shape"):
        sums([1.0], [1.0, 2.0])

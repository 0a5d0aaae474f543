"""Marks on an axis of time, whatever its length, and rows at even times."""

from __future__ import annotations

import pytest

from avaffect.draw import plot_courses
from avaffect.errors import DataError
from avaffect.trace import time_axis


@pytest.mark.parametrize("span", [1e-3, 0.5, 95.0, 7200.0, 86400.0, 3e5, 1e9, 1e15])
@pytest.mark.parametrize("most", [2, 9])
def test_an_axis_has_at_most_so_many_steps(span, most):
    assert 1 / 20 <= span / time_axis.step(span, most) <= most


@pytest.mark.parametrize("rate", [1e12, float("inf"), float("nan"), 0.0])
def test_a_rate_that_cannot_be_is_no_lack_of_memory(make_trace, rate):
    said = (
        "expected at most 10,000,000.* give a lower rate"
        if rate == 1e12
        else "expected rows a second, more than 0"
    )
    with pytest.raises(DataError, match=said):
        make_trace(2.0).resample(rate)


@pytest.mark.parametrize("smooth", [float("inf"), float("nan"), -1.0])
def test_a_moving_mean_has_a_length(make_trace, smooth):
    with pytest.raises(DataError, match="expected seconds, 0 for none"):
        plot_courses(make_trace(1.0), smooth=smooth)

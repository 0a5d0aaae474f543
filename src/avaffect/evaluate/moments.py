"""CCC, PCC, RMSE and SAGR from sums, so that resampling millions of frames costs a matrix product.

The seven sums of a recording, count, x, y, x*x, y*y, x*y and pairs of one sign, add up over recordings:
any selection of recordings, each any number of times, is scored without looking at a frame again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..metric import Array, valid_pairs

SUMS = 7
MEASURES = ("ccc", "pcc", "rmse", "sagr")
# Share of the mean square below which a variance is rounding: for values in [-1, 1] a standard deviation
# of a millionth.
_FLAT = 1e-12


def sums(predicted: ArrayLike, labels: ArrayLike) -> Array:
    """The seven sums over all pairs without NaN, (7,).

    Raises
    ------
    DataError
        If the shapes differ.

    Examples
    --------
    >>> sums([1.0, -2.0, np.nan], [0.5, 0.5, 0.5])
    array([ 2. , -1. ,  1. ,  5. ,  0.5, -0.5,  1. ])
    """
    x, y = valid_pairs(predicted, labels)
    agree = np.count_nonzero(np.sign(x) == np.sign(y))
    return np.array([x.size, x.sum(), y.sum(), x @ x, y @ y, x @ y, agree], dtype=np.float64)


def measures(added: Array) -> dict[str, Array]:
    """The measures of `metric` from sums (..., 7), population form, each (...).

    NaN where the measure is not defined: no pairs; for CCC both sides the same constant; for PCC either side
    constant.

    Examples
    --------
    >>> round(float(measures(sums([1.0, 1.5, 2.0], [0.0, 0.5, 1.0]))["ccc"]), 3)
    0.25
    """
    n, x, y, xx, yy, xy, agree = np.moveaxis(np.asarray(added, np.float64), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_x, mean_y = x / n, y / n
        var_x, var_y = _variance(xx / n, mean_x), _variance(yy / n, mean_y)
        covariance = np.where((var_x > 0) & (var_y > 0), xy / n - mean_x * mean_y, 0.0)
        # A difference of means that rounding alone makes is none.
        apart = (mean_x - mean_y) ** 2
        apart = np.where(apart > _FLAT * (xx + yy) / n, apart, 0.0)
        error = np.maximum(xx - 2 * xy + yy, 0.0) / n
        return {
            "ccc": 2 * covariance / (var_x + var_y + apart),
            "pcc": np.where(n > 0, np.clip(covariance / np.sqrt(var_x * var_y), -1, 1), np.nan),
            "rmse": np.sqrt(error),
            "sagr": agree / n,
        }


def _variance(square: Array, mean: Array) -> Array:
    variance = square - mean**2
    return np.where(variance > _FLAT * square, variance, np.where(np.isnan(variance), np.nan, 0.0))

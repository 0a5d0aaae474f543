"""CCC, PCC, RMSE and SAGR from sums, so that a resample of millions of frames costs one matrix product.

A recording has seven sums over its frames: count, x, y, x*x, y*y, x*y, and pairs of one sign. Sums add up
over recordings, so a resample of recordings is scored without its frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..metric import Array, ccc_of_moments, pcc_of_moments, valid_pairs

SUMS = 7
MEASURES = ("ccc", "pcc", "rmse", "sagr")
# A variance below this share of the mean square is a rounding error: for values in [-1, 1], a standard
# deviation of a millionth.
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

    NaN where a measure is undefined: without pairs; CCC if both sides are the same constant; PCC if either
    side is constant.

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
        # A difference of means as small as the rounding error is none.
        gap = (mean_x - mean_y) ** 2
        gap = np.where(gap > _FLAT * (xx + yy) / n, gap, 0.0)
        error = np.maximum(xx - 2 * xy + yy, 0.0) / n
        return {
            "ccc": ccc_of_moments(covariance, var_x, var_y, gap),
            "pcc": np.where(n > 0, np.clip(pcc_of_moments(covariance, var_x, var_y), -1, 1), np.nan),
            "rmse": np.sqrt(error),
            "sagr": agree / n,
        }


def _variance(square: Array, mean: Array) -> Array:
    variance = square - mean**2
    return np.where(variance > _FLAT * square, variance, np.where(np.isnan(variance), np.nan, 0.0))

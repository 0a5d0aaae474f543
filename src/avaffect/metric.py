"""Metrics of predictions against labels: CCC, Pearson correlation, RMSE, sign agreement; recall of classes.

The metrics of values take two arrays of one shape and an optional mask. They leave out masked and NaN pairs,
and use population moments (divided by n), as the ABAW challenges do. torchmetrics' `concordance_corrcoef`
divides the variances by n - 1 but not the squared difference of means, and so differs for short recordings.
How many pairs counted is `valid_pairs(...)[0].size`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import DataError
from .spec import TARGETS

Array = NDArray[np.float64]


def valid_pairs(
    predicted: ArrayLike, labels: ArrayLike, mask: ArrayLike | None = None
) -> tuple[Array, Array]:
    """The pairs that count, flat and as float64.

    Parameters
    ----------
    predicted, labels : array_like of one shape
        NaN is a missing value.
    mask : array_like of bool of that shape, optional
        True where a pair counts.

    Raises
    ------
    DataError
        If the shapes differ.

    Examples
    --------
    >>> x, y = valid_pairs([1.0, np.nan, 3.0], [1.0, 2.0, 2.5])
    >>> x.size, y.tolist()
    (2, [1.0, 2.5])
    """
    x, y = np.asarray(predicted, np.float64), np.asarray(labels, np.float64)
    keep = np.ones(x.shape, bool) if mask is None else np.asarray(mask, bool)
    if not x.shape == y.shape == keep.shape:
        raise DataError(f"predictions {x.shape}, labels {y.shape} and mask {keep.shape} must have one shape")
    keep = keep & ~np.isnan(x) & ~np.isnan(y)
    return x[keep], y[keep]


def ccc(predicted: ArrayLike, labels: ArrayLike, mask: ArrayLike | None = None) -> float:
    r"""Concordance correlation coefficient (Lin 1989), in [-1, 1].

    .. math:: \frac{2\,\sigma_{xy}}{\sigma_x^2 + \sigma_y^2 + (\mu_x - \mu_y)^2}

    NaN without pairs, and where both sides are the same constant.

    Examples
    --------
    >>> ccc([0.0, 0.5, 1.0], [0.0, 0.5, 1.0])
    1.0
    >>> round(ccc([1.0, 1.5, 2.0], [0.0, 0.5, 1.0]), 3)  # right shape, shifted
    0.25
    """
    x, y = valid_pairs(predicted, labels, mask)
    if not x.size:
        return float("nan")
    covariance = np.mean((x - x.mean()) * (y - y.mean()))
    bottom = x.var() + y.var() + (x.mean() - y.mean()) ** 2
    return float(2 * covariance / bottom) if bottom > 0 else float("nan")


def pcc(predicted: ArrayLike, labels: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Pearson correlation, in [-1, 1]; NaN where either side is constant.

    Examples
    --------
    >>> round(pcc([1.0, 1.5, 2.0], [0.0, 0.5, 1.0]), 6)
    1.0
    """
    x, y = valid_pairs(predicted, labels, mask)
    if not x.size or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.mean((x - x.mean()) * (y - y.mean())) / (x.std() * y.std()))


def rmse(predicted: ArrayLike, labels: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Root of the mean squared error, in the labels' unit; NaN without pairs.

    Examples
    --------
    >>> rmse([0.0, 1.0], [0.0, 0.0]) ** 2
    0.5000000000000001
    """
    x, y = valid_pairs(predicted, labels, mask)
    return float(np.sqrt(np.mean((x - y) ** 2))) if x.size else float("nan")


def sagr(predicted: ArrayLike, labels: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Sign agreement (Nicolaou et al. 2011): share of pairs of one sign, in [0, 1]; NaN without pairs.

    Zero has its own sign, as in numpy: it agrees with zero only.

    Examples
    --------
    >>> sagr([0.1, -0.2, 0.3, 0.0], [0.5, 0.5, 0.5, 0.0])
    0.75
    """
    x, y = valid_pairs(predicted, labels, mask)
    return float(np.mean(np.sign(x) == np.sign(y))) if x.size else float("nan")


def regression_metrics(values: NDArray, labels: NDArray) -> dict[str, float]:
    """CCC (``ccc_``) and Pearson correlation (``r_``) of valence and arousal.

    Parameters
    ----------
    values, labels : (n, 2) numpy.ndarray
        Valence and arousal, NaN where missing.

    Examples
    --------
    >>> regression_metrics(np.array([[0.0, 1.0], [0.5, 0.0]]), np.array([[0.0, 0.5], [0.5, 0.0]]))
    {'ccc_valence': 1.0, 'ccc_arousal': 0.6666666666666666, 'r_valence': 1.0, 'r_arousal': 1.0}
    """
    return {
        f"{name}_{target}": metric(values[:, k], labels[:, k])
        for name, metric in (("ccc", ccc), ("r", pcc))
        for k, target in enumerate(TARGETS)
    }


def uar(logits: NDArray, truth: NDArray) -> float:
    """Unweighted average recall among the classes that occur in the truth, in [0, 1].

    Parameters
    ----------
    logits : (n, classes) numpy.ndarray
        Classes that do not occur are never predicted.
    truth : (n,) numpy.ndarray of int

    Examples
    --------
    >>> uar(np.array([[2.0, 1.0, 9.0], [0.0, 1.0, 9.0], [1.0, 0.0, 9.0]]), np.array([0, 1, 1]))
    0.75
    """
    classes = np.unique(truth)
    predicted = classes[logits[:, classes].argmax(axis=1)]
    return float(np.mean([np.mean(predicted[truth == c] == c) for c in classes]))

"""Similarities to one score: log-odds that two recordings are of one person, by logistic regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import DataError

_STEPS = 50


@dataclass(frozen=True)
class Calibration:
    """Weights of similarities.

    ::

        score = bias + sum_k weights_k similarity_k

    Above 0 one person is likelier than two, if both are as likely beforehand.

    Attributes
    ----------
    weights : tuple of float
    bias : float
    """

    weights: tuple[float, ...]
    bias: float

    def __call__(self, *similarities: np.ndarray | float) -> np.ndarray:
        """Scores of (n,) similarities, as many as there are weights."""
        if len(similarities) != len(self.weights):
            raise DataError(f"{len(similarities)} similarities for {len(self.weights)} weights")
        terms = [weight * np.asarray(each) for weight, each in zip(self.weights, similarities, strict=True)]
        return self.bias + np.sum(terms, axis=0)


def calibrate(similarities: list[np.ndarray], target: np.ndarray, *, penalty: float = 1e-3) -> Calibration:
    """Fit by logistic regression, targets and non-targets counting alike in all.

    Parameters
    ----------
    similarities : list of (n,) np.ndarray
        Trials in which any is NaN are left out.
    target : (n,) np.ndarray of bool
    penalty : float
        Of the squared weights of standardised similarities, relative to the mean loss: it keeps them finite
        where a similarity parts targets from non-targets without error.

    Raises
    ------
    DataError
        If one of the two kinds of trials is missing.
    """
    x = np.stack([np.asarray(each, np.float64) for each in similarities], axis=1)
    known = np.isfinite(x).all(axis=1)
    x, y = x[known], np.asarray(target, bool)[known]
    if y.all() or not y.any():
        raise DataError("calibration needs trials of one person and trials of two; one kind is missing")
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    design = np.column_stack([(x - mean) / deviation, np.ones(len(x))])
    share = np.where(y, 0.5 / y.sum(), 0.5 / (~y).sum())
    shrink = np.diag([penalty] * x.shape[1] + [0.0])
    w = np.zeros(design.shape[1])
    for _ in range(_STEPS):  # Newton's method
        p = 1 / (1 + np.exp(-np.clip(design @ w, -30, 30)))
        gradient = design.T @ (share * (p - y)) + shrink @ w
        curvature = (design * (share * p * (1 - p))[:, None]).T @ design + shrink
        step = np.linalg.solve(curvature, gradient)
        w -= step
        if np.abs(step).max() < 1e-10:
            break
    weights = w[:-1] / deviation
    return Calibration(tuple(weights.tolist()), float(w[-1] - weights @ mean))

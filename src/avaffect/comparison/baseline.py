"""Ordinary baselines on all features side by side: gradient boosting and ridge regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge

from .network import Example
from .systems import BOOSTING

# Chosen by inner validation segments, from five penalties and four kinds of trees.
ALPHA = 1000.0  # of the ridge, features of unit variance
TREES = {
    "max_iter": 200,
    "learning_rate": 0.05,
    "max_leaf_nodes": 3,
    "min_samples_leaf": 200,
    "max_features": 0.1,
    "random_state": 0,
}


def fit_predict(kind: str, train: Sequence[Example], test: Example) -> NDArray[np.float64]:
    """Predictions (t, 2) for a segment from a regressor for each target, fitted to labelled ticks.

    Least squares shrinks predictions towards the mean, which CCC punishes: they are stretched about
    their mean by one over their correlation with the training labels, which gives them the labels' spread.
    """
    features = np.concatenate([_side_by_side(each) for each in train])
    labels = np.concatenate([each.labels.numpy() for each in train])
    predicted = []
    for target in range(labels.shape[1]):
        keep = np.isfinite(labels[:, target])
        x, y = features[keep], labels[keep, target]
        regressor = _regressor(kind).fit(x, y)
        fitted = regressor.predict(x)
        stretch = 1.0 / max(float(np.corrcoef(fitted, y)[0, 1]), 0.1)
        predicted.append(fitted.mean() + stretch * (regressor.predict(_side_by_side(test)) - fitted.mean()))
    return np.clip(np.stack(predicted, axis=1), -1.0, 1.0)


def _side_by_side(example: Example) -> NDArray:
    return np.concatenate([values.numpy() for values in example.streams.values()], axis=1)


def _regressor(kind: str) -> Any:
    if kind == BOOSTING:
        return HistGradientBoostingRegressor(**TREES)
    return Ridge(alpha=ALPHA)

"""Prediction intervals by split conformal prediction (Vovk et al. 2005; Lei et al. 2018).

Half-widths come from recordings, or paired sequences of people, that training never saw. The residuals of one
recording hang together, so a recording counts as one observation when the quantile is corrected for the size
of the calibration set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ..predict.frame_table import with_exactly
from .prediction import Prediction

POOLED = "all"

Predict = Callable[[tuple[str, ...]], Sequence[Prediction]]
"""Predictions for some recordings, with these streams hidden throughout: their masks say so."""

HalfWidths = dict[str, dict[str, float]]
"""By condition (``audio+visual``, ``audio``, ...) and target, in units of the target."""


def conditions(streams: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What may be available of a model's streams, by the name that `Spec.calibration` has for it.

    >>> list(conditions(("audio", "visual")))
    ['audio+visual', 'audio', 'visual']
    """
    sizes = range(len(streams), 0, -1)
    return {"+".join(names): names for size in sizes for names in combinations(streams, size)}


def residuals(predict: Predict, streams: Sequence[str]) -> dict[str, list[NDArray[np.floating]]]:
    """Absolute errors (ticks, targets) of each recording, by condition.

    For every condition the other streams are hidden, and the labelled ticks count at which all of the
    condition's streams are available. A recording without such a tick has no row.
    """
    found = {}
    for condition, available in conditions(streams).items():
        predictions = predict(tuple(name for name in streams if name not in available))
        found[condition] = [_errors(prediction, condition) for prediction in predictions]
    return found


def half_widths(
    predict: Predict,
    streams: Sequence[str],
    targets: Sequence[str],
    *,
    coverage: float,
    groups: Sequence[str] | None = None,
) -> HalfWidths:
    """Half-widths of the intervals; a condition that never occurs is left out.

    With fewer recordings than ``coverage / (1 - coverage)`` they are the largest errors.

    Parameters
    ----------
    predict : callable
    streams, targets : sequence of str
    coverage : float
        Share of labels that the intervals are meant to hold.
    groups : sequence of str, optional
        The group of each recording, such as its corpus: each group counts the same, however much there is of
        it. A new recording is then one of any group, and not mostly one of the largest.
    """
    widths: HalfWidths = {}
    for condition, errors in residuals(predict, streams).items():
        count = sum(len(error) > 0 for error in errors)
        if count:
            level = min(1.0, np.ceil((count + 1) * coverage) / count)
            weights = _weights([len(error) for error in errors], groups or [""] * len(errors))
            ends = np.quantile(
                np.concatenate(errors), level - 1e-9, axis=0, weights=weights, method="inverted_cdf"
            )  # sums of shares are not exact
            widths[condition] = {target: float(end) for target, end in zip(targets, ends, strict=True)}
    return widths


def _weights(ticks: Sequence[int], groups: Sequence[str]) -> NDArray[np.floating]:
    """The weight of each tick, recording after recording, so that all groups weigh the same."""
    group = np.repeat(np.unique(np.asarray(groups), return_inverse=True)[1], ticks)
    return 1 / np.bincount(group)[group]


def coverages(
    predict: Predict,
    streams: Sequence[str],
    targets: Sequence[str],
    widths: Mapping[str, Mapping[str, float]],
) -> HalfWidths:
    """Share of labelled ticks inside the interval, by condition and target.

    `POOLED` is over all ticks of the recordings as they are, each with the width of what is available there.
    """
    ends = {name: np.array([by[target] for target in targets]) for name, by in widths.items()}
    found = residuals(predict, streams)
    inside = {
        name: np.concatenate(found[name]) <= end for name, end in ends.items() if any(map(len, found[name]))
    }
    as_they_are = predict(())
    pooled = [_errors(prediction, name) <= end for name, end in ends.items() for prediction in as_they_are]
    inside[POOLED] = np.concatenate(pooled)
    return {
        name: {target: float(hit[:, k].mean()) for k, target in enumerate(targets)}
        for name, hit in inside.items()
    }


def _errors(prediction: Prediction, condition: str) -> NDArray[np.floating]:
    """Absolute errors at the labelled ticks at which exactly the condition's streams are available."""
    error = np.abs(prediction.values - prediction.labels)
    known = np.isfinite(error).all(axis=1)
    return error[known & with_exactly(condition, prediction.masks)]

"""What a network predicts for recordings whose labels are known, and how near it comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..metric import ccc


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predictions for one recording or sequence, beside its labels.

    Attributes
    ----------
    values : (t, targets) float32
        NaN at ticks that no window covers.
    labels : (t, targets) float32
        NaN where unrated.
    masks : dict of str to (t,) bool
        By stream: where it was available to the network.
    weights : dict of str to (t, ...) float32
        Gates by name as `avaffect.fusion.Fused.weights`.
    """

    values: NDArray[np.float32]
    labels: NDArray[np.float32]
    masks: dict[str, NDArray[np.bool_]]
    weights: dict[str, NDArray[np.float32]]

    @classmethod
    def of(cls, means: Mapping[str, NDArray[np.float64]]) -> Self:
        """From arrays called ``values``, ``labels``, ``mask NAME`` and ``weight NAME``."""
        arrays = {name: values.astype(np.float32) for name, values in means.items()}

        def named(kind: str) -> dict[str, NDArray[np.float32]]:
            return {name.removeprefix(kind): v for name, v in arrays.items() if name.startswith(kind)}

        masks = {name: values > 0 for name, values in named("mask ").items()}
        return cls(arrays["values"], arrays["labels"], masks, named("weight "))


def score(predictions: Mapping[str, Prediction], targets: tuple[str, ...]) -> dict[str, float]:
    """CCC of each target, pooled over all rated ticks of all recordings, and their mean: ``ccc``."""
    values = np.concatenate([found.values for found in predictions.values()])
    labels = np.concatenate([found.labels for found in predictions.values()])
    figures = {f"ccc_{target}": ccc(values[:, k], labels[:, k]) for k, target in enumerate(targets)}
    return {"ccc": float(np.mean(list(figures.values()))), **figures}

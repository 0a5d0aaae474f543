"""Prediction intervals by split conformal prediction (Vovk et al. 2005; Lei et al. 2018).

Half-widths come from people that training never saw, and are checked on yet others. The residuals of one
sequence hang together, so a sequence counts as one observation when the quantile is corrected for the size
of the calibration set.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..model import AffectModel
from .fusion import predict
from .judge import TARGETS

CONDITIONS = ("audio+visual", "audio", "visual")


def conditions(data: Mapping[str, Tensor]) -> dict[str, NDArray[np.bool_]]:
    """Where, (n, t), each combination of modalities is available and the label counts."""
    audio, visual = data["audio_mask"].numpy(), data["visual_mask"].numpy()
    labelled = data["labelled"].numpy()
    masks = (audio & visual, audio & ~visual, visual & ~audio)
    return {name: mask & labelled for name, mask in zip(CONDITIONS, masks, strict=True)}


def half_widths(
    model: AffectModel, data: Mapping[str, Tensor], *, coverage: float
) -> dict[str, dict[str, float]]:
    """Half-width of the interval by condition and target, in units of the target."""
    values, _ = predict(model, data)
    residuals = np.abs(values - data["affect"].numpy())
    widths: dict[str, dict[str, float]] = {}
    for name, mask in conditions(data).items():
        count = int(mask.any(axis=1).sum())
        level = min(1.0, np.ceil((count + 1) * coverage) / max(1, count))
        widths[name] = {
            target: float(np.quantile(residuals[mask][:, k], level, method="higher"))
            for k, target in enumerate(TARGETS)
        }
    return widths


def coverages(
    model: AffectModel, data: Mapping[str, Tensor], widths: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Share of labelled ticks inside the interval, by condition and target."""
    values, _ = predict(model, data)
    residuals = np.abs(values - data["affect"].numpy())
    return {
        name: {
            target: float(np.mean(residuals[mask][:, k] <= widths[name][target]))
            for k, target in enumerate(TARGETS)
        }
        for name, mask in conditions(data).items()
    }

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

CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "audio+visual": ("audio", "visual"),
    "audio": ("audio",),
    "visual": ("visual",),
}


def residuals(model: AffectModel, data: Mapping[str, Tensor]) -> dict[str, list[NDArray[np.floating]]]:
    """Absolute errors (ticks, 2) of each sequence by what was available there.

    A single modality is met where the other one is missing for a while, and in recordings that never have it:
    the sequences count once as they are and once with the other modality hidden.
    """
    found: dict[str, list[NDArray[np.floating]]] = {name: [] for name in CONDITIONS}
    labels, labelled = data["affect"].numpy(), data["labelled"].numpy()
    there = {name: data[f"{name}_mask"].numpy() for name in ("audio", "visual")}
    for hidden in ("", "audio", "visual"):
        errors = np.abs(predict(model, data, without=hidden)[0] - labels)
        seen = {m: mask & (m != hidden) for m, mask in there.items()}
        for name, streams in CONDITIONS.items():
            exactly = np.logical_and.reduce([seen[m] == (m in streams) for m in seen]) & labelled
            found[name] += [e[here] for e, here in zip(errors, exactly, strict=True) if here.any()]
    return found


def half_widths(
    model: AffectModel, data: Mapping[str, Tensor], *, coverage: float
) -> dict[str, dict[str, float]]:
    """Half-width of the interval by condition and target, in units of the target."""
    widths: dict[str, dict[str, float]] = {}
    for name, errors in residuals(model, data).items():
        level = min(1.0, np.ceil((len(errors) + 1) * coverage) / len(errors))
        ends = np.quantile(np.concatenate(errors), level, axis=0, method="higher")
        widths[name] = {target: float(end) for target, end in zip(TARGETS, ends, strict=True)}
    return widths


def coverages(
    model: AffectModel, data: Mapping[str, Tensor], widths: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Share of labelled ticks inside the interval, by condition and target."""
    covered: dict[str, dict[str, float]] = {}
    for name, errors in residuals(model, data).items():
        ends = np.array([widths[name][target] for target in TARGETS])
        shares = (np.concatenate(errors) <= ends).mean(axis=0)
        covered[name] = {target: float(s) for target, s in zip(TARGETS, shares, strict=True)}
    return covered

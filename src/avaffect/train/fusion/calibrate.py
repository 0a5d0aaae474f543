"""Prediction intervals by split conformal prediction (Vovk et al. 2005; Lei et al. 2018).

Half-widths come from people that training never saw, and are checked on yet others. The residuals of one
sequence hang together, so a sequence counts as one observation when the quantile is corrected for the size
of the calibration set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...model import AffectModel
from ...spec import TARGETS
from .module import predict

POOLED = "all"


def conditions(streams: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What may be available of a model's streams, by the name that `Spec.calibration` has for it.

    >>> list(conditions(("audio", "visual")))
    ['audio+visual', 'audio', 'visual']
    """
    sizes = range(len(streams), 0, -1)
    return {"+".join(names): names for size in sizes for names in combinations(streams, size)}


def residuals(
    model: AffectModel, data: Mapping[str, Tensor], *, hidden: str = ""
) -> dict[str, list[NDArray[np.floating]]]:
    """Absolute errors (ticks, 2) of each sequence by what was available there, one stream `hidden` if named.

    Labelled ticks at which none of the model's streams is available are left out: prediction says nothing
    there.
    """
    streams = tuple(model.spec.streams)
    labels, labelled = data["affect"].numpy(), data["labelled"].numpy()
    errors = np.abs(predict(model, data, without=hidden)[0] - labels)
    seen = {m: data[f"{m}_mask"].numpy() & (m != hidden) for m in streams}
    found = {}
    for name, there in conditions(streams).items():
        exactly = np.logical_and.reduce([seen[m] == (m in there) for m in streams]) & labelled
        found[name] = [e[here] for e, here in zip(errors, exactly, strict=True) if here.any()]
    return found


def both_ways(model: AffectModel, data: Mapping[str, Tensor]) -> dict[str, list[NDArray[np.floating]]]:
    """`residuals` of sequences as they are, and of the same ones with either stream hidden.

    A single stream is met where the other one is missing for a while, and in recordings that never have it.
    """
    streams = tuple(model.spec.streams)
    found = residuals(model, data)
    for hidden in streams if len(streams) > 1 else ():
        for name, errors in residuals(model, data, hidden=hidden).items():
            found[name] += errors
    return found


def half_widths(
    model: AffectModel, data: Mapping[str, Tensor], *, coverage: float
) -> dict[str, dict[str, float]]:
    """Half-width of the interval by condition and target, in units of the target."""
    widths: dict[str, dict[str, float]] = {}
    for name, errors in both_ways(model, data).items():
        if not errors:
            continue
        level = min(1.0, np.ceil((len(errors) + 1) * coverage) / len(errors))
        ends = np.quantile(np.concatenate(errors), level, axis=0, method="higher")
        widths[name] = {target: float(end) for target, end in zip(TARGETS, ends, strict=True)}
    return widths


def coverages(
    model: AffectModel, data: Mapping[str, Tensor], widths: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Share of labelled ticks inside the interval, by condition and target.

    `POOLED` is over all ticks of the sequences as they are, with each tick's own width.
    """
    ends = {name: np.array([by[target] for target in TARGETS]) for name, by in widths.items()}
    every, usual = both_ways(model, data), residuals(model, data)
    inside = {name: np.concatenate(every[name]) <= end for name, end in ends.items() if every[name]}
    inside[POOLED] = np.concatenate([e <= end for name, end in ends.items() for e in usual[name]])
    return {
        name: {target: float(hit[:, k].mean()) for k, target in enumerate(TARGETS)}
        for name, hit in inside.items()
    }

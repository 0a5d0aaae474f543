"""Prediction intervals from validation recordings, by what is available: split conformal, as `calibrate`."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ...corpus.windows import Windows
from . import SequenceModel, predict


def interval_widths(model: SequenceModel, val: Windows, *, coverage: float) -> dict[str, dict[str, float]]:
    """Half-widths by condition (``audio+visual``, ``audio``, ...) and target, in units of the target.

    For every set of streams the others are hidden, and the ticks count that are rated and have all of it.
    The errors of one recording hang together, so a recording counts as one observation when the quantile is
    corrected for their number; below 1 / (1 - coverage) - 1 of them it is the largest error. A condition that
    never occurs is left out.
    """
    masks = {stored.name: stored.features().masks for stored in val.recordings}
    widths: dict[str, dict[str, float]] = {}
    for size in range(len(model.dims), 0, -1):
        for streams in combinations(model.dims, size):
            hidden = tuple(name for name in model.dims if name not in streams)
            errors = []
            for name, replay in predict(model, val, hide=hidden).items():
                error = np.abs(replay.values - replay.labels)
                there = np.logical_and.reduce([masks[name][stream] for stream in streams])
                errors.append(error[there & np.isfinite(error).all(axis=1)])
            errors = [error for error in errors if len(error)]
            if not errors:
                continue
            level = min(1.0, np.ceil((len(errors) + 1) * coverage) / len(errors))
            ends = np.quantile(np.concatenate(errors), level, axis=0, method="higher")
            widths["+".join(streams)] = {
                target: float(end) for target, end in zip(model.targets, ends, strict=True)
            }
    return widths

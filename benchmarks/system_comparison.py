"""Several systems compared on the same paired sequences: scores, differences, gates, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from avaffect.evaluate.bootstrap import RESAMPLES, Estimate, interval
from avaffect.model import AffectModel
from avaffect.spec import TARGETS
from avaffect.train.evaluate import predict_sequences, resampled

Predictions = Mapping[str, NDArray]
"""Valence and arousal (n, t, 2) by system."""


def late_fusion(audio: AffectModel, visual: AffectModel, data: Mapping[str, Tensor]) -> dict[str, NDArray]:
    """Predictions of two models of one stream each, combined.

    ``late`` is the mean of both at every tick. ``late, available`` is the mean of the models whose stream is
    available at the tick.
    """
    values = [predict_sequences(audio.network, data)[0], predict_sequences(visual.network, data)[0]]
    masks = [data[f"{name}_mask"].numpy()[..., None].astype(float) for name in ("audio", "visual")]
    count = np.maximum(masks[0] + masks[1], 1)
    return {
        "late": (values[0] + values[1]) / 2,
        "late, available": (masks[0] * values[0] + masks[1] * values[1]) / count,
    }


def scores(
    predictions: Predictions,
    data: Mapping[str, Tensor],
    *,
    ticks: NDArray[np.bool_] | None = None,
    resamples: int = RESAMPLES,
) -> dict[str, dict[str, Estimate]]:
    """CCC of each system by target, with 95 % intervals.

    The intervals resample sequences: they hold for other sequences of the same faces and speakers.

    Parameters
    ----------
    predictions : mapping
    data : mapping
        Of `avaffect.train.fusion.module.held_out`.
    ticks : (n, t) bool numpy.ndarray, optional
        The labelled ticks that count; all by default.
    resamples : int
    """
    found = _resampled(predictions, data, ticks, resamples)
    return {
        name: {target: Estimate(float(whole[k]), *interval(drawn[:, k])) for k, target in enumerate(TARGETS)}
        for name, (whole, drawn) in found.items()
    }


def differences(
    predictions: Predictions, data: Mapping[str, Tensor], reference: str, *, resamples: int = RESAMPLES
) -> dict[str, dict[str, Estimate]]:
    """CCC of the reference system minus that of each other one, with 95 % intervals of paired resamples."""
    found = _resampled(predictions, data, None, resamples)
    best, best_drawn = found.pop(reference)
    return {
        name: {
            target: Estimate(float(best[k] - whole[k]), *interval(best_drawn[:, k] - drawn[:, k]))
            for k, target in enumerate(TARGETS)
        }
        for name, (whole, drawn) in found.items()
    }


def _resampled(
    predictions: Predictions, data: Mapping[str, Tensor], ticks: NDArray[np.bool_] | None, resamples: int
) -> dict[str, tuple[NDArray, NDArray]]:
    labels, labelled = data["affect"].numpy(), data["labelled"].numpy()
    counted = labelled if ticks is None else labelled & ticks
    return {
        name: resampled(values, labels, counted, resamples=resamples) for name, values in predictions.items()
    }


def gate_correlations(
    model: AffectModel, data: Mapping[str, Tensor], *, resamples: int = RESAMPLES
) -> dict[str, dict[str, Estimate]]:
    """Pearson correlation of each gate with the corruption of each stream, where both are available.

    By gate (``attended.<stream>`` or ``share.<stream>``, see `Fused`), then by corrupted stream; with 95 %
    intervals that resample sequences. Empty for fusions without gates.
    """
    _, gates = predict_sequences(model.network, data)
    both = (data["audio_mask"] & data["visual_mask"]).numpy()
    found: dict[str, dict[str, Estimate]] = {}
    for name, values in gates.items():
        found[name] = {}
        for other in model.spec.streams:
            corrupted = data[f"{other}_corrupted"].numpy()[..., None].astype(float)
            whole, drawn = resampled(values[..., None], corrupted, both, measure="pcc", resamples=resamples)
            found[name][other] = Estimate(float(whole[0]), *interval(drawn[:, 0]))
    return found


def corruption_strata(data: Mapping[str, Tensor]) -> dict[str, NDArray[np.bool_]]:
    """Ticks (n, t) by what is wrong there: nothing, a stream corrupted or missing; only what occurs."""
    mask = {name: data[f"{name}_mask"].numpy() for name in ("audio", "visual")}
    corrupted = {name: data[f"{name}_corrupted"].numpy() for name in ("audio", "visual")}
    both = mask["audio"] & mask["visual"]
    found = {
        "nothing": both & ~corrupted["audio"] & ~corrupted["visual"],
        "voice corrupted": both & corrupted["audio"] & ~corrupted["visual"],
        "face corrupted": both & corrupted["visual"] & ~corrupted["audio"],
        "both corrupted": both & corrupted["audio"] & corrupted["visual"],
        "no voice": mask["visual"] & ~mask["audio"],
        "no face": mask["audio"] & ~mask["visual"],
    }
    return {name: ticks for name, ticks in found.items() if ticks.any()}

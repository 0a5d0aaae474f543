"""Several models on the same sequences: what each says, and by how much one is better, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...evaluate.bootstrap import RESAMPLES, Estimate, interval
from ...model import AffectModel
from ...spec import TARGETS
from .judge import resampled
from .module import predict

Said = Mapping[str, NDArray]
"""Valence and arousal (n, t, 2) by system."""


def late(audio: AffectModel, visual: AffectModel, data: Mapping[str, Tensor]) -> dict[str, NDArray]:
    """What two models of one stream each say together.

    ``late`` is the mean of both, always; ``late, of those there`` that of the models whose stream is there.
    """
    heard, seen = predict(audio, data)[0], predict(visual, data)[0]
    masks = [data[f"{name}_mask"].numpy()[..., None].astype(float) for name in ("audio", "visual")]
    there = np.maximum(masks[0] + masks[1], 1)
    return {
        "late": (heard + seen) / 2,
        "late, of those there": (masks[0] * heard + masks[1] * seen) / there,
    }


def scores(
    said: Said,
    data: Mapping[str, Tensor],
    *,
    counted: NDArray[np.bool_] | None = None,
    resamples: int = RESAMPLES,
) -> dict[str, dict[str, Estimate]]:
    """CCC of each system by target, over all labelled ticks or those `counted` (n, t), with 95 % intervals.

    The intervals resample sequences: they hold for other sequences of the same faces and speakers.
    """
    found = _drawn(said, data, counted, resamples)
    return {
        name: {target: Estimate(float(whole[k]), *interval(drawn[:, k])) for k, target in enumerate(TARGETS)}
        for name, (whole, drawn) in found.items()
    }


def gains(
    said: Said, data: Mapping[str, Tensor], ours: str, *, resamples: int = RESAMPLES
) -> dict[str, dict[str, Estimate]]:
    """CCC of `ours` less that of each other system by target, with 95 % intervals of paired resamples."""
    found = _drawn(said, data, None, resamples)
    best, best_drawn = found.pop(ours)
    return {
        name: {
            target: Estimate(float(best[k] - whole[k]), *interval(best_drawn[:, k] - drawn[:, k]))
            for k, target in enumerate(TARGETS)
        }
        for name, (whole, drawn) in found.items()
    }


def _drawn(
    said: Said, data: Mapping[str, Tensor], counted: NDArray[np.bool_] | None, resamples: int
) -> dict[str, tuple[NDArray, NDArray]]:
    labels, labelled = data["affect"].numpy(), data["labelled"].numpy()
    ticks = labelled if counted is None else labelled & counted
    return {name: resampled(values, labels, ticks, resamples=resamples) for name, values in said.items()}


def gates_and_damage(
    model: AffectModel, data: Mapping[str, Tensor], *, resamples: int = RESAMPLES
) -> dict[str, dict[str, Estimate]]:
    """Pearson correlation of each gate with the damage of each stream, where both streams are there.

    By gate (``attended.<stream>`` or ``share.<stream>``, see `Fused`), then by damaged stream; with 95 %
    intervals that resample sequences. Empty for fusions without gates.
    """
    _, gates = predict(model, data)
    there = (data["audio_mask"] & data["visual_mask"]).numpy()
    found: dict[str, dict[str, Estimate]] = {}
    for name, values in gates.items():
        found[name] = {}
        for other in model.spec.streams:
            worn = data[f"{other}_worn"].numpy()[..., None].astype(float)
            whole, drawn = resampled(values[..., None], worn, there, measure="pcc", resamples=resamples)
            found[name][other] = Estimate(float(whole[0]), *interval(drawn[:, 0]))
    return found


def places(data: Mapping[str, Tensor]) -> dict[str, NDArray[np.bool_]]:
    """Ticks (n, t) by what is wrong there: nothing, a stream damaged, or one missing; those that occur."""
    there = {name: data[f"{name}_mask"].numpy() for name in ("audio", "visual")}
    worn = {name: data[f"{name}_worn"].numpy() for name in ("audio", "visual")}
    both = there["audio"] & there["visual"]
    found = {
        "nothing": both & ~worn["audio"] & ~worn["visual"],
        "voice damaged": both & worn["audio"] & ~worn["visual"],
        "face damaged": both & worn["visual"] & ~worn["audio"],
        "both damaged": both & worn["audio"] & worn["visual"],
        "no voice": there["visual"] & ~there["audio"],
        "no face": there["audio"] & ~there["visual"],
    }
    return {name: ticks for name, ticks in found.items() if ticks.any()}

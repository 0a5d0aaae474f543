"""Held-out figures of a fused model on paired sequences, against one modality alone and the mean of both."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..metric import ccc, pcc
from ..model import AffectModel
from .fusion import predict

TARGETS = ("valence", "arousal")


def judge(model: AffectModel, data: Mapping[str, Tensor]) -> dict[str, float]:
    """CCC of valence and arousal, pooled over labelled ticks at which both modalities are there or were.

    ``fusion``; ``audio`` and ``visual``: the same model with the other modality masked; ``mean`` of
    these two. Each single modality is judged on all labelled ticks, as the fusion is: where it has
    nothing, the model says what it says of nothing.
    """
    labels, labelled = data["affect"].numpy(), data["labelled"].numpy()
    fused, _ = predict(model, data)
    audio, _ = predict(model, data, without="visual")
    visual, _ = predict(model, data, without="audio")
    systems = {"fusion": fused, "audio": audio, "visual": visual, "mean": (audio + visual) / 2}
    figures = {}
    for name, values in systems.items():
        for k, target in enumerate(TARGETS):
            figures[f"{name}/ccc_{target}"] = ccc(values[..., k], labels[..., k], labelled)
    return figures


def advantage(
    model: AffectModel, data: Mapping[str, Tensor], *, draws: int = 500, seed: int = 0
) -> dict[str, list[float]]:
    """CCC of the fusion less that of its best rival, with the 95 % interval of resampled sequences.

    Returns
    -------
    dict
        Per target: difference, lower and upper end. The rival is the best of audio, visual and mean, pooled.
    """
    rng = np.random.default_rng(seed)
    labels, labelled = data["affect"].numpy(), data["labelled"].numpy()
    fused, _ = predict(model, data)
    audio, _ = predict(model, data, without="visual")
    visual, _ = predict(model, data, without="audio")
    rivals = (audio, visual, (audio + visual) / 2)
    out = {}
    for k, target in enumerate(TARGETS):

        def gain(chosen: NDArray[np.intp], values: NDArray, k: int = k) -> float:
            return ccc(values[chosen, :, k], labels[chosen, :, k], labelled[chosen])

        everything = np.arange(len(labels))
        rival = max(rivals, key=lambda values: gain(everything, values))
        differences = []
        for _ in range(draws):
            chosen = rng.integers(len(labels), size=len(labels))
            differences.append(gain(chosen, fused) - gain(chosen, rival))
        whole = gain(everything, fused) - gain(everything, rival)
        out[target] = [whole, *(float(q) for q in np.quantile(differences, [0.025, 0.975]))]
    return out


def trust_in_damage(model: AffectModel, data: Mapping[str, Tensor]) -> dict[str, float]:
    """Correlation of each stream's trust with damage, its own and the other's, where both are there.

    Without what has no value: damage that the data lack, trust that never moves, fusions without gates.
    """
    _, trust = predict(model, data)
    there = (data["audio_mask"] & data["visual_mask"]).numpy()
    found = {
        f"{name}_trust/{other}_worn": pcc(values, data[f"{other}_worn"].numpy().astype(float), there)
        for name, values in trust.items()
        for other in ("audio", "visual")
    }
    return {name: value for name, value in found.items() if np.isfinite(value)}


def error_by_damage(model: AffectModel, data: Mapping[str, Tensor]) -> dict[str, float]:
    """Mean absolute error of the fusion by what is damaged, both modalities being there."""
    values, _ = predict(model, data)
    error = np.abs(values - data["affect"].numpy()).mean(-1)
    there = (data["audio_mask"] & data["visual_mask"] & data["labelled"]).numpy()
    audio, visual = data["audio_worn"].numpy(), data["visual_worn"].numpy()
    cases = {"none": ~audio & ~visual, "audio": audio & ~visual, "visual": visual & ~audio}
    return {name: float(error[there & case].mean()) for name, case in cases.items() if (there & case).any()}

"""Held-out figures of a fused model on paired sequences, against one modality alone and the mean of both."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...evaluate.bootstrap import RESAMPLES, interval, resample
from ...evaluate.moments import measures, sums
from ...metric import ccc, pcc
from ...model import AffectModel
from ...spec import TARGETS
from .module import predict


def systems(model: AffectModel, data: Mapping[str, Tensor]) -> dict[str, NDArray]:
    """What a model says, (n, t, 2): ``fusion``, and if it has two streams each alone, and their ``mean``.

    A stream alone is the same model with the other one masked.
    """
    said = {"fusion": predict(model, data)[0]}
    names = tuple(model.spec.streams)
    if len(names) == 2:
        alone = {
            name: predict(model, data, without=other)[0]
            for name, other in zip(names, names[::-1], strict=True)
        }
        said |= {**alone, "mean": np.mean(list(alone.values()), axis=0)}
    return said


def judge(model: AffectModel, data: Mapping[str, Tensor]) -> dict[str, float]:
    """CCC of valence and arousal of the `systems`, pooled over all labelled ticks.

    Labelled is where either modality is there. All are judged on the same ticks, so that models of different
    streams compare: where a model or a stream has nothing, it says what it says of nothing.
    """
    labels, labelled = data["affect"].numpy(), data["labelled"].numpy()
    return {
        f"{name}/ccc_{target}": ccc(values[..., k], labels[..., k], labelled)
        for name, values in systems(model, data).items()
        for k, target in enumerate(TARGETS)
    }


def advantage(
    model: AffectModel, data: Mapping[str, Tensor], *, resamples: int = RESAMPLES
) -> dict[str, list[float]]:
    """CCC of the fusion less that of its best rival, with the 95 % interval of resampled sequences.

    Returns
    -------
    dict
        Per target: difference, lower and upper end. The rival is the best of each stream alone and their
        mean, pooled. For models of two streams.
    """
    labels, labelled = data["affect"].numpy(), data["labelled"].numpy()
    found = {
        name: resampled(values, labels, labelled, resamples=resamples)
        for name, values in systems(model, data).items()
    }
    whole, drawn = found.pop("fusion")
    out = {}
    for k, target in enumerate(TARGETS):
        rival, rival_drawn = max(found.values(), key=lambda of: of[0][k])
        out[target] = [float(whole[k] - rival[k]), *interval(drawn[:, k] - rival_drawn[:, k])]
    return out


def resampled(
    values: NDArray,
    labels: NDArray,
    counted: NDArray[np.bool_],
    *,
    measure: str = "ccc",
    resamples: int = RESAMPLES,
) -> tuple[NDArray, NDArray]:
    """A measure over all sequences together, and over each resample of them.

    Parameters
    ----------
    values, labels : (n, t, targets) numpy.ndarray
    counted : (n, t) bool numpy.ndarray
    measure : str
        One of `avaffect.evaluate.moments.MEASURES`.
    resamples : int
        The same sequences are drawn for all that is measured: differences are paired.

    Returns
    -------
    (targets,) and (resamples, targets) numpy.ndarray
    """
    values = np.where(counted[..., None], values, np.nan)
    columns = range(values.shape[-1])
    table = np.stack(
        [[sums(v[:, k], label[:, k]) for k in columns] for v, label in zip(values, labels, strict=True)]
    )
    drawn = resample(table, np.arange(len(table)), resamples=resamples)
    return measures(table.sum(axis=0))[measure], drawn["pooled"][measure]


def gates_in_damage(model: AffectModel, data: Mapping[str, Tensor]) -> dict[str, float]:
    """Pearson correlation of each gate with the damage of each stream, where both streams are there.

    Good is a high value for ``attended.<stream>`` with the damage of that stream (it then leans on the
    other one), and a low, negative one for ``share.<stream>`` (it is then relied on less).

    Returns
    -------
    dict
        By ``<gate>/<stream>_corrupted``, for example ``attended.audio/visual_corrupted``. Left out is what
        has no value: damage that the data lack, gates that never move, fusions without gates.
    """
    _, gates = predict(model, data)
    there = (data["audio_mask"] & data["visual_mask"]).numpy()
    found = {
        f"{name}/{other}_corrupted": pcc(values, data[f"{other}_corrupted"].numpy().astype(float), there)
        for name, values in gates.items()
        for other in ("audio", "visual")
    }
    return {name: value for name, value in found.items() if np.isfinite(value)}


def error_by_damage(model: AffectModel, data: Mapping[str, Tensor]) -> dict[str, float]:
    """Mean absolute error of the fusion by what is damaged, both modalities being there."""
    values, _ = predict(model, data)
    error = np.abs(values - data["affect"].numpy()).mean(-1)
    there = (data["audio_mask"] & data["visual_mask"] & data["labelled"]).numpy()
    audio, visual = data["audio_corrupted"].numpy(), data["visual_corrupted"].numpy()
    cases = {"none": ~audio & ~visual, "audio": audio & ~visual, "visual": visual & ~audio}
    return {name: float(error[there & case].mean()) for name, case in cases.items() if (there & case).any()}

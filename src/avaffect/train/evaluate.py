"""Held-out figures of a network on paired sequences, against one stream alone and the mean of both.

The data are fields of `avaffect.train.paired.PairedSequence`, each with a first axis n of sequences.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..evaluate.bootstrap import RESAMPLES, interval, resample
from ..evaluate.moments import measures, sums
from ..fusion import stream_weights
from ..metric import ccc, pcc
from ..model import FusionNetwork
from ..spec import TARGETS
from .prediction import Prediction

BATCH = 64


@torch.inference_mode()
def predict_sequences(
    network: FusionNetwork, data: Mapping[str, Tensor], *, hide: Collection[str] = ()
) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
    """Values (n, t, 2) on sequences, with some streams hidden, and the gates.

    The gates are ``attended.<stream>`` or ``share.<stream>`` (n, t), by full name; see `Fused`.
    """
    network.eval()
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    values: list[Tensor] = []
    gates: dict[str, list[Tensor]] = {}
    for start in range(0, len(data["affect"]), BATCH):
        part = slice(start, start + BATCH)
        masks = {name: data[f"{name}_mask"][part].to(device) & (name not in hide) for name in network.streams}
        out = network({name: data[name][part].to(device) for name in masks}, masks)
        values.append(out.values.cpu())
        for name, gate in stream_weights(out.weights).items():
            gates.setdefault(name, []).append(gate.cpu())
    return torch.cat(values).numpy(), {name: torch.cat(parts).numpy() for name, parts in gates.items()}


def predictions(
    network: FusionNetwork, data: Mapping[str, Tensor], hide: Collection[str] = ()
) -> list[Prediction]:
    """What `predict_sequences` gives, sequence by sequence, beside the labels."""
    values, _ = predict_sequences(network, data, hide=hide)
    labels = torch.where(data["labelled"][..., None], data["affect"], float("nan")).numpy()
    masks = {name: data[f"{name}_mask"].numpy() & (name not in hide) for name in network.streams}
    return [
        Prediction(values[n], labels[n], {name: mask[n] for name, mask in masks.items()}, {})
        for n in range(len(values))
    ]


def systems(network: FusionNetwork, data: Mapping[str, Tensor]) -> dict[str, NDArray]:
    """Values (n, t, 2) of the ``fusion``, and with two streams of each alone and of their ``mean``.

    A stream alone is the same network with the other one hidden.
    """
    found = {"fusion": predict_sequences(network, data)[0]}
    names = network.streams
    if len(names) == 2:
        alone = {
            name: predict_sequences(network, data, hide=(other,))[0]
            for name, other in zip(names, names[::-1], strict=True)
        }
        found |= {**alone, "mean": np.mean(list(alone.values()), axis=0)}
    return found


def evaluate(network: FusionNetwork, data: Mapping[str, Tensor]) -> dict[str, float]:
    """CCC of valence and arousal of the `systems`, pooled over all labelled ticks.

    Labelled is where a face or a voice is there. All are measured on the same ticks, so that networks of
    different streams compare: where none of its streams is available, the output for empty input counts.
    """
    labels, labelled = data["affect"].numpy(), data["labelled"].numpy()
    return {
        f"{name}/ccc_{target}": ccc(values[..., k], labels[..., k], labelled)
        for name, values in systems(network, data).items()
        for k, target in enumerate(TARGETS)
    }


def advantage(
    network: FusionNetwork, data: Mapping[str, Tensor], *, resamples: int = RESAMPLES
) -> dict[str, list[float]]:
    """CCC of the fusion less that of its best rival, with the 95 % interval of resampled sequences.

    Returns
    -------
    dict
        Per target: difference, lower and upper end. The rival is the best of each stream alone and their
        mean, pooled. For networks of two streams.
    """
    labels, labelled = data["affect"].numpy(), data["labelled"].numpy()
    found = {
        name: resampled(values, labels, labelled, resamples=resamples)
        for name, values in systems(network, data).items()
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


def gates_by_corruption(network: FusionNetwork, data: Mapping[str, Tensor]) -> dict[str, float]:
    """Pearson correlation of each gate with the corruption of each stream, where both streams are there.

    Good is a high value for ``attended.<stream>`` with the corruption of that stream (it then leans on the
    other one), and a low, negative one for ``share.<stream>`` (it is then relied on less).

    Returns
    -------
    dict
        By ``<gate>/<stream>_corrupted``, for example ``attended.audio/visual_corrupted``. Left out is what
        has no value: corruption that the data lack, gates that never move, fusions without gates.
    """
    _, gates = predict_sequences(network, data)
    there = (data["audio_mask"] & data["visual_mask"]).numpy()
    found = {
        f"{name}/{other}_corrupted": pcc(values, data[f"{other}_corrupted"].numpy().astype(float), there)
        for name, values in gates.items()
        for other in ("audio", "visual")
    }
    return {name: value for name, value in found.items() if np.isfinite(value)}


def error_by_corruption(network: FusionNetwork, data: Mapping[str, Tensor]) -> dict[str, float]:
    """Mean absolute error of the fusion by what is corrupted, both streams being there."""
    values, _ = predict_sequences(network, data)
    error = np.abs(values - data["affect"].numpy()).mean(-1)
    there = (data["audio_mask"] & data["visual_mask"] & data["labelled"]).numpy()
    audio, visual = data["audio_corrupted"].numpy(), data["visual_corrupted"].numpy()
    cases = {"none": ~audio & ~visual, "audio": audio & ~visual, "visual": visual & ~audio}
    return {name: float(error[there & case].mean()) for name, case in cases.items() if (there & case).any()}

"""A model over whole recordings: overlapping windows averaged, and how near it comes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ...corpus.windows import Windows
from ...errors import DataError, nearest
from ...metric import ccc
from .model import SequenceModel


@dataclass(frozen=True, eq=False)
class Replay:
    """What a model says of a recording, beside its ratings.

    Attributes
    ----------
    values : (t, targets) float32
        NaN at ticks that no window covers.
    labels : (t, targets) float32
        NaN where unrated.
    weights : dict of str to (t, ...) float32
        Gates by name as `avaffect.fusion.Fused.weights`, where they were asked for.
    """

    values: NDArray[np.float32]
    labels: NDArray[np.float32]
    weights: dict[str, NDArray[np.float32]]


@torch.inference_mode()
def predict(
    model: SequenceModel,
    windows: Windows,
    *,
    batch: int = 64,
    weights: bool = False,
    hide: Collection[str] = (),
) -> dict[str, Replay]:
    """Go over recordings, by name; where windows overlap the mean of them counts.

    Parameters
    ----------
    windows : Windows
        With a ``hop`` of at most its ``ticks`` and ``labelled_only=False`` they cover every tick.
    batch : int
        Windows at a time.
    weights : bool
        Also keep the fusion's gates.
    hide : collection of str
        Streams to mask throughout.
    """
    training, device = model.training, next(model.parameters()).device
    columns = columns_of(model, windows)
    sums: list[dict[str, NDArray[np.float64]]] = [{} for _ in windows.recordings]
    seen = [np.zeros(stored.ticks) for stored in windows.recordings]
    model.eval()
    for start in range(0, len(windows), batch):
        chosen = range(start, min(start + batch, len(windows)))
        data = {name: value.to(device) for name, value in windows[list(chosen)].items()}
        out = model(data, {name: data[f"{name}_mask"] & (name not in hide) for name in model.dims})
        found = {"values": out.values, "labels": data["affect"][..., columns]}
        if weights:
            found |= {f"weight {name}": value for name, value in out.weights.items()}
        arrays = {name: value.float().cpu().numpy() for name, value in found.items()}
        for row, index in enumerate(chosen):
            window = windows.windows[index]
            where = slice(window.start, window.start + window.length)
            seen[window.recording][where] += 1
            for name, array in arrays.items():
                shape = (len(seen[window.recording]), *array.shape[2:])
                kept = sums[window.recording].setdefault(name, np.zeros(shape))
                kept[where] += array[row, : window.length]
    model.train(training)
    return {
        stored.name: _mean(own, count)
        for stored, own, count in zip(windows.recordings, sums, seen, strict=True)
        if own
    }


def score(replays: Mapping[str, Replay], targets: tuple[str, ...]) -> dict[str, float]:
    """CCC of each target, pooled over all rated ticks of all recordings, and their mean: ``ccc``."""
    values = np.concatenate([replay.values for replay in replays.values()])
    labels = np.concatenate([replay.labels for replay in replays.values()])
    figures = {f"ccc_{target}": ccc(values[:, k], labels[:, k]) for k, target in enumerate(targets)}
    return {"ccc": float(np.mean(list(figures.values()))), **figures}


def columns_of(model: SequenceModel, windows: Windows) -> list[int]:
    """Where the model's targets stand in the windows' labels."""
    known = windows.recordings[0].meta.targets
    for target in model.targets:
        if target not in known:
            raise DataError(f"no rating of {target!r} in the store; {nearest(target, known)}")
    return [known.index(target) for target in model.targets]


def _mean(sums: dict[str, NDArray[np.float64]], count: NDArray[np.float64]) -> Replay:
    with np.errstate(invalid="ignore"):  # 0 / 0 where no window lies: NaN, as promised
        means = {
            name: (s / count.reshape(-1, *[1] * (s.ndim - 1))).astype(np.float32) for name, s in sums.items()
        }
    values, labels = means.pop("values"), means.pop("labels")
    return Replay(values, labels, {name.removeprefix("weight "): mean for name, mean in means.items()})

"""A feature store as a source: its windows in batches, and predictions over its recordings."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..corpus.splits import Fold, shared_subjects
from ..corpus.store import FeatureStore, Stored
from ..corpus.windows import Windows
from ..errors import DataError, nearest
from ..model import FusionNetwork
from ..overlap import OverlapAdd
from .batches import Batch, Batches
from .prediction import Prediction
from .recipe import StoreRecipe


def windows_of(recipe: StoreRecipe, store: FeatureStore) -> tuple[Windows, Windows]:
    """Windows to train on, and those that cover the validation recordings."""
    fold = split_of(recipe, store)
    ticks, hop = (max(1, round(seconds * store.tick_rate)) for seconds in (recipe.window, recipe.hop))
    return (
        Windows(fold.train, ticks=ticks, hop=hop),
        Windows(fold.val, ticks=ticks, hop=min(hop, ticks), labelled_only=False),
    )


def split_of(recipe: StoreRecipe, store: FeatureStore) -> Fold[Stored]:
    """The recordings that train and those that validate.

    Raises
    ------
    DataError
        If there is no official split, or no such fold; or if a subject of the training is in the validation
        or test set too and the recipe does not allow it.
    """
    fold = _fold(recipe, store)
    shared = shared_subjects({"train": fold.train, "val": fold.val, "test": store.split("test")})
    if shared and not recipe.shared_subjects:
        raise DataError(
            f"{store.path}: {shared}; give each subject one split, or set shared_subjects=true to train all"
            " the same"
        )
    return fold


def _fold(recipe: StoreRecipe, store: FeatureStore) -> Fold[Stored]:
    if recipe.folds is None:
        parts = {name: tuple(store.split(name)) for name in ("train", "val")}
        if not all(parts.values()):
            raise DataError(
                f"{store.path}: this corpus has no official split; set folds to a number, or to subject"
            )
        return Fold("official", parts["train"], parts["val"])
    folds = store.folds(None if recipe.folds == "subject" else recipe.folds)
    by_name = {fold.name: fold for fold in folds}
    if isinstance(recipe.fold, int) and 0 <= recipe.fold < len(folds):
        return folds[recipe.fold]
    if str(recipe.fold) not in by_name:
        raise DataError(
            f"fold: there is no {recipe.fold!r}; give 0 to {len(folds) - 1}, or {', '.join(by_name)}"
        )
    return by_name[str(recipe.fold)]


class WindowBatches(Batches):
    """Shuffled batches of windows that depend on seed and epoch alone, each process taking its share.

    Parameters
    ----------
    windows : Windows
    targets : tuple of str
        Those that the network predicts; a tick counts where all of them are rated.
    batch : int
        Windows in a step, over all processes together.
    seed : int

    Raises
    ------
    DataError
        If a target is not rated in the store.
    """

    def __init__(self, windows: Windows, targets: tuple[str, ...], *, batch: int, seed: int) -> None:
        self.windows, self.batch, self.seed = windows, batch, seed
        self.cut = CutWindows(windows, columns_of(targets, windows))

    def __len__(self) -> int:
        return -(-len(self.windows) // self.batch)

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch."""
        return iter(self.loader(number))

    def loader(
        self, number: int, *, process: int = 0, processes: int = 1, workers: int = 0
    ) -> DataLoader[Batch]:
        """The share of a process in the batches of an epoch; ``workers`` processes cut the windows."""
        share = Shares(
            len(self.windows), number, batch=self.batch, seed=self.seed, process=process, processes=processes
        )
        return DataLoader(self.cut, sampler=share, batch_size=None, num_workers=workers)


class Shares:
    """The windows of each batch that one of several processes takes; empty where none is left for it.

    The order is drawn anew every epoch, from the seed and the epoch, so that an epoch started again after a
    stop has the same batches, and so that they do not depend on the number of processes.
    """

    def __init__(
        self, count: int, epoch: int, *, batch: int, seed: int, process: int = 0, processes: int = 1
    ) -> None:
        self.count, self.epoch, self.batch, self.seed = count, epoch, batch, seed
        self.process, self.processes = process, processes

    def __len__(self) -> int:
        return -(-self.count // self.batch)

    def __iter__(self) -> Iterator[list[int]]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order = torch.randperm(self.count, generator=generator).tolist()
        for start in range(0, self.count, self.batch):
            yield order[start : start + self.batch][self.process :: self.processes]


class CutWindows(Dataset[Batch]):
    """Batches of windows by their indices.

    An empty list gives one unlabelled window, so that every process joins the step.
    """

    def __init__(self, windows: Windows, columns: list[int]) -> None:
        self.windows, self.columns = windows, columns

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, indices: list[int]) -> Batch:
        chosen = indices or [0]
        batch = self.windows[chosen]
        labels = batch["affect"][..., self.columns]
        if not indices:
            labels = torch.full_like(labels, float("nan"))
        recording = torch.tensor([self.windows.windows[i].recording for i in chosen])
        return batch | {"affect": labels, "labelled": labels.isfinite().any(-1), "recording": recording}


def columns_of(targets: tuple[str, ...], windows: Windows) -> list[int]:
    """Where targets stand in the windows' labels.

    Raises
    ------
    DataError
        If one of them is not rated in the store.
    """
    known = windows.recordings[0].meta.targets
    for target in targets:
        if target not in known:
            raise DataError(f"no rating of {target!r} in the store; {nearest(target, known)}")
    return [known.index(target) for target in targets]


@torch.no_grad()
def measure_scale(network: FusionNetwork, windows: Windows) -> None:
    """Learn what ``standardise`` needs from the available ticks of recordings; nothing without it."""
    if not network.standardise:
        return
    for name in network.streams:
        total = torch.zeros(3, windows.recordings[0].dims[name], dtype=torch.float64)  # n, sum, squares
        for stored in windows.recordings:
            tensors = stored.read()
            values = tensors[f"features.{name}"][tensors[f"mask.{name}"]].double()
            total += torch.stack([torch.ones_like(values).sum(0), values.sum(0), values.square().sum(0)])
        count = total[0].clamp_min(1)
        mean = total[1] / count
        deviation = (total[2] / count - mean.square()).clamp_min(0).sqrt()
        # A feature that never changes stays where it is: only its mean is taken off.
        network.set_scale(name, mean, deviation.where(deviation > 1e-6, 1.0))


@torch.inference_mode()
def predict(
    network: FusionNetwork,
    windows: Windows,
    *,
    batch: int = 64,
    weights: bool = False,
    hide: Collection[str] = (),
) -> dict[str, Prediction]:
    """Predictions over whole recordings, by name; where windows overlap the mean of them counts.

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
    training, device = network.training, next(network.parameters()).device
    columns = columns_of(network.targets, windows)
    means = [OverlapAdd(stored.ticks, taper=False) for stored in windows.recordings]
    network.eval()
    for first in range(0, len(windows), batch):
        chosen = range(first, min(first + batch, len(windows)))
        data = {name: value.to(device) for name, value in windows[list(chosen)].items()}
        masks = {name: data[f"{name}_mask"] for name in network.streams}
        seen = {name: mask & (name not in hide) for name, mask in masks.items()}
        out = network(data, seen)
        found: dict[str, Tensor] = {"values": out.values, "labels": data["affect"][..., columns]}
        found |= {f"mask {name}": mask.float() for name, mask in seen.items()}
        if weights:
            found |= {f"weight {name}": value for name, value in out.weights.items()}
        arrays = {name: value.detach().cpu().double().numpy() for name, value in found.items()}
        for row, index in enumerate(chosen):
            window = windows.windows[index]
            own = {name: value[row : row + 1, : window.length] for name, value in arrays.items()}
            means[window.recording].add([window.start], own)
    network.train(training)
    return {
        stored.name: Prediction.of(mean.means())
        for stored, mean in zip(windows.recordings, means, strict=True)
        if mean.totals
    }

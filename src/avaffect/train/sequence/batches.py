"""Shuffled batches of windows that depend on seed and epoch alone, each process taking its share."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from ...corpus.windows import Windows


class Shares(Sampler[list[int]]):
    """The windows of each batch that one of several processes takes; empty where none is left for it.

    The order is drawn anew every epoch, from the seed and the epoch, so that an epoch started again after a
    stop has the same batches, and so that they do not depend on the number of processes.
    """

    def __init__(self, count: int, *, batch: int, seed: int, process: int = 0, processes: int = 1) -> None:
        self.count, self.batch, self.seed = count, batch, seed
        self.process, self.processes = process, processes
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls it as every epoch begins."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-self.count // self.batch)

    def __iter__(self) -> Iterator[list[int]]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order = torch.randperm(self.count, generator=generator).tolist()
        for start in range(0, self.count, self.batch):
            yield order[start : start + self.batch][self.process :: self.processes]


class Batches(Dataset[dict[str, Tensor]]):
    """Batches of windows by their indices, with the index of each one's ``recording`` (b,).

    No index at all gives a window without labels: a process that has nothing to say takes part in the step.
    """

    def __init__(self, windows: Windows) -> None:
        self.windows = windows

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, indices: list[int]) -> dict[str, Tensor]:
        chosen = indices or [0]
        batch = self.windows[chosen]
        batch["recording"] = torch.tensor([self.windows.windows[i].recording for i in chosen])
        if not indices:
            batch["affect"] = torch.full_like(batch["affect"], float("nan"))
        return batch


def shuffled(windows: Windows, shares: Shares, *, workers: int = 0) -> DataLoader[dict[str, Tensor]]:
    """The loader of a training run; ``workers`` processes cut the windows."""
    return DataLoader(Batches(windows), sampler=shares, batch_size=None, num_workers=workers)

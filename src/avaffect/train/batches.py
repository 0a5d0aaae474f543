"""Where training gets its batches from: the same ones for the same seed and epoch, whatever came before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from ..errors import DataError

Batch = dict[str, Tensor]
"""By name. What a network is trained on: for each stream ``NAME`` (b, t, d) features, ``NAME_mask`` (b, t)
bool, True where it is available, and where known ``NAME_corrupted`` (b, t) bool; ``affect`` (b, t, targets)
labels; ``labelled`` (b, t) bool, True where any of them counts; ``recording`` (b,) int64, whose windows they
are."""


class Batches(ABC):
    """Batches of a training run, epoch by epoch.

    An epoch that is started again after a stop has the same batches: they may depend on a seed and the number
    of the epoch, and on nothing else.
    """

    @abstractmethod
    def __len__(self) -> int:
        """Optimiser steps of an epoch."""

    @abstractmethod
    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch, counted from 0."""

    def loader(
        self, number: int, *, process: int = 0, processes: int = 1, workers: int = 0
    ) -> Iterable[Batch]:
        """The share of one of several processes in the batches of an epoch.

        Parameters
        ----------
        number : int
            The epoch, from 0.
        process, processes : int
            Which of how many.
        workers : int
            Processes that make batches beside the training; these batches follow each other, so that one is
            as good as many.

        Raises
        ------
        DataError
            With several processes: these batches are not divided.
        """
        if processes > 1:
            raise DataError(
                f"{type(self).__name__} are not divided among {processes} processes; "
                "set devices and nodes to 1, and do not start with torchrun"
            )
        epoch = _Epoch(self, number)
        return DataLoader(epoch, batch_size=None, num_workers=1) if workers else epoch


class _Epoch(IterableDataset[Batch]):
    """One epoch of some batches."""

    def __init__(self, batches: Batches, number: int) -> None:
        self.batches, self.number = batches, number

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        return self.batches.epoch(self.number)

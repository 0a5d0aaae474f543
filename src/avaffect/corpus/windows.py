"""Windows of a feature store: batches for training, and whole recordings window by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor
from torch.utils.data import Dataset

from ..errors import DataError
from ..windows import window_starts
from .store import Stored


@dataclass(frozen=True)
class Window:
    """A window's place: index of its recording, first tick, and how many of its ticks the recording has."""

    recording: int
    start: int
    length: int


class Windows(Dataset[dict[str, Tensor]]):
    """Windows of ``ticks`` ticks, one every ``hop`` ticks; the last one ends with its recording.

    A recording shorter than a window is padded to its length; the padding is masked and unlabelled.

    Parameters
    ----------
    recordings : sequence of Stored
        E.g. ``store.split("train")``, or those of a fold.
    ticks, hop : int
        Length of a window and distance between windows, in ticks.
    labelled_only : bool
        Leave out windows without any label: no target is known at any tick.
    load : bool
        Read all files into memory once. Otherwise they are memory-mapped and a window reads its own ticks.

    Examples
    --------
    ``windows[3]`` is one window and ``windows[[3, 7]]`` a batch of two; torch's ``DataLoader`` takes them.
    """

    def __init__(
        self,
        recordings: Sequence[Stored],
        *,
        ticks: int,
        hop: int,
        labelled_only: bool = True,
        load: bool = True,
    ) -> None:
        if not recordings:
            raise DataError("no recordings to cut windows from; choose another split or fold")
        if ticks < 1 or hop < 1:
            raise DataError(f"ticks={ticks}, hop={hop}: expected at least 1 of each")
        self.recordings, self.ticks, self.load = tuple(recordings), ticks, load
        self.streams = tuple(self.recordings[0].dims)
        self._keys = (
            *(f"{kind}.{s}" for s in self.streams for kind in ("features", "mask")),
            "labels",
            "labelled",
        )
        self._open: dict[int, Any] = {}
        self.windows = [
            Window(index, start, min(ticks, stored.ticks - start))
            for index, stored in enumerate(self.recordings)
            for start in window_starts(stored.ticks, ticks, hop)
        ]
        if labelled_only:
            labels = [self._rows(i, "labels", 0, r.ticks) for i, r in enumerate(self.recordings)]
            self.windows = [
                w for w in self.windows if labels[w.recording][w.start : w.start + w.length].isfinite().any()
            ]

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int | Sequence[int]) -> dict[str, Tensor]:
        """One window, or a batch of them (every tensor with a leading axis b).

        Returns
        -------
        dict of str to torch.Tensor
            For each stream ``NAME`` (ticks, d) float32 and ``NAME_mask`` (ticks,) bool; ``affect`` (ticks,
            targets) float32, NaN where unrated, each target by itself; ``labelled`` (ticks,) bool, True where
            every target is known; ``window`` () int64, the index.
        """
        if isinstance(index, int):
            return {name: values[0] for name, values in self[[index]].items()}
        chosen = [self.windows[i] for i in index]
        raw = {key: torch.stack([self._piece(window, key) for window in chosen]) for key in self._keys}
        batch = {"affect": raw["labels"], "labelled": raw["labelled"], "window": torch.tensor(list(index))}
        for name in self.streams:
            batch[name], batch[f"{name}_mask"] = raw[f"features.{name}"].float(), raw[f"mask.{name}"]
        return batch

    def __getstate__(self) -> dict[str, Any]:
        """Without open files: every process opens its own."""
        return self.__dict__ | ({} if self.load else {"_open": {}})

    def _piece(self, window: Window, key: str) -> Tensor:
        rows = self._rows(window.recording, key, window.start, window.start + window.length)
        missing = self.ticks - window.length
        if not missing:
            return rows
        blank = rows.new_full((missing, *rows.shape[1:]), float("nan") if key == "labels" else 0)
        return torch.cat([rows, blank])

    def _rows(self, recording: int, key: str, begin: int, end: int) -> Tensor:
        if recording not in self._open:
            stored = self.recordings[recording]
            self._open[recording] = stored.read() if self.load else safe_open(stored.path, framework="pt")
        source = self._open[recording]
        return source[key][begin:end] if self.load else source.get_slice(key)[begin:end]

"""Clips of one utterance each, with features of text, sound and picture, and one score (CMU-MOSI, CMU-MOSEI).

A folder with one npz for each utterance: ``text``, ``audio``, ``visual`` (steps, d) and ``score``; optionally
``subject`` (the person or the video) and ``split`` as strings. The streams may differ in their numbers of
steps. Without ``subject``, the subject is the file's name up to its last underscore. The corpora are
published as pickles. Opening a pickle can run any code, so pickles are not read here: convert them to npz
once.

Rows that are all zero (the padding of aligned corpora) or not finite are masked.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..corpus.splits import SPLITS
from ..errors import DataError
from ..npz import NUMBERS, Expected, read_npz
from .base import FeatureCorpus, Features, Recording, need_folder
from .labels import parse_number, parse_scale
from .ratings import Ratings, check_range

STREAMS = ("text", "audio", "visual")


class Utterances(FeatureCorpus):
    """A folder of utterances.

    Parameters
    ----------
    root : path
    target : str
        Name of the score.
    scale : (float, float)
        Lowest and highest score, mapped onto [-1, 1]; that of CMU-MOSI and CMU-MOSEI by default.
    tick_rate : float
        Steps per second (Hz). With 1, a tick is a step: for features word by word, which have no rate.

    Raises
    ------
    DataError
        If there are no utterances, or a split is none of train, val and test.
    """

    name = "utterances"

    def __init__(
        self,
        root: str | Path,
        *,
        target: str = "sentiment",
        scale: tuple[float, float] = (-3.0, 3.0),
        tick_rate: float = 1.0,
    ) -> None:
        self.root = need_folder(Path(root), "one .npz for each utterance")
        self.targets, self.tick_rate = (str(target),), parse_number("tick_rate", tick_rate, positive=True)
        self.scale = parse_scale(scale)
        paths = sorted(self.root.glob("*.npz"))
        if not paths:
            raise DataError(
                f"{self.root}: no utterances; expected one .npz each with {', '.join(STREAMS)} and score"
            )
        super().__init__([_recording(path) for path in paths])

    def ratings(self, recording: Recording) -> dict[str, Ratings]:
        """The score, which holds over the whole utterance."""
        data = self._read(recording)
        score = float(data["score"].reshape(-1)[0]) if data["score"].size == 1 else np.nan
        if np.isnan(score):
            raise DataError(
                f"{self.root / recording.name}.npz: score must be one number; it is {data['score']}"
            )
        end = max(len(data[name]) for name in STREAMS) / self.tick_rate
        ratings = Ratings(np.zeros(1), np.array([score]), np.array([end]))
        return {self.targets[0]: check_range(ratings, f"{self.root / recording.name}.npz: score", self.scale)}

    def rating_files(self, recording: Recording) -> list[Path]:
        """The utterance's npz, which holds everything."""
        return [self.root / f"{recording.name}.npz"]

    def features(self, recording: Recording) -> Features:
        """The streams, all with as many steps as the longest: shorter ones repeat their nearest step."""
        data = self._read(recording)
        steps = max(len(data[name]) for name in STREAMS)
        streams, masks = {}, {}
        for name in STREAMS:
            values = data[name][_nearest(len(data[name]), steps)].astype(np.float32)
            mask = np.isfinite(values).all(axis=1) & (values != 0).any(axis=1)
            streams[name], masks[name] = np.where(mask[:, None], values, 0), mask
        return Features(streams, masks)

    def _read(self, recording: Recording) -> dict[str, NDArray]:
        path = self.root / f"{recording.name}.npz"
        data = read_npz(path, {name: Expected(NUMBERS) for name in (*STREAMS, "score")})
        for name in STREAMS:
            if data[name].ndim != 2 or not len(data[name]):
                raise DataError(
                    f"{path}: {name} has the shape {data[name].shape}; expected (steps, features)"
                )
        return data


def _nearest(have: int, want: int) -> NDArray[np.int64]:
    """Index of the step, of ``have``, that covers the middle of each of ``want`` steps.

    >>> _nearest(2, 4).tolist()
    [0, 0, 1, 1]
    """
    return ((np.arange(want) + 0.5) * have / want).astype(np.int64)


def _recording(path: Path) -> Recording:
    known = read_npz(path, {}, optional={name: Expected("U", ()) for name in ("subject", "split")})
    split = str(known.get("split", ""))
    if split not in (*SPLITS, ""):
        raise DataError(f"{path}: split {split!r}; expected {', '.join(SPLITS)}, or empty")
    return Recording(path.stem, str(known.get("subject", path.stem.rpartition("_")[0] or path.stem)), split)

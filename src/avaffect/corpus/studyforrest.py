"""studyforrest: the film "Forrest Gump", as features of sound and picture, with ratings of its characters.

One npz of the film's segments N = 1, 2, ...: ``runN_audio`` (t, 2), ``runN_visual`` (t, 4), ``runN_phash``
(t, 18) bytes, ``runN_valence``, ``runN_arousal`` (t,) in [-1, 1] and ``runN_labelled`` (t,), 25 rows a
second. The rating is the mean over the characters on screen. The film has no subjects; folds leave out
segments.

Labs et al. 2015, "Portrayed emotions in the movie Forrest Gump", F1000Research 4:92.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..npz import Expected, names_in, read_npz
from ..spec import TARGETS
from ..streams.timeline import Timeline
from .base import FeatureCorpus, Features, Recording
from .labels import parse_number
from .ratings import Ratings, check_range, tick_means, ticks_of
from .splits import Fold, leave_one_out

FRAME_RATE = 25.0
_ARRAYS = {
    "audio": Expected("f", (None, 2)),
    "visual": Expected("f", (None, 4)),
    "phash": Expected("u", (None, 18)),
    **{target: Expected("f", (None,)) for target in TARGETS},
    "labelled": Expected("b", (None,)),
}


class Studyforrest(FeatureCorpus):
    """The film's segments.

    Parameters
    ----------
    path : path
        The npz, or a folder in which it is the only one.
    tick_rate : float
        Ticks per second (Hz), at most 25; features and labels are means over the tick.
    phash : bool
        Add to the visual stream the 144 bits of the frame's perceptual hash.

    Raises
    ------
    DataError
        If the file is not as described.
    """

    name = "studyforrest"

    def __init__(self, path: str | Path, *, tick_rate: float = FRAME_RATE, phash: bool = False) -> None:
        tick_rate = parse_number("tick_rate", tick_rate)
        if not 0 < tick_rate <= FRAME_RATE:
            raise DataError(f"tick_rate={tick_rate:g}: expected ticks per second in (0, {FRAME_RATE:g}]")
        self.path, self.tick_rate, self.phash = _only_npz(Path(path)), float(tick_rate), phash
        runs = sorted({int(m[1]) for key in names_in(self.path) if (m := re.match(r"run(\d{1,6})_", key))})
        if not runs:
            raise DataError(f"{self.path}: no runs inside; expected arrays run1_audio, run1_visual, ...")
        super().__init__([Recording(f"run{run}", f"run{run}") for run in runs])

    def folds(self, k: int | None = None) -> list[Fold[Recording]]:
        """Leave one segment out; with ``k``, that many groups of segments."""
        return leave_one_out(self.recordings) if k is None else super().folds(k)

    def ratings(self, recording: Recording) -> dict[str, Ratings]:
        """Ratings of each frame; NaN where no character is labelled."""
        run = self._read(recording)
        labelled, times = run["labelled"].astype(bool), _times(run)
        return {
            target: check_range(
                Ratings(times, np.where(labelled, run[target].astype(float), np.nan)),
                f"{self.path}: {recording.name}_{target}",
            )
            for target in TARGETS
        }

    def rating_files(self, recording: Recording) -> list[Path]:
        """The npz, which holds everything."""
        return [self.path]

    def features(self, recording: Recording) -> Features:
        """Streams ``audio`` (t, 2) and ``visual`` (t, 4 or 148), without gaps."""
        run = self._read(recording)
        visual = run["visual"].astype(np.float32)
        if self.phash:
            bits = np.unpackbits(run["phash"], axis=1).astype(np.float32)
            visual = np.concatenate([visual, bits], axis=1)
        timeline = Timeline(self.tick_rate)
        ticks = ticks_of(_times(run), timeline)
        count = timeline.count(len(visual) / FRAME_RATE)
        streams = {
            name: tick_means(ticks, values, count).astype(np.float32)
            for name, values in (("audio", run["audio"]), ("visual", visual))
        }
        masks = {name: np.asarray(np.isfinite(values).all(axis=1)) for name, values in streams.items()}
        return Features({name: np.nan_to_num(values) for name, values in streams.items()}, masks)

    def _read(self, recording: Recording) -> dict[str, NDArray]:
        raw = read_npz(self.path, {f"{recording.name}_{key}": each for key, each in _ARRAYS.items()})
        run = {key: raw[f"{recording.name}_{key}"] for key in _ARRAYS}
        lengths = {len(values) for values in run.values()}
        if len(lengths) > 1:
            raise DataError(
                f"{self.path}: arrays of {recording.name} have {sorted(lengths)} rows; expected one length"
            )
        return run


def _times(run: dict[str, NDArray]) -> NDArray[np.float64]:
    return np.arange(len(run["valence"])) / FRAME_RATE


def _only_npz(path: Path) -> Path:
    if path.is_file():
        return path
    found = sorted(path.glob("*.npz")) if path.is_dir() else []
    named = [file for file in found if "studyforrest" in file.name]
    if len(named or found) != 1:
        raise DataError(
            f"{path}: expected studyforrest's .npz, or a folder with one; found {len(named or found)}"
        )
    return (named or found)[0]

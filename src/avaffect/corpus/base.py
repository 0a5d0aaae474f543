"""The interface of a corpus with continuous ratings: recordings, their ratings, and splits by subject."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..arguments import checks_types
from ..errors import DataError, nearest
from ..spec import TARGETS
from .ratings import Ratings
from .splits import Fold, rolling_folds


@dataclass(frozen=True)
class Recording:
    """One person in one recording, and the files of it.

    Attributes
    ----------
    name : str
        Unique in the corpus, and usable as a file name.
    subject : str
        Training and validation never share a subject: a person, or recordings that belong together.
    split : str
        One of `SPLITS`, or "" if the corpus has no official split.
    video : Path or None
        Video of the whole scene. With ``faces``, only its frame times are used.
    audio : Path or None
        Sound; often the same file.
    faces : Path or None
        Folder of cropped faces, 00001.jpg for the video's first frame.
    """

    name: str
    subject: str
    split: str = ""
    video: Path | None = None
    audio: Path | None = None
    faces: Path | None = None


@dataclass(frozen=True, eq=False)
class Features:
    """Streams of features at ticks.

    Attributes
    ----------
    streams : mapping of str to (t, d) np.ndarray
        0 where masked.
    masks : mapping of str to (t,) np.ndarray of bool
        True where the stream has a value.
    """

    streams: Mapping[str, NDArray]
    masks: Mapping[str, NDArray[np.bool_]]

    def __len__(self) -> int:
        """Number of ticks."""
        return len(next(iter(self.masks.values())))


class Corpus(ABC):
    """A corpus on disk.

    Parameters
    ----------
    recordings : sequence of Recording

    Attributes
    ----------
    name : str
        As in `avaffect.corpus.open_corpus`.
    targets : tuple of str
        What was rated, in the order of the labels' last axis.
    recordings : tuple of Recording
        In a fixed order.
    """

    name: ClassVar[str]
    targets: tuple[str, ...] = TARGETS

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self.recordings = tuple(recordings)
        self._by_name = {recording.name: recording for recording in self.recordings}
        twice = [name for name, n in Counter(r.name for r in self.recordings).items() if n > 1]
        if twice:
            raise DataError(f"{self.name}: two recordings are called {twice[0]!r}; names must differ")

    def __len__(self) -> int:
        return len(self.recordings)

    def __getitem__(self, name: str) -> Recording:
        """The recording of that name."""
        if name not in self._by_name:
            raise DataError(f"{self.name} has no recording {name!r}; {nearest(name, self._by_name)}")
        return self._by_name[name]

    @abstractmethod
    def ratings(self, recording: Recording) -> dict[str, Ratings]:
        """Ratings by target, in [-1, 1]; empty for a recording without labels (a test set)."""

    @abstractmethod
    def rating_files(self, recording: Recording) -> list[Path]:
        """Files that the ratings come from. When one changes, `avaffect extract` makes the labels again."""

    def split(self, split: str) -> list[Recording]:
        """The recordings of one of `SPLITS`."""
        return [recording for recording in self.recordings if recording.split == split]

    def folds(self, k: int) -> list[Fold[Recording]]:
        """`avaffect.corpus.splits.rolling_folds` over the recordings."""
        return rolling_folds(self.recordings, k)


class FeatureCorpus(Corpus):
    """A corpus that holds features instead of media.

    Attributes
    ----------
    tick_rate : float
        Ticks per second (Hz) of its features.
    """

    tick_rate: float

    @abstractmethod
    def features(self, recording: Recording) -> Features:
        """The recording's streams at ``tick_rate``."""


@checks_types
def need_folder(path: Path, what: str) -> Path:
    """The folder ``path``.

    Raises
    ------
    DataError
        If it is not there; the error says that ``what`` was expected.
    """
    if not path.is_dir():
        raise DataError(f"{path}: no such folder; expected {what}")
    return path


def need_training_file(path: Path) -> Path:
    """The file ``path`` of a training corpus.

    Raises
    ------
    DataError
        If it is not there; the error says how to give the corpora's folder.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; give the folder of corpora as data=PATH")
    return path

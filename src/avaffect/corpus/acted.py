"""Videos of actors with a named emotion: faces and voices of the same people at the same time.

A folder of videos and a ``labels.csv`` with one row for each: ``file`` (its name in the folder), ``actor``,
``emotion``. Other columns are passed over. Valence and arousal were not rated. A clip gets a proxy: the
coordinates of its emotion (see `avaffect.corpus.emotions`). Splits are by actor.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError, nearest
from .base import need_folder, need_training_file
from .emotions import ALIASES, VALENCE_AROUSAL
from .labels.table import read_table

LABELS = "labels.csv"
_COLUMNS = ("file", "actor", "emotion")


@dataclass(frozen=True)
class ActedClip:
    """One video of one actor.

    Attributes
    ----------
    path : Path
    actor : str
    emotion : str
        A name of `avaffect.corpus.emotions.VALENCE_AROUSAL`.
    """

    path: Path
    actor: str
    emotion: str

    @property
    def valence_arousal(self) -> tuple[float, float]:
        """Valence and arousal, the proxy from the emotion, each in [-1, 1]."""
        return VALENCE_AROUSAL[self.emotion]


def read_acted(folder: str | Path) -> list[ActedClip]:
    """The clips of a folder, in the order of its labels.

    Raises
    ------
    DataError
        If the folder, its labels or a video is missing, an emotion is unknown, a file is named twice, or no
        file is named.
    """
    root = need_folder(Path(folder), f"videos of actors and {LABELS}")
    path = need_training_file(root / LABELS)
    table = read_table(path)
    files, actors, emotions = map(table.text, _COLUMNS)
    if twice := [file for file, count in Counter(files).items() if count > 1]:
        raise DataError(f"{path}: {twice[0]} is named twice; give one row for each video")
    return [_clip(root, path, *row) for row in zip(files, actors, emotions, strict=True)]


def _clip(root: Path, labels: Path, file: str, actor: str, emotion: str) -> ActedClip:
    name = emotion.lower()
    name = ALIASES.get(name, name)
    if name not in VALENCE_AROUSAL:
        raise DataError(f"{labels}: unknown emotion {emotion!r} of {file}; {nearest(name, VALENCE_AROUSAL)}")
    video = root / file
    if video.parent != root or not video.is_file():
        raise DataError(f"{labels}: no video {file} in {root}; put it there, or remove its row")
    if not actor:
        raise DataError(f"{labels}: {file} has no actor; splits are by actor, so name one")
    return ActedClip(video, actor, name)

"""Videos of actors with a named emotion: faces and voices of the same people at the same time.

A folder of videos and a ``labels.csv`` with one row for each: ``file`` (its name in the folder), ``actor``,
``emotion``. Other columns are passed over. Valence and arousal were not rated. A clip gets a proxy: the
coordinates of its emotion (see `avaffect.corpus.emotions`). Splits are by actor.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import DataError, nearest
from .base import need_folder, need_training_file
from .emotions import ALIASES, VALENCE_AROUSAL

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
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not readable as csv ({error}); expected {', '.join(_COLUMNS)}") from error
    missing = [column for column in _COLUMNS if column not in table.columns]
    if missing:
        raise DataError(f"{path}: no column {missing[0]!r}; it has {', '.join(map(str, table.columns))}")
    if table.empty:
        raise DataError(f"{path}: no row; give one for each video")
    if table["file"].duplicated().any():
        name = table["file"][table["file"].duplicated()].iloc[0]
        raise DataError(f"{path}: {name} is named twice; give one row for each video")
    return [_clip(root, path, row.file, row.actor, row.emotion) for row in table.itertuples()]


def _clip(root: Path, labels: Path, file: object, actor: object, emotion: object) -> ActedClip:
    name = str(emotion).strip().lower()
    name = ALIASES.get(name, name)
    if name not in VALENCE_AROUSAL:
        raise DataError(f"{labels}: unknown emotion {emotion!r} of {file}; {nearest(name, VALENCE_AROUSAL)}")
    video = root / str(file)
    if video.parent != root or not video.is_file():
        raise DataError(f"{labels}: no video {file} in {root}; put it there, or remove its row")
    if not str(actor).strip():
        raise DataError(f"{labels}: {file} has no actor; splits are by actor, so name one")
    return ActedClip(video, str(actor).strip(), name)

"""RECOLA: remote collaboration in French, rated 25 times a second; as published and as AVEC gave it out.

Two layouts are read. That of the AVEC challenges, with a gold standard and a split::

    ratings_gold_standard/{valence,arousal}/{train,dev}_1.arff   (or .csv): frameTime, GoldStandard
    recordings_video/train_1.mp4, recordings_audio/train_1.wav

and that of the corpus itself, where the label is the mean of the six raters and there is no split::

    RECOLA-Annotation/emotional_behaviour/{valence,arousal}/P16.csv   time;FM1 ;FM2 ;FM3 ;FF1 ;FF2 ;FF3
    RECOLA-Video-recordings/P16.mp4, RECOLA-Audio-recordings/P16.wav

Raters react late: a frame's label is the rating that was given some seconds (the delay) later. Labels are
moved, features never.

Ringeval et al. 2013, "Introducing the RECOLA multimodal corpus of remote collaborative and affective
interactions".
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..media.folder import MEDIA_ENDINGS
from ..spec import TARGETS
from .base import Corpus, Recording, need_folder, read_text
from .ratings import Ratings, check_range

DELAY = {"valence": 2.32, "arousal": 2.72}
"""Delay of the raters in seconds: 58 and 68 frames of 40 ms (Praveen et al. 2021, CA, FG 2021)."""

_GOLD = Path("ratings_gold_standard")
_RATERS = Path("RECOLA-Annotation/emotional_behaviour")
_PLACES = {
    _GOLD: ("recordings_video", "recordings_audio"),
    _RATERS: ("RECOLA-Video-recordings", "RECOLA-Audio-recordings"),
}
_PARTS = {"train": "train", "dev": "val", "test": "test"}


class Recola(Corpus):
    """RECOLA's valence and arousal.

    Parameters
    ----------
    root : path
        Folder in which the folders above lie.
    valence_delay, arousal_delay : float
        Seconds by which labels are moved earlier; 0 leaves them as they were recorded.

    Raises
    ------
    DataError
        If the folder has neither layout.
    """

    name = "recola"

    def __init__(
        self,
        root: str | Path,
        *,
        valence_delay: float = DELAY["valence"],
        arousal_delay: float = DELAY["arousal"],
    ) -> None:
        self.root = need_folder(Path(root), "RECOLA")
        self.delay = {"valence": valence_delay, "arousal": arousal_delay}
        layout = next((p for p in _PLACES if (self.root / p).is_dir()), None)
        if layout is None:
            raise DataError(f"{self.root}: not RECOLA; expected a folder {_GOLD} (AVEC) or {_RATERS}")
        self._ratings = {target: _tables(self.root / layout / target) for target in TARGETS}
        video, audio = (_media(self.root / place) for place in _PLACES[layout])
        labelled = set.union(*(set(tables) for tables in self._ratings.values()))
        tests = {name for name in video | audio if name.startswith("test_")}
        recordings = []
        for name in sorted(labelled | tests, key=_order):
            split = _PARTS.get(name.split("_")[0], "")
            sound = audio.get(name, video.get(name))
            recordings.append(Recording(name, name, split, video=video.get(name), audio=sound))
        if not any(recording.audio for recording in recordings):
            places = " or ".join(_PLACES[layout])
            raise DataError(
                f"{self.root}: labels for {recordings[0].name} but no media of it; expected {places}"
            )
        super().__init__(recordings)

    def ratings(self, recording: Recording) -> dict[str, Ratings]:
        """Ratings, moved earlier by the delays."""
        found = {}
        for target, tables in self._ratings.items():
            if recording.name in tables:
                table = read_table(tables[recording.name])
                ratings = check_range(Ratings(table.time, _gold(table)), str(table.path))
                found[target] = ratings.earlier(self.delay[target])
        return found

    def rating_files(self, recording: Recording) -> list[Path]:
        """One table for each target."""
        return [tables[recording.name] for tables in self._ratings.values() if recording.name in tables]


def _gold(table: NumberTable) -> np.ndarray:
    """The gold standard, or the mean of the raters where there is none."""
    gold = [name for name in table.columns if name.startswith("gold")]
    if gold:
        return table.columns[gold[0]]
    raters = [v for name, v in table.columns.items() if v is not table.time and np.isfinite(v).any()]
    if not raters:
        raise DataError(f"{table.path}: no ratings; expected a column GoldStandard, or one a rater")
    return np.mean(raters, axis=0)


def _tables(folder: Path) -> dict[str, Path]:
    need_folder(folder, "one .arff or .csv a recording")
    # Challenge folders also hold all recordings in one file.
    tables = {p.stem: p for p in sorted(folder.iterdir()) if p.suffix.lower() in (".arff", ".csv")}
    tables = {name: path for name, path in tables.items() if not name.endswith("_all")}
    if not tables:
        raise DataError(f"{folder}: no ratings; expected one .arff or .csv a recording")
    return tables


def _media(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    return {p.stem: p for p in sorted(folder.iterdir()) if p.suffix.lower() in MEDIA_ENDINGS}


def _order(name: str) -> tuple[str, int, str]:
    """train_2 before train_10."""
    digits = "".join(c for c in name if c.isdigit())
    return name.rstrip("0123456789"), int(digits or 0), name


@dataclass(frozen=True)
class NumberTable:
    """A table's columns by lower-case name; cells that are no numbers (names, "?") are NaN.

    Attributes
    ----------
    path : Path
        Where it was read, for messages.
    columns : dict of str to (n,) np.ndarray
    """

    path: Path
    columns: dict[str, NDArray[np.float64]]

    def column(self, name: str) -> NDArray[np.float64]:
        """One column, or a `DataError` that names those there are."""
        if name not in self.columns:
            raise DataError(f"{self.path}: no column {name!r}; it has {', '.join(self.columns)}")
        return self.columns[name]

    @property
    def time(self) -> NDArray[np.float64]:
        """The first column whose name has "time" in it, in seconds."""
        for name, values in self.columns.items():
            if "time" in name or name in ("second", "seconds", "pts"):
                return values
        raise DataError(f"{self.path}: no column of times; it has {', '.join(self.columns)}")


def read_table(path: Path) -> NumberTable:
    """Read an .arff file, or a .csv file with commas or semicolons.

    Raises
    ------
    DataError
        If it is missing, has no rows, or a row has another number of cells than the header.
    """
    text = read_text(path)
    names, rows = _arff(path, text) if path.suffix.lower() == ".arff" else _csv(text)
    if not rows:
        raise DataError(f"{path}: no rows of data; expected a header and one row a moment")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise DataError(f"{path}: data row {number} has {len(row)} cells, the header {len(names)}")
    cells = zip(*rows, strict=True)
    return NumberTable(
        path, {n: np.array([_number(c) for c in column]) for n, column in zip(names, cells, strict=True)}
    )


def _csv(text: str) -> tuple[list[str], list[list[str]]]:
    lines = [line for line in text.splitlines() if line.strip()]
    separator = ";" if lines and ";" in lines[0] else ","
    rows = list(csv.reader(lines, delimiter=separator))
    return [name.strip().lower() for name in rows[0]] if rows else [], rows[1:]


def _arff(path: Path, text: str) -> tuple[list[str], list[list[str]]]:
    """Dense ARFF: ``@attribute NAME TYPE`` lines, then ``@data`` and rows with commas; % begins a comment."""
    names: list[str] = []
    rows: list[str] | None = None
    for line in (line.strip() for line in text.splitlines()):
        if not line or line.startswith("%"):
            continue
        words = line.split()
        if rows is not None:
            rows.append(line)
        elif words[0].lower() == "@attribute" and len(words) > 2:
            names.append(words[1].strip("'\"").lower())
        elif words[0].lower() == "@data":
            rows = []
    if rows is None or not names:
        raise DataError(f"{path}: not an ARFF file; expected @attribute lines and then @data")
    return names, list(csv.reader(rows, quotechar="'", skipinitialspace=True))


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")

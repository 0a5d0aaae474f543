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

from pathlib import Path

from ..errors import DataError
from ..media.folder import MEDIA_ENDINGS
from ..spec import TARGETS
from .base import Corpus, Recording, need_folder
from .labels import LabelOptions, Labels, parse_number
from .labels.table import read_table
from .labels.values import single_values
from .ratings import Ratings

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
    time_unit, delimiter, decimal : str, optional
        How the tables are written, where they do not say so (`avaffect.corpus.labels.LabelOptions`).

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
        time_unit: str | None = None,
        delimiter: str | None = None,
        decimal: str | None = None,
    ) -> None:
        self.root = need_folder(Path(root), "RECOLA")
        self.delay = {
            "valence": parse_number("valence_delay", valence_delay),
            "arousal": parse_number("arousal_delay", arousal_delay),
        }
        self.options = LabelOptions(time_unit=time_unit, delimiter=delimiter, decimal=decimal)
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
                table = read_table(tables[recording.name], self.options)
                values = Ratings(table.time, single_values(table, target))
                labels = Labels(recording.name, table.path, {target: values}, by_frame=False)
                found[target] = labels.checked()[target].earlier(self.delay[target])
        return found

    def rating_files(self, recording: Recording) -> list[Path]:
        """One table for each target."""
        return [tables[recording.name] for tables in self._ratings.values() if recording.name in tables]


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

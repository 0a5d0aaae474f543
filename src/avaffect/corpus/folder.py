"""A plain folder of recordings with ratings beside them.

Ratings come in one of two ways. Either one csv in the folder, with a row for each moment (or for each
interval, with one more column ``end``)::

    file,pts,valence,arousal
    interview.mp4,0.04,0.12,-0.30

or the files of an annotation tool beside each NAME.mp4: NAME.eaf (ELAN) or NAME.TextGrid (Praat) with the
tiers "valence" and "arousal"; NAME.valence.csv and NAME.arousal.csv (CARMA); or NAME.csv (DARMA) with the
axes "valence" and "arousal".

An optional ``recordings.csv`` with the columns ``file,subject,split`` (split: train, val, test or empty)
gives the subject of each recording; without it every recording is a subject of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from ..corpus.splits import SPLITS
from ..errors import DataError
from ..media import list_media
from ..spec import TARGETS
from .annotation import read_carma, read_tiers
from .base import Corpus, Recording, need_folder
from .ratings import Ratings, check_range

RECORDINGS = "recordings.csv"
_COLUMNS = ("file", "pts", *TARGETS)
_TIERS = (".eaf", ".TextGrid")


class Folder(Corpus):
    """Recordings of one folder (and the folders in it) with their ratings.

    Parameters
    ----------
    root : path
    scale : (float, float), optional
        Lowest and highest value of the ratings, e.g. (1, 9), mapped onto [-1, 1]. CARMA and DARMA files state
        their own.

    Raises
    ------
    DataError
        If there are no recordings, none has ratings, or a table names a file that does not exist.
    """

    name = "folder"

    def __init__(self, root: str | Path, *, scale: tuple[float, float] = (-1.0, 1.0)) -> None:
        self.root = need_folder(Path(root), "a folder of recordings")
        self.scale = (float(scale[0]), float(scale[1]))
        files = {p.relative_to(self.root).as_posix(): p for p in list_media(self.root, recursive=True)}
        if not files:
            raise DataError(f"{self.root}: no video or audio files; expected recordings such as NAME.mp4")
        self._csv = _labels_csv(self.root)
        self._table = None if self._csv is None else _read_csv(self._csv)
        if self._table is not None:
            _check_files(self._table["file"], files, self.root)
        subjects = _subjects(self.root, files)
        names = _names(files)
        self._files: dict[str, str] = {}
        recordings = []
        for file, path in files.items():
            subject, split = subjects.get(file, (names[file], ""))
            if self._is_rated(file, path) or split == "test":
                self._files[names[file]] = file
                recordings.append(Recording(names[file], subject, split, video=path, audio=path))
        if not recordings:
            example = next(iter(files.values()))
            raise DataError(
                f"{self.root}: no ratings; expected a csv with the columns {','.join(_COLUMNS)}, "
                f"or {example.stem}.eaf, .TextGrid or .valence.csv beside {example.name}"
            )
        super().__init__(recordings)

    def ratings(self, recording: Recording) -> dict[str, Ratings]:
        """Ratings in seconds of the recording."""
        file = self._files[recording.name]
        if self._table is not None:
            rows = self._table[self._table["file"] == file]
            ends = rows["end"].to_numpy(float) if "end" in rows else None
            raw = (
                {t: Ratings(rows["pts"].to_numpy(float), rows[t].to_numpy(float), ends) for t in TARGETS}
                if len(rows)
                else {}
            )
            return self._scaled(raw, f"ratings of {file}")
        path = self.root / file
        tiers = _beside(path)
        if tiers is not None:
            return self._scaled(read_tiers(tiers), str(tiers))
        return _carma(path)

    def rating_files(self, recording: Recording) -> list[Path]:
        """The one csv, or the annotation files beside the recording."""
        if self._csv is not None:
            return [self._csv]
        path = self.root / self._files[recording.name]
        tiers = _beside(path)
        return [tiers] if tiers is not None else [file for file in _carma_files(path) if file.is_file()]

    def _is_rated(self, file: str, path: Path) -> bool:
        if self._table is not None:
            return bool((self._table["file"] == file).any())
        return _beside(path) is not None or any(p.is_file() for p in _carma_files(path))

    def _scaled(self, raw: dict[str, Ratings], where: str) -> dict[str, Ratings]:
        return {target: check_range(r, f"{where}: {target}", self.scale) for target, r in raw.items()}


def _labels_csv(root: Path) -> Path | None:
    """The one csv that has the columns of ratings, if there is one."""
    found = []
    for path in sorted(root.glob("*.csv")):
        head = path.open(encoding="utf-8-sig", errors="replace").readline()
        if set(_COLUMNS) <= {name.strip() for name in head.split(",")}:
            found.append(path)
    if len(found) > 1:
        raise DataError(f"{root}: {found[0].name} and {found[1].name} both hold ratings; keep one of them")
    return found[0] if found else None


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype={"file": str}, skipinitialspace=True, encoding="utf-8-sig")
        table.columns = table.columns.str.strip()
        numbers = [name for name in ("pts", "end", *TARGETS) if name in table]
        table[numbers] = table[numbers].apply(pd.to_numeric)
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(
            f"{path}: {' '.join(str(error).split())}; expected columns {','.join(_COLUMNS)}"
        ) from error
    return table


def _subjects(root: Path, files: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Subject and split by file, from `RECORDINGS` if there is one."""
    path = root / RECORDINGS
    if not path.is_file():
        return {}
    table = pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True, encoding="utf-8-sig")
    missing = {"file", "subject"} - set(table.columns)
    if missing:
        raise DataError(f"{path}: no column {min(missing)!r}; expected file,subject,split")
    splits = table["split"] if "split" in table else pd.Series([""] * len(table))
    unknown = sorted(set(splits) - {*SPLITS, ""})
    if unknown:
        raise DataError(f"{path}: split {unknown[0]!r}; expected {', '.join(SPLITS)}, or empty")
    _check_files(table["file"], files, root)
    return dict(zip(table["file"], zip(table["subject"], splits, strict=True), strict=True))


def _check_files(named: pd.Series, files: Iterable[str], root: Path) -> None:
    missing = sorted(set(named) - set(files))
    if missing:
        raise DataError(
            f"{root}: a table names {missing[0]!r} and {len(missing) - 1} more files that are not there; "
            "file is the path within the folder, with its ending"
        )


def _names(files: Iterable[str]) -> dict[str, str]:
    """A name for each file: its path without the ending, or with it if two names would be the same."""
    stems = {file: file.rsplit(".", 1)[0].replace("/", "__") for file in files}
    counts = pd.Series(list(stems.values())).value_counts()
    return {file: stem if counts[stem] == 1 else file.replace("/", "__") for file, stem in stems.items()}


def _beside(path: Path) -> Path | None:
    return next((p for ending in _TIERS if (p := path.with_suffix(ending)).is_file()), None)


def _carma_files(path: Path) -> list[Path]:
    return [*(path.with_suffix(f".{target}.csv") for target in TARGETS), path.with_suffix(".csv")]


def _carma(path: Path) -> dict[str, Ratings]:
    """Ratings from CARMA's two files, or from DARMA's one."""
    if not any(p.is_file() for p in _carma_files(path)):
        return {}
    *single, both = _carma_files(path)
    found: dict[str, Ratings] = {}
    for target, file in zip(TARGETS, single, strict=True):
        if file.is_file():
            columns = read_carma(file)
            found[target] = check_range(next(iter(columns.values())), str(file))
    if found:
        return found
    columns = {name: values for name, values in read_carma(both).items() if name in TARGETS}
    if not columns:
        raise DataError(f"{both}: its axes are not named valence and arousal; rename them in its header")
    return {name: check_range(values, f"{both}: {name}") for name, values in columns.items()}

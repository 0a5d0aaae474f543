"""A plain folder of recordings with ratings beside them.

Ratings come in one of two ways. Either one table in the folder, with a row for each moment (or for each
interval, with one more column ``end``)::

    file,pts,valence,arousal
    interview.mp4,0.04,0.12,-0.30

or files beside each NAME.mp4: NAME.csv with the columns ``time,valence,arousal``; NAME.eaf (ELAN) or
NAME.TextGrid (Praat) with the tiers "valence" and "arousal"; NAME.valence.csv and NAME.arousal.csv (CARMA, or
tables of one target); NAME.csv (DARMA) with the axes "valence" and "arousal"; or NAME.txt (ABAW).

An optional ``recordings.csv`` with the columns ``file,subject,split`` (split: train, val, test or empty)
gives the subject of each recording; without it every recording is a subject of its own.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..corpus.splits import SPLITS
from ..errors import DataError
from ..media import frame_times, list_media
from ..spec import TARGETS
from ..text import read_text
from .base import Corpus, Recording, need_folder
from .labels import Kind, LabelOptions, Labels, kind_of, label_file, read_label_file
from .labels.files import TABLES, TIERS
from .labels.names import NameIndex, by_file
from .labels.read import COLUMNS, FILE_NAMES, rows_by_name
from .labels.table import canonical, read_table, split_rows
from .ratings import Ratings

RECORDINGS = "recordings.csv"


class Folder(Corpus):
    """Recordings of one folder (and the folders in it) with their ratings.

    Parameters
    ----------
    root : path
    scale : (float, float), optional
        Lowest and highest value of the ratings, e.g. (1, 9), mapped onto [-1, 1]. CARMA and DARMA files state
        their own.
    time_unit, delimiter, decimal : str, optional
        How the files are written, where they do not say so (`avaffect.corpus.labels.LabelOptions`).

    Raises
    ------
    DataError
        If there are no recordings, none has ratings, or a table names a file that does not exist.
    """

    name = "folder"

    def __init__(
        self,
        root: str | Path,
        *,
        scale: tuple[float, float] = (-1.0, 1.0),
        time_unit: str | None = None,
        delimiter: str | None = None,
        decimal: str | None = None,
    ) -> None:
        self.root = need_folder(Path(root), "a folder of recordings")
        self.options = LabelOptions(scale, time_unit, delimiter, decimal)
        files = {p.relative_to(self.root).as_posix(): p for p in list_media(self.root, recursive=True)}
        if not files:
            raise DataError(f"{self.root}: no video or audio files; expected recordings such as NAME.mp4")
        self._results: list[Path] = []
        self._csv = self._labels_csv()
        self._labels: dict[str, Labels] = {}
        self._beside = _Beside()
        if self._csv is not None:
            labels = {found.name: found for found in read_label_file(self._csv, self.options)}
            self._labels = _by_file(labels, files, self.root)
        subjects = _subjects(self.root, files)
        names = _names(files)
        self._files: dict[str, str] = {}
        recordings = []
        for file, path in files.items():
            subject, split = subjects.get(file, (names[file], ""))
            if file in self._labels or (self._csv is None and self._files_beside(path)) or split == "test":
                self._files[names[file]] = file
                recordings.append(Recording(names[file], subject, split, video=path, audio=path))
        if not recordings:
            raise DataError(self._nothing_rated(next(iter(files.values()))))
        super().__init__(recordings)

    def ratings(self, recording: Recording) -> dict[str, Ratings]:
        """Ratings in seconds of the recording."""
        file = self._files[recording.name]
        labels = self._labels.get(file)
        if labels is None and self._csv is None:
            labels = self._read_beside(self.root / file)
        if labels is None:
            return {}
        found = labels.checked(self.options.scale)
        return _in_seconds(found, self.root / file) if labels.by_frame else found

    def rating_files(self, recording: Recording) -> list[Path]:
        """The one table, or the label files beside the recording."""
        if self._csv is not None:
            return [self._csv]
        return self._files_beside(self.root / self._files[recording.name])

    def _labels_csv(self) -> Path | None:
        """The one table that names recordings and has ratings, if there is one."""
        found = []
        for path in sorted(self.root.iterdir()):
            if path.suffix.lower() not in TABLES or path.name == RECORDINGS or not path.is_file():
                continue
            kind = kind_of(path, self.options)
            if kind is Kind.RESULTS:
                self._results.append(path)
            elif kind is Kind.TABLE and _names_files(path, self.options):
                found.append(path)
        if len(found) > 1:
            raise DataError(
                f"{self.root}: {found[0].name} and {found[1].name} both hold ratings; keep one of them"
            )
        return found[0] if found else None

    def _files_beside(self, path: Path) -> list[Path]:
        """The label files of a recording: those of an annotation tool, of each target, or one for both."""
        stem = path.with_suffix("")
        tiers = self._beside.find(stem, TIERS)
        if tiers:
            return tiers[:1]
        single = []
        for target in TARGETS:
            of_target = (self._beside.find(Path(f"{stem}{mark}{target}"), TABLES) for mark in "._- ")
            single += next(filter(None, of_target), [])[:1]
        return single or [file for file in self._beside.find(stem, TABLES) if self._may_rate(file)][:1]

    def _may_rate(self, path: Path) -> bool:
        """Whether a file beside a recording is meant as its ratings: no result of ours, no other text."""
        kind = kind_of(path, self.options)
        if kind is Kind.RESULTS and path not in self._results:
            self._results.append(path)
        return kind not in (Kind.RESULTS, Kind.OTHER) or (
            kind is Kind.OTHER and path.suffix.lower() == ".csv"
        )

    def _read_beside(self, path: Path) -> Labels | None:
        labels: Labels | None = None
        for file in self._files_beside(path):
            found = read_label_file(label_file(file, file.parent, self.options), self.options)
            if len(found) > 1:
                ours = NameIndex((one.name, one) for one in found).find(path.name)
                if len(ours) != 1:
                    raise DataError(f"{file}: rates {len(found)} recordings; expected {path.name} among them")
                found = ours
            labels = found[0] if labels is None else labels.joined(found[0])
        return labels

    def _nothing_rated(self, example: Path) -> str:
        ignored = (
            f" ({self._results[0].name} is a table that avaffect wrote: predictions, not ratings)"
            if self._results
            else ""
        )
        return (
            f"{self.root}: no ratings; expected a csv with the columns {','.join(COLUMNS)}, "
            f"or {example.stem}.csv (time,valence,arousal), .eaf, .TextGrid or .valence.csv beside"
            f" {example.name}{ignored}"
        )


class _Beside:
    """Files of a folder by their names without ending; an ending in capitals counts the same."""

    def __init__(self) -> None:
        self._folders: dict[Path, dict[str, dict[str, Path]]] = {}

    def find(self, stem: Path, endings: Iterable[str]) -> list[Path]:
        """The files STEM.ENDING that are there, in the order of the endings."""
        folder = self._folders.get(stem.parent)
        if folder is None:
            folder = self._folders[stem.parent] = {}
            with os.scandir(stem.parent) as entries:
                for entry in sorted(entries, key=lambda e: e.name):
                    path = Path(stem.parent, entry.name)
                    if path.suffix.lower() in (*TIERS, *TABLES) and entry.is_file():
                        folder.setdefault(path.stem, {}).setdefault(path.suffix.lower(), path)
        there = folder.get(stem.name, {})
        return [there[ending] for ending in endings if ending in there]


def _names_files(path: Path, options: LabelOptions) -> bool:
    rows = split_rows(path, read_text(path, head=65_536), options.delimiter)
    return bool(set(FILE_NAMES) & {canonical(name) for name in rows[0]})


def _in_seconds(ratings: Mapping[str, Ratings], path: Path) -> dict[str, Ratings]:
    """Ratings by frame at the times of the video's frames; those past its last frame are left out."""
    times = frame_times(path)
    found = {}
    for target, r in ratings.items():
        inside = r.times < len(times)
        if 2 * inside.sum() < len(inside):
            raise DataError(
                f"{path}: {len(inside) - inside.sum():,} of {len(inside):,} labels lie outside its"
                f" {len(times):,} frames; give the unit of their times (--time-unit), or check that they"
                " are of this video"
            )
        begins = times[r.times[inside].astype(np.int64)]
        ends = None
        if r.ends is not None:
            ends = times[np.minimum(r.ends[inside], len(times) - 1).astype(np.int64)]
        found[target] = Ratings(begins, r.values[inside], ends)
    return found


def _subjects(root: Path, files: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Subject and split by file, from `RECORDINGS` if there is one."""
    path = root / RECORDINGS
    if not path.is_file():
        return {}
    table = read_table(path)
    missing = {"file", "subject"} - set(table.names)
    if missing:
        raise DataError(f"{path}: no column {min(missing)!r}; expected file,subject,split")
    splits = [s.lower() for s in table.text("split")] if "split" in table.names else [""] * len(table)
    unknown = sorted(set(splits) - {*SPLITS, ""})
    if unknown:
        raise DataError(f"{path}: split {unknown[0]!r}; expected {', '.join(SPLITS)}, or empty")
    subjects = table.text("subject")
    rows = rows_by_name(table, "file")
    twice = next((name for name, at in rows.items() if len(at) > 1), None)
    if twice is not None:
        raise DataError(f"{path}: {twice} is there twice; keep one row of it")
    known = {name: (subjects[at[0]], splits[at[0]]) for name, at in rows.items()}
    return _by_file(known, files, root)


def _by_file(named: Mapping[str, Any], files: Iterable[str], root: Path) -> dict[str, Any]:
    """What a table has for each of its names, by the file that the name means."""
    found, missing = by_file(named, files, root)
    if missing:
        raise DataError(
            f"{root}: a table names {min(missing)!r} and {len(missing) - 1} more files that are not there; "
            "file is the path within the folder, with its ending"
        )
    return found


def _names(files: Iterable[str]) -> dict[str, str]:
    """A name for each file: its path without the ending; with it, or a hash, if two would be the same."""
    forms: tuple[Callable[[str], str], ...] = (
        lambda file: file.rpartition(".")[0].replace("/", "__"),
        lambda file: file.replace("/", "__"),
        lambda file: f"{file.replace('/', '__')}-{hashlib.sha256(os.fsencode(file)).hexdigest()[:8]}",
    )
    names: dict[str, str] = {}
    left = list(files)
    for form in forms:
        counts = Counter(form(file) for file in left)
        taken = set(names.values())
        names |= {f: form(f) for f in left if counts[form(f)] == 1 and form(f) not in taken}
        left = [file for file in left if file not in names]
    return names

"""Read label files of every kind into `Labels`, one of each recording."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ... import abaw
from ...errors import DataError
from ...spec import TARGETS
from ...text import listed
from ..ratings import Ratings, check_range
from .carma import read_carma_files
from .files import Kind, LabelFile, is_results, label_file
from .options import LabelOptions
from .table import LabelTable, read_table
from .tiers import read_tiers
from .values import single_values

COLUMNS = ("file", "pts", *TARGETS)
FILE_NAMES = ("file", "filename", "file_name", "video", "video_name", "recording", "media", "multimedia_file",
              "clip", "path")  # fmt: skip
"""Columns that name the recording."""

EXPECTED = f"expected columns {','.join(COLUMNS)} (or time,{','.join(TARGETS)} in one file a recording)"


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels of one recording, as a file has them.

    Attributes
    ----------
    name : str
        The recording, as the table or the file's name tells it.
    path : Path
        Where they were read.
    ratings : mapping of str to Ratings
        By target.
    by_frame : bool
        Whether the times are numbers of frames, from 0, and no seconds.
    on_scale : bool
        Whether the values were mapped onto [-1, 1] by a scale that the file states.
    named : bool
        Whether the table itself names the recording.
    """

    name: str
    path: Path
    ratings: Mapping[str, Ratings]
    by_frame: bool = False
    on_scale: bool = False
    named: bool = False

    def checked(self, scale: tuple[float, float] = (-1.0, 1.0)) -> dict[str, Ratings]:
        """The ratings in [-1, 1], mapped from ``scale`` if the file states none.

        -5 is not rated, unless the scale has it.

        Raises
        ------
        DataError
            If a value is not on the scale, or times do not increase.
        """
        where = f"{self.path}: ratings of {self.name}" if self.named else str(self.path)
        found = {}
        for target, ratings in self.ratings.items():
            _check_times(ratings, where, self.by_frame, moment="pts" if self.named else "times")
            if not self.on_scale:
                ratings = check_range(_without_mark(ratings, scale), f"{where}: {target}", scale)
            found[target] = ratings
        return found

    def joined(self, other: Labels) -> Labels:
        """These labels and those of another target of the same recording.

        Raises
        ------
        DataError
            If both rate one target, or one goes by frame and the other by seconds.
        """
        twice = [target for target in self.ratings if target in other.ratings]
        if twice:
            raise DataError(
                f"{self.path} and {other.path} hold {twice[0]} of the recording {self.name!r} twice; keep one"
            )
        if (self.by_frame, self.on_scale) != (other.by_frame, other.on_scale):
            raise DataError(
                f"{self.path} and {other.path} are of two kinds; save both targets in the same way"
            )
        return replace(self, ratings={**self.ratings, **other.ratings})


def read_label_file(file: Path | LabelFile, options: LabelOptions | None = None) -> list[Labels]:
    """The labels in one file, of each recording that it rates.

    Raises
    ------
    DataError
        If it holds no labels, or predictions that avaffect wrote; the error says what would be read.
    """
    options = options or LabelOptions()
    if isinstance(file, Path):
        file = label_file(file, file.parent, options)
    path, name = file.path, file.name
    if file.kind is Kind.RESULTS:
        raise _own_results(path)
    if file.kind is Kind.TIERS:
        return [Labels(name, path, read_tiers(path, options))]
    if file.kind is Kind.CARMA:
        return _of_carma(file, options)
    if file.kind is Kind.ABAW or (file.kind is Kind.OTHER and path.suffix.lower() == ".txt"):
        return [_of_frames(path)]
    return _of_table(read_table(path, options), file)


def _of_frames(path: Path) -> Labels:
    values = abaw.read_annotation(path)
    frames = np.arange(len(values), dtype=float)
    ratings = {target: Ratings(frames, values[:, i]) for i, target in enumerate(TARGETS)}
    return Labels(path.stem, path, ratings, by_frame=True, on_scale=True)


def _of_carma(file: LabelFile, options: LabelOptions) -> list[Labels]:
    found = read_carma_files(file.path, options)
    labels = []
    for video, columns in found.items():
        rated = {target: columns[target] for target in TARGETS if target in columns}
        if not rated and "rating" in columns:
            if file.target is None:
                raise DataError(
                    f"{file.path}: does not say whether it rates valence or arousal;"
                    " call it NAME.valence.csv or NAME.arousal.csv"
                )
            rated = {file.target: columns["rating"]}
        if not rated:
            raise DataError(
                f"{file.path}: its axes are not named valence and arousal; rename them in its header"
            )
        # One video in a file: the file's own name counts, since its copy may have another ending.
        several = len(found) > 1
        labels.append(Labels(video if several else file.name, file.path, rated, on_scale=True, named=several))
    return labels


def _of_table(table: LabelTable, file: LabelFile) -> list[Labels]:
    path, columns = table.path, table.time_columns
    if is_results(list(table.names)):
        raise _own_results(path)
    rated = [target for target in TARGETS if target in table.names]
    if not rated and file.target is None:
        raise DataError(
            f"{path}: no column valence or arousal; it has {listed(table.names)}; {EXPECTED},"
            " or a file of CARMA, DARMA, ELAN or Praat"
        )
    values = {t: table.column(t) for t in rated} or {str(file.target): single_values(table, file.target)}
    if columns.time is None:
        raise DataError(f"{path} lacks the column 'pts'; it has {listed(table.names)}; {EXPECTED}")
    try:
        times = table.times(columns.time)
        ends = table.ends
    except DataError as error:
        raise DataError(f"{error}; {EXPECTED}") from error
    naming = next((name for name in FILE_NAMES if name in table.names), None)
    if naming is None:
        ratings = {target: Ratings(times, v, ends) for target, v in values.items()}
        return [Labels(file.name, path, ratings, by_frame=columns.by_frame)]
    return [
        Labels(
            name,
            path,
            {
                t: Ratings(times[rows], v[rows], None if ends is None else ends[rows])
                for t, v in values.items()
            },
            by_frame=columns.by_frame,
            named=True,
        )
        for name, rows in rows_by_name(table, naming).items()
    ]


def rows_by_name(table: LabelTable, column: str) -> dict[str, NDArray[np.int64]]:
    """The rows of each name in a column, in the table's order; "\\\\" in a path becomes "/".

    Raises
    ------
    DataError
        If a row has no name.
    """
    names = np.array(table.text(column), dtype=object)
    codes, found = pd.factorize(names)
    if "" in found:
        row = int(np.flatnonzero(names == "")[0]) + 1
        raise DataError(f"{table.path}: data row {row} names no {column}; {EXPECTED}")
    order = np.argsort(codes, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
    return {_slashes(str(name)): rows for name, rows in zip(found, parts, strict=True)}


def _slashes(name: str) -> str:
    name = name if "/" in name else name.replace("\\", "/")
    return re.sub(r"^(\./)+", "", name)


def _without_mark(ratings: Ratings, scale: tuple[float, float]) -> Ratings:
    if scale[0] <= abaw.MISSING <= scale[1]:
        return ratings
    return replace(ratings, values=abaw.mark_missing(ratings.values))


def _check_times(ratings: Ratings, where: str, by_frame: bool, *, moment: str) -> None:
    times, ends = ratings.times, ratings.ends
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        what = "numbers of frames" if by_frame else "seconds"
        name = where.rpartition("ratings of ")
        raise DataError(
            f"{name[0].rstrip()} {moment} of {name[2]} must be {what} that increase from row to row"
            if name[1]
            else f"{where}: {moment} must be {what} that increase from row to row; give one rater's rows"
        )
    if by_frame and ((times < 0).any() or (times % 1 != 0).any()):
        raise DataError(f"{where}: frames must be whole numbers from 0")
    if ends is not None and not (np.isfinite(ends) & (ends >= times)).all():
        raise DataError(f"{where}: each end must be a time that is not before its begin")


def _own_results(path: Path) -> DataError:
    return DataError(
        f"{path} is a table that avaffect wrote: predictions, not labels; give ratings of people, {EXPECTED}"
    )

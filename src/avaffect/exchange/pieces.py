"""Pieces of a recording: even steps, spans that somebody marked, and turns of speech."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..corpus.labels.files import TABLES, TIERS, walk
from ..corpus.labels.names import by_file
from ..corpus.labels.read import rows_by_name
from ..corpus.labels.table import LabelTable, read_table
from ..errors import DataError
from ..predict.speakers import FILE_NAMES
from ..tiers import tiers_of
from ..trace import Trace
from ..trace.resample_bins import runs
from ..trace.steps import check_steps
from ..trace.summary import SPEAKING

PAUSE = 0.5
"""Seconds of silence within a turn, at most."""
SHORTEST = 0.5
"""Seconds that a turn lasts, at least: less is a cough, or a rounding of the speech detector."""

_STEP = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min)")
_LABELS = ("label", "span", "condition", "event", "text", "annotation", "name")
UNKNOWN, OFF_SCREEN = "unknown", "nobody in view"


@dataclass(frozen=True)
class Piece:
    """A part of a recording.

    Attributes
    ----------
    start, end : float
        Seconds.
    label : str
        What it is called; of a turn, who speaks.
    tier : str
        The tier that it was marked in, if any.
    track : int or None
        Whose it is alone; None: of everybody.
    speaker : int or None
        Of a turn, who speaks; None where nobody in view does, or it cannot be told.
    """

    start: float
    end: float
    label: str = ""
    tier: str = ""
    track: int | None = None
    speaker: int | None = None


def whole_of(trace: Trace) -> list[Piece]:
    """The recording as one piece."""
    index = trace.table.index
    first, last = index.get_level_values("start").min(), index.get_level_values("end").max()
    return [Piece(float(first), float(last))]


def steps(trace: Trace, step: float) -> list[Piece]:
    """Even pieces of ``step`` seconds, from second 0; the last one may reach beyond the recording.

    Raises
    ------
    DataError
        If they are more than `avaffect.trace.steps.MOST`.
    """
    (all_of_it,) = whole_of(trace)
    check_steps(trace.files[0], (all_of_it.start, all_of_it.end), 1 / step)
    first = int(np.floor(all_of_it.start / step + 1e-9))
    last = max(int(np.ceil(all_of_it.end / step - 1e-9)), first + 1)
    return [Piece(k * step, (k + 1) * step) for k in range(first, last)]


def parse_step(text: str) -> float | None:
    """Seconds of ``1s``, ``0.5s`` or ``2min``; None if it is no such text.

    >>> parse_step("1s"), parse_step("2 min"), parse_step("turns")
    (1.0, 120.0, None)
    """
    found = _STEP.fullmatch(text.strip().lower())
    if found is None or not float(found[1]) > 0:
        return None
    return float(found[1]) * (60.0 if found[2] == "min" else 1.0)


def turns(trace: Trace, *, pause: float = PAUSE, shortest: float = SHORTEST) -> list[Piece]:
    """Stretches of speech of one speaker, from the columns ``voiced`` and ``speaking``.

    While speech is heard (probability of at least 0.5), the person in view whose ``speaking`` is largest, and
    at least 0.5, has the turn; if all whose mouths can be read are silent, nobody in view has it; if nobody's
    can be read, it is not known whose it is.

    Parameters
    ----------
    trace : Trace
        Of one file.
    pause : float
        Seconds without speech that a turn goes on over.
    shortest : float
        Seconds; shorter turns are left out.
    """
    start, end, speaker = _speakers(trace)
    found: list[Piece] = []
    for run in runs(speaker):
        first, last, who = float(start[run.start]), float(end[run.stop - 1]), int(speaker[run.start])
        if found and found[-1].speaker == who and first - found[-1].end <= pause:
            first = found.pop().start
        found.append(Piece(first, last, speaker=who))
    labels = {-1: OFF_SCREEN, -2: UNKNOWN}
    return [
        Piece(p.start, p.end, labels.get(p.speaker or 0, f"person {p.speaker}"), speaker=_person(p.speaker))
        for p in found
        if p.end - p.start >= shortest
    ]


def spans(path: Path, files: Sequence[str]) -> tuple[dict[str, list[Piece]], list[str]]:
    """Marked spans of recordings, by file, and the names of recordings that are none of these.

    Parameters
    ----------
    path : Path
        An ELAN or Praat file, all tiers of it, without points and empty labels; a table with ``start,end``
        and perhaps ``file``, ``label`` and ``track``; or a folder of them, each named as its recording.
        A table without ``file``, or a single file that is named as no recording, is of all recordings.
    files : sequence of str
        The recordings, as traces name them.

    Raises
    ------
    DataError
        If there are none, a file cannot be read, or its name may mean two recordings.
    """
    if not path.is_dir():
        return _of_file(path, files)
    found: dict[str, list[Piece]] = {}
    missing: list[str] = []
    for one in walk(path, (*TIERS, ".csv", ".tsv", ".txt")):
        slashed = {file.replace("\\", "/"): file for file in files}
        meant, unknown = by_file({one.relative_to(path).with_suffix("").as_posix(): one}, slashed, path)
        missing += unknown
        for file in meant:
            marked, unknown = _of_file(one, [slashed[file]])
            found.setdefault(slashed[file], []).extend(marked[slashed[file]])
            missing += unknown
    if not found:
        raise DataError(f"{path}: no file of spans is named as a recording; name P01.eaf as P01.mp4")
    return found, missing


def _of_file(path: Path, files: Sequence[str]) -> tuple[dict[str, list[Piece]], list[str]]:
    if path.suffix.lower() in TIERS:
        marked = [
            Piece(begin, end, text.strip(), tier)
            for tier, notes in tiers_of(path).items()
            for begin, end, text in notes
            if end is not None and end > begin and text.strip()
        ]
        if not marked:
            raise DataError(f"{path}: no tier has a span with a label; mark some, or give another file")
        slashed = {file.replace("\\", "/"): file for file in files}
        meant, _ = by_file({path.with_suffix("").name: marked}, slashed, path)
        return {slashed[file]: each for file, each in meant.items()} or dict.fromkeys(files, marked), []
    if path.suffix.lower() not in TABLES:
        raise DataError(f"--by {path}: expected 1s, turns, recording, or a file .eaf, .TextGrid or .csv")
    table = read_table(path)
    naming = next((name for name in FILE_NAMES if name in table.names), None)
    if naming is None:
        return dict.fromkeys(files, _of_rows(table, np.arange(len(table)))), []
    slashed = {file.replace("\\", "/"): file for file in files}
    named = {name: _of_rows(table, rows) for name, rows in rows_by_name(table, naming).items()}
    meant, missing = by_file(named, slashed, path)
    if not meant:
        raise DataError(f"{path}: names none of the recordings, but {missing[0]!r}")
    return {slashed[file]: each for file, each in meant.items()}, missing


def _of_rows(table: LabelTable, rows: np.ndarray) -> list[Piece]:
    starts, ends = table.time, table.ends
    if ends is None:
        raise DataError(f"{table.path}: no column of ends; expected the header start,end,label")
    for row in rows[~((starts[rows] >= 0) & (starts[rows] < ends[rows]))]:
        raise DataError(f"{table.path}: data row {row + 1} is no span; expected a start, and an end after it")
    naming = next((name for name in _LABELS if name in table.names), None)
    labels = table.text(naming) if naming else [str(k + 1) for k in range(len(table))]
    tracks = table.column("track") if "track" in table.names else np.full(len(table), np.nan)
    return [
        Piece(
            float(starts[k]), float(ends[k]), labels[k], track=None if np.isnan(tracks[k]) else int(tracks[k])
        )
        for k in rows
    ]


def _speakers(trace: Trace) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts and ends of the moments, and who speaks: -1 nobody in view, -2 unknown, NaN silence."""
    table, tracks = trace.table, trace.tracks
    first, last = (table.index.get_level_values(name).to_numpy() for name in ("start", "end"))
    start, moment = np.unique(first, return_inverse=True)
    end = np.zeros(len(start))
    np.maximum.at(end, moment, last)
    voiced = np.full(len(start), -1.0)
    np.maximum.at(voiced, moment, np.nan_to_num(table["voiced"].to_numpy(), nan=-1.0))
    track = table["track"].to_numpy(dtype=float, na_value=np.nan)
    speaking = np.full((len(start), len(tracks) + 1), -1.0)  # the last column keeps argmax from being empty
    for column, number in enumerate(tracks):
        mine = track == number
        speaking[moment[mine], column] = np.nan_to_num(table["speaking"].to_numpy()[mine], nan=-1.0)
    best, largest = speaking.argmax(axis=1), speaking.max(axis=1)
    seen = np.zeros(len(start), dtype=bool)
    np.logical_or.at(seen, moment, np.isfinite(track) & table["face_conf"].notna().to_numpy())
    who = np.where(
        largest >= SPEAKING, np.array([*tracks, -2])[best], np.where((largest >= 0) | ~seen, -1, -2)
    )
    return start, end, np.where(voiced >= SPEAKING, who, np.nan).astype(float)


def _person(number: int | None) -> int | None:
    return None if number is None or number < 0 else number

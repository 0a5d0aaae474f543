"""Label files: what kind a file is, which recording and target it is of, and all of them in a folder."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ... import abaw
from ...errors import DataError
from ...spec import TARGETS
from ...text import first_line, read_text
from .carma import is_carma
from .options import LabelOptions
from .table import canonical, split_rows
from .times import time_columns
from .values import has_values

log = logging.getLogger(__name__)

TIERS = (".eaf", ".textgrid")
TABLES = (".csv", ".tsv", ".tab", ".txt", ".dat", ".arff")
MAX_FILES = 1_000_000
"""With more files and folders, a folder is refused: it is not one of labels."""

_RESULTS = (".parquet", ".jsonl")
_OWN = {"valence_lo", "valence_hi", "arousal_lo", "arousal_hi", "face_conf"}
_OWN_INDEX = {"file", "start", "end", "track"}
_HEAD = 65_536  # bytes of a file that show its kind


class Kind(Enum):
    """What a file holds."""

    TIERS = "ELAN or Praat"
    CARMA = "CARMA or DARMA"
    ABAW = "valence,arousal of every frame"
    TABLE = "a table with a header"
    RESULTS = "predictions that avaffect wrote"
    OTHER = "no labels"


@dataclass(frozen=True)
class LabelFile:
    """A file that holds labels.

    Attributes
    ----------
    path : Path
    kind : Kind
    name : str
        The recording, as the file's name tells it: the path in the folder without endings. A table may name
        recordings itself.
    target : str or None
        The target that the file's or its folder's name tells.
    """

    path: Path
    kind: Kind
    name: str
    target: str | None


def kind_of(path: Path, options: LabelOptions | None = None) -> Kind:
    """What a file holds, by its ending and its first lines.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    ending = path.suffix.lower()
    if ending in TIERS:
        return Kind.TIERS
    if ending in _RESULTS:
        return Kind.RESULTS
    if ending == ".arff":
        return Kind.TABLE
    head = read_text(path, head=_HEAD)
    if abaw.compact(first_line(head)) == abaw.HEADER:
        return Kind.RESULTS if _is_recorded(path) else Kind.ABAW
    rows = split_rows(path, head, options.delimiter if options else None)[:40]
    if not rows:
        return Kind.OTHER
    names = [canonical(name) for name in rows[0]]
    if is_results(names):
        return Kind.RESULTS
    if is_carma(rows):
        return Kind.CARMA
    rated = any(target in names for target in TARGETS)
    timed = time_columns(names).time is not None
    if rated and not timed and ending == ".txt":
        return Kind.ABAW  # whose reader says what is wrong with it
    return Kind.TABLE if rated or (timed and has_values(names)) else Kind.OTHER


def is_results(names: list[str]) -> bool:
    """Whether a header is that of a table that avaffect wrote: predictions, which are no labels."""
    return bool(_OWN & set(names)) or set(names) >= _OWN_INDEX or "image_location" in names


def _is_recorded(path: Path) -> bool:
    """Whether a record of avaffect beside a file names it among its results."""
    try:
        record = json.loads(read_text(path.with_name(f"{path.stem}.avaffect.json")))
        return path.name in record["outputs"]
    except (DataError, ValueError, KeyError, TypeError, RecursionError):
        return False


def label_file(path: Path, folder: Path, options: LabelOptions | None = None) -> LabelFile:
    """A label file with what its name tells; ``folder`` is where names of recordings begin."""
    place = path.relative_to(folder)
    parts, target = [*place.parts[:-1], place.stem], None
    for candidate in TARGETS:
        stem = parts[-1]
        if stem.lower() == candidate and len(parts) > 1:  # talk/valence.csv
            parts, target = parts[:-1], candidate
        elif stem.lower().endswith(candidate) and stem[: -len(candidate)][-1:] in (".", "_", "-", " "):
            parts, target = [*parts[:-1], stem[: -len(candidate) - 1]], candidate  # talk.valence.csv
        elif len(parts) > 1 and parts[-2].lower() == candidate:  # valence/talk.csv
            parts, target = [*parts[:-2], stem], candidate
    if target is None and path.parent.name.lower() in TARGETS and len(place.parts) == 1:
        target = path.parent.name.lower()
    return LabelFile(path, kind_of(path, options), "/".join(parts), target)


def label_files(folder: Path, options: LabelOptions | None = None) -> list[LabelFile]:
    """All label files in a folder and the folders in it, sorted; others are left out, and the log says which.

    Raises
    ------
    DataError
        If the folder holds more than `MAX_FILES` files.
    """
    found, left_out = [], []
    for path in walk(folder, (*TIERS, *TABLES, *_RESULTS)):
        try:
            file = label_file(path, folder, options)
        except DataError:  # what is wrong with it is told when it is read
            file = LabelFile(path, Kind.TABLE, path.stem, None)
        if file.kind in (Kind.RESULTS, Kind.OTHER):
            left_out.append(f"{path.name} ({file.kind.value})")
        elif not file.name.lower().endswith("_all"):  # challenges also give all recordings in one file
            found.append(file)
    if left_out:
        more = f" and {len(left_out) - 5} more" if len(left_out) > 5 else ""
        log.warning("%s: not read as labels: %s%s", folder, ", ".join(left_out[:5]), more)
    return found


def walk(folder: Path, endings: Iterable[str]) -> Iterator[Path]:
    """The files in a folder and the folders in it that have one of the endings, sorted, without hidden ones.

    Raises
    ------
    DataError
        If it holds more than `MAX_FILES` files, or is the whole file system.
    """
    if folder.resolve() == folder.resolve().parent:
        raise DataError(f"{folder} is the whole file system; give one folder of it")
    known = frozenset(endings)
    count = 0
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        count += len(folders) + len(files)
        if count > MAX_FILES:
            raise DataError(f"{folder} holds more than {MAX_FILES:,} files; give a folder within it")
        for name in sorted(files):
            path = Path(here, name)
            if path.suffix.lower() in known and not name.startswith(".") and path.is_file():
                yield path

"""Which recordings the inputs of a run stand for."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from glob import has_magic, iglob
from pathlib import Path

from .errors import DataError, MediaError
from .files import url
from .record import ENDING, Record

_TABLES = (".csv", ".tsv")


@dataclass(frozen=True)
class Found:
    """Recordings that the inputs stand for.

    Attributes
    ----------
    recordings : list of (Path, Path)
        Each with the input it was found by: itself, or a folder.
    left_out : list of str
        What lies in the inputs and is not read, one line each.
    """

    recordings: list[tuple[Path, Path]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def find(inputs: Iterable[str | Path], out: Path, *, recursive: bool) -> Found:
    """All recordings that the inputs stand for, each once.

    A folder stands for the media files in it, a pattern such as ``sessions/**/*.mp4`` for those that it
    matches, a table (.csv, .tsv) for those that its column ``file`` names, from the table's own folder on.
    Annotated videos that this program wrote are never taken: not from a folder or by a pattern, nor by name
    from the result folder.

    Raises
    ------
    MediaError
        If an input stands for no recording, or nothing is left.
    DataError
        If a table cannot be read.
    """
    found = Found()
    seen: set[str] = set()
    for given in inputs:
        for root, file in _stands_for(str(given), Path(out), recursive, found):
            place = os.path.abspath(file)
            if place not in seen:
                seen.add(place)
                found.recordings.append((root, file))
    if not found.recordings:
        raise MediaError("; ".join(found.left_out) + "; name a recording")
    return found


def _stands_for(given: str, out: Path, recursive: bool, found: Found) -> Iterable[tuple[Path, Path]]:
    """The recordings of one input, each with the folder that it was found in, or itself."""
    path = Path(given)
    if address := url(path):
        raise MediaError(f"{address}: is an address, a file was expected; download it and give its name")
    if _is_folder(path):
        return [(path, file) for file in _media_of(path, recursive, found)]
    if not os.path.lexists(path) and has_magic(given):
        return _matching(given, found)
    if path.suffix.lower() in _TABLES:
        return _listed_in(path)
    if _absolute(out) in _absolute(path).parents and _is_ours(path):
        found.left_out.append(f"{path}: a result of an earlier run")
        return []
    return [(path, path)]


def _matching(pattern: str, found: Found) -> list[tuple[Path, Path]]:
    """The media files that a pattern matches, with the folder in which it begins."""
    from .media.folder import MEDIA_ENDINGS

    root = Path(pattern)
    while has_magic(str(root)):
        root = root.parent
    files = sorted(path for text in iglob(pattern, recursive=True) if (path := Path(text)).is_file())
    if not files:
        raise MediaError(f"{pattern}: matches no file; check it, ** stands for folders within folders")
    media = [path for path in files if path.suffix.lower() in MEDIA_ENDINGS]
    theirs = [path for path in media if not _is_ours(path)]
    for what, count in (
        ("files whose endings are not of video or sound", len(files) - len(media)),
        ("annotated videos of earlier runs", len(media) - len(theirs)),
    ):
        if count:
            found.left_out.append(f"{pattern}: {what} ({count})")
    return [(_found_by(root, path), path) for path in theirs]


def _listed_in(table: Path) -> list[tuple[Path, Path]]:
    """The recordings that a table names, from its own folder on."""
    from .corpus.labels.table import read_table
    from .predict.speakers import naming_column

    rows = read_table(table)
    names = [name for name in rows.text(naming_column(rows, "file")) if name]
    if not names:
        raise DataError(f"{table}: names no recording; give one a row in the column 'file'")
    files = [table.parent / name for name in names]
    return [(_found_by(table.parent, file), file) for file in files]


def _found_by(root: Path, file: Path) -> Path:
    """The folder whose folders a result keeps; the file itself, if it does not lie in that folder."""
    inside = root in file.parents and ".." not in file.relative_to(root).parts
    return root if inside else file


def _media_of(folder: Path, recursive: bool, found: Found) -> list[Path]:
    from .media.folder import look_into  # here and above: a decoder is loaded with it

    contents = look_into(folder, recursive=recursive)
    if contents.ours:
        found.left_out.append(f"{folder}: annotated videos of earlier runs ({len(contents.ours)})")
    if contents.others:
        endings = Counter(path.suffix.lower() or "no ending" for path in contents.others)
        most = ", ".join(ending for ending, _ in endings.most_common(5))
        found.left_out.append(
            f"{folder}: files whose endings are not of video or sound ({len(contents.others)}: {most})"
        )
    if not contents.media:
        hint = "name another folder" if recursive else "add --recursive to look into its folders"
        raise MediaError(f"{folder}: holds no video or audio files; {hint}")
    return contents.media


def _is_ours(path: Path) -> bool:
    """Whether a record beside a file says that this program wrote it."""
    with suppress(OSError):
        for beside in path.parent.glob(f"*{ENDING}"):
            record = Record.read(beside)
            if record is not None and record.wrote(path):
                return True
    return False


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:
        raise MediaError(f"{path}: cannot be looked at ({error.strerror}); change its permissions") from error

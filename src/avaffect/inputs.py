"""Which recordings the inputs of a run stand for."""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from glob import has_magic, iglob
from pathlib import Path

from .address import Address, Place, absolute, place
from .copies import fetched
from .errors import DataError, MediaError, advice
from .outputs import SUFFIXES
from .record import ENDING, Record
from .storage import exists, is_folder, matching, objects

_TABLES = (".csv", ".tsv")
_WEB = ("http", "https")


@dataclass(frozen=True)
class Found:
    """Recordings that the inputs stand for.

    Attributes
    ----------
    recordings : list of (Path or Address, Path or Address)
        Each with the input it was found by: itself, or a folder.
    left_out : list of str
        What lies in the inputs and is not read, one line each.
    """

    recordings: list[tuple[Place, Place]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def find(inputs: Iterable[str | Place], out: Place, *, recursive: bool) -> Found:
    """All recordings that the inputs stand for, each once.

    A folder stands for the media files in it, a pattern such as ``sessions/**/*.mp4`` for those that it
    matches, a table (.csv, .tsv) for those that its column ``file`` names, from the table's own folder on.
    So it is at addresses too (``s3://bucket/sessions``), where all below is looked at.
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
        where = place(given)
        for root, file in _stands_for(where, str(given), out, recursive, found):
            if (name := absolute(file)) not in seen:
                seen.add(name)
                found.recordings.append((root, file))
    if not found.recordings:
        raise MediaError("; ".join(found.left_out) + "; name a recording")
    return found


def _stands_for(
    path: Place, given: str, out: Place, recursive: bool, found: Found
) -> Sequence[tuple[Place, Place]]:
    """The recordings of one input, each with the folder that it was found in, or itself."""
    if isinstance(path, Address):
        return _at_address(path, recursive, found)
    if _is_folder(path):
        return [(path, file) for file in _media_of(path, recursive, found)]
    if not os.path.lexists(path) and has_magic(given):
        return _matching(given, found)
    if path.suffix.lower() in _TABLES:
        return _listed_in(path)
    if isinstance(out, Path) and _absolute(out) in _absolute(path).parents and _is_ours(path):
        found.left_out.append(f"{path}: a result of an earlier run")
        return []
    return [(path, path)]


def _at_address(given: Address, recursive: bool, found: Found) -> list[tuple[Place, Place]]:
    """The recordings of an address, each with the folder that it was found in, or itself."""
    if given.scheme in _WEB and has_magic(str(given)):
        raise MediaError(f"{given}: on the web neither patterns nor questions are followed; name each file")
    root = given
    if has_magic(str(given)) and not exists(given):
        while has_magic(str(root)):
            root = root.parent
        files = matching(given)
        if not files:
            raise MediaError(f"{given}: matches no object; check it, ** stands for folders within folders")
    elif is_folder(given):
        files = list(objects(given, recursive=recursive))
    else:
        return _listed_in(given) if given.suffix.lower() in _TABLES else [(given, given)]
    shown = [file for file in files if not any(part.startswith(".") for part in file.relative_to(root).parts)]
    media = _theirs(given, shown, found)
    if not media:
        hint = "name another folder" if recursive else "add --recursive to look into its folders"
        raise MediaError(f"{given}: holds no video or audio files; {hint}")
    return [(root, file) for file in media]


def _theirs(given: Address, files: Sequence[Address], found: Found) -> list[Address]:
    """The media files among objects, without the annotated videos of earlier runs."""
    from .media.folder import MEDIA_ENDINGS

    media = [file for file in files if file.suffix.lower() in MEDIA_ENDINGS]
    theirs = [file for file in media if not _is_our_video(file)]
    _leave_out(given, found, others=len(files) - len(media), ours=len(media) - len(theirs))
    return theirs


def _is_our_video(file: Address) -> bool:
    """Whether the record of a recording says that this is its annotated video."""
    (ending,) = SUFFIXES["video"]
    if not file.name.endswith(ending):
        return False
    record = Record.read(file.with_name(file.name.removesuffix(ending) + ENDING))
    return record is not None and record.wrote(file)


def _leave_out(given: Place | str, found: Found, *, others: int, ours: int) -> None:
    """Note what a pattern or a folder at an address holds and is not read."""
    for what, count in (
        ("files whose endings are not of video or sound", others),
        ("annotated videos of earlier runs", ours),
    ):
        if count:
            found.left_out.append(f"{given}: {what} ({count})")


def _matching(pattern: str, found: Found) -> list[tuple[Place, Place]]:
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
    _leave_out(pattern, found, others=len(files) - len(media), ours=len(media) - len(theirs))
    return [(_found_by(root, path), path) for path in theirs]


def _listed_in(table: Place) -> list[tuple[Place, Place]]:
    """The recordings that a table names, from its own folder on."""
    from .corpus.labels.table import read_table
    from .predict.speakers import naming_column

    with fetched(table) as copy:
        rows = read_table(copy)
    names = [name for name in rows.text(naming_column(rows, "file")) if name]
    if not names:
        raise DataError(f"{table}: names no recording; give one a row in the column 'file'")
    files = [_beside(table, name) for name in names]
    return [(_found_by(table.parent, file), file) for file in files]


def _beside(table: Place, name: str) -> Place:
    """What a table calls by a name: an address, or what lies there from the table's folder on."""
    if isinstance(named := place(name), Address):
        return named
    if not isinstance(table, Address) or named.is_absolute():
        return table.parent / name if isinstance(table, Path) else named
    scheme, *folder = table.parent.parts
    return Address(scheme, posixpath.normpath(posixpath.join(*folder, name)))


def _found_by(root: Place, file: Place) -> Place:
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
        raise MediaError(f"{path}: cannot be looked at ({error.strerror}); {advice(error)}") from error

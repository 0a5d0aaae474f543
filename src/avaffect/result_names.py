"""The names of recordings' results: no two alike, and short enough for the file system."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .address import Address, Place
from .address import absolute as absolute_name


def result_names(recordings: Sequence[tuple[Place, Place]], longest: int) -> list[Path]:
    """Folder and name of each recording's results, below the result folder.

    Parameters
    ----------
    recordings : sequence of (Path or Address, Path or Address)
        Each with the input it was found by: itself, or a folder. Folders within that folder are kept.
    longest : int
        Bytes that a name may have.
    """
    places = [_place(given, file) for given, file in recordings]
    owners: dict[str, set[str]] = {}
    for (given, file), place in zip(recordings, places, strict=True):
        root = given.parent if file == given else given
        owners.setdefault(key(_plain(place)), set()).add(absolute_name(root))
    if any(len(roots) > 1 for roots in owners.values()):
        # Inputs from several folders share names: keep the folders, from where they part.
        absolute = [
            Path(*file.parts) if isinstance(file, Address) else Path(os.path.abspath(file))
            for _, file in recordings
        ]
        with suppress(ValueError):  # on several drives, or here and at an address, there is no such place
            common = os.path.commonpath([path.parent for path in absolute])
            places = [path.relative_to(common) for path in absolute]
    plain = [_shortened(_plain(place), longest) for place in places]
    counts = Counter(key(name) for name in plain)
    taken = {key(name) for name in plain if counts[key(name)] == 1}
    return [
        name if counts[key(name)] == 1 else _unused(place, longest, taken)
        for name, place in zip(plain, places, strict=True)
    ]


def lone_name(given: Place, file: Place, longest: int) -> Path:
    """The name that `result_names` gives a recording if no other is there.

    >>> lone_name(Path("in"), Path("in/day1/talk.mp4"), 200).as_posix()
    'day1/talk'
    """
    return _shortened(_plain(_place(given, file)), longest)


def _place(given: Place, file: Place) -> Path:
    """Where a recording lies within the input it was found by."""
    return Path(file.name) if file == given else Path(*file.relative_to(given).parts)


def _plain(place: Path) -> Path:
    """A file's place without its ending; "..mp4" stays as it is, for "." is no name."""
    return place.with_name(place.stem) if place.stem.strip(".") else place


def _unused(place: Path, longest: int, taken: set[str]) -> Path:
    """A name with the file's ending in it, and a number where that is taken too."""
    number = 1
    while True:
        number_text = f"_{number}" if number > 1 else ""
        name = place.name.replace(".", "_") + number_text
        path = _shortened(place.parent / name, longest)
        if key(path) not in taken:
            taken.add(key(path))
            return path
        number += 1


def _shortened(path: Path, longest: int) -> Path:
    """The path with a name of so many bytes; one that is longer ends in a hash of the whole."""
    raw = os.fsencode(path.name)
    if len(raw) <= longest:
        return path
    digest = hashlib.sha256(raw).hexdigest()[:8]
    head = path.name
    while len(os.fsencode(head)) > longest - len(digest) - 1:
        head = head[:-1]
    return path.with_name(f"{head}-{digest}")


def longest_name(out: Place, follows: int) -> int:
    """Bytes that a name may have in a folder's file system, where so many more follow it."""
    try:
        return os.pathconf(out, "PC_NAME_MAX") - follows
    except (AttributeError, OSError, ValueError):
        return 255 - follows


def key(path: Path | str) -> str:
    """Equal for names that a file system may take for one: whatever their case and composition."""
    return unicodedata.normalize("NFC", str(path)).casefold()

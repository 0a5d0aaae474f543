"""The record of a recording's results: ``NAME.avaffect.json`` beside them.

It says which recording was read, by which model under which settings, and which files were written. By it the
program tells its own files from a user's, and what a stopped run has finished.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from .address import Address, Place, absolute
from .errors import MediaError, advice
from .storage import identity, is_file, read_bytes, size, write_bytes

ENDING = ".avaffect.json"
FORMAT = 1
_HEAD = 64 * 1024  # bytes


@dataclass(frozen=True)
class Source:
    """The identity of a recording's file.

    Attributes
    ----------
    path : str
        Absolute; links in it are not resolved. Or an address.
    size : int
        Bytes.
    modified : int
        Nanoseconds of the system's clock; 0 where a store does not tell.
    head : str
        SHA-256 of its first 64 KiB.
    """

    path: str
    size: int
    modified: int
    head: str

    @classmethod
    def of(cls, path: Place) -> Self:
        """The identity of a file, or of an object, as it is now.

        Raises
        ------
        MediaError
            If it cannot be read.
        """
        if isinstance(path, Address):
            count, changed, first = identity(path, _HEAD)
            return cls(str(path), count, changed, hashlib.sha256(first).hexdigest())
        try:
            if path.exists() and not path.is_file():  # a pipe would be waited for
                raise MediaError(f"{path}: is no regular file; give a video or audio file")
            with path.open("rb") as file:
                state = os.fstat(file.fileno())
                head = hashlib.sha256(file.read(_HEAD)).hexdigest()
        except FileNotFoundError as error:
            raise MediaError(f"{path}: no such file; check the spelling or give the full path") from error
        except OSError as error:
            raise MediaError(f"{path}: cannot be read ({error.strerror}); {advice(error)}") from error
        return cls(absolute(path), state.st_size, state.st_mtime_ns, head)

    def is_same(self, other: Source) -> bool:
        """Whether the content is the same, as far as size, time and beginning tell."""
        return (self.size, self.modified, self.head) == (other.size, other.modified, other.head)

    def is_another(self, other: Source) -> bool:
        """Whether the two are different recordings: not one file that was changed, moved or is linked to."""
        if self.path == other.path:
            return False
        try:
            return not os.path.samefile(self.path, other.path)
        except OSError:  # one is gone: perhaps it was moved
            return not self.is_same(other)


@dataclass(frozen=True)
class Record:
    """What was made of a recording, and how.

    Attributes
    ----------
    source : Source
    settings : dict
        Model, hash of its weights, options: plain JSON. Equal settings give equal results.
    outputs : dict of str to (int or None)
        The names of the files beside the record that are ours: bytes of one that is finished under these
        settings; None for one that is planned, or left from an earlier run.
    absent : tuple of str
        Names that were asked for and cannot be: a recording without pictures has no annotated video.
    figures : mapping or None
        The results in a line (`avaffect.run.figures`); None while there are none.
    """

    source: Source
    settings: Mapping[str, Any]
    outputs: Mapping[str, int | None] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    figures: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, path: Place) -> Self | None:
        """A record; None if there is none, or the file is none of ours."""
        try:
            raw = json.loads(read_bytes(path).decode("utf-8"))
            if raw["format"] != FORMAT:
                return None
            absent, figures = tuple(raw["absent"]), raw["figures"]
            found = cls(Source(**raw["source"]), raw["settings"], raw["outputs"], absent, figures)
            sizes = all(size is None or isinstance(size, int) for size in found.outputs.values())
            return (
                found
                if sizes and isinstance(found.settings, dict) and isinstance(figures, dict | None)
                else None
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def write(self, path: Place) -> None:
        """Write the record.

        Raises
        ------
        DataError
            If it cannot be written there.
        """
        content = json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n"
        write_bytes(path, content.encode("utf-8"))

    def wrote(self, path: Place) -> bool:
        """Whether a file beside the record is as this program left it."""
        if path.name not in self.outputs:
            return False
        count = self.outputs[path.name]
        return count is None or size(path) == count

    def is_finished(self, path: Place) -> bool:
        """Whether a file beside the record is there whole, or cannot be."""
        return path.name in self.absent or (self.outputs.get(path.name) is not None and is_file(path))

    def with_finished(self, *paths: Place) -> Record:
        """The record once these files are written."""
        sizes = {path.name: size(path) for path in paths}
        return replace(self, outputs={**self.outputs, **sizes})

    def with_absent(self, *paths: Place) -> Record:
        """The record once it is known that these files cannot be."""
        outputs = {name: size for name, size in self.outputs.items() if name not in {p.name for p in paths}}
        return replace(self, outputs=outputs, absent=(*self.absent, *(path.name for path in paths)))


def owned(folder: Path, names: list[str]) -> set[str]:
    """Of the names in a folder, those of files that this program wrote, by the records there."""
    found: set[str] = set()
    for name in names:
        if name.endswith(ENDING):
            record = Record.read(folder / name)
            found |= {name, *record.outputs} if record else set()
    return found

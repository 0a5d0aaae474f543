"""Files that clients send: where they lie, and what they are called."""

from __future__ import annotations

import shutil
import unicodedata
from pathlib import Path, PurePosixPath
from typing import IO

from ..media.folder import MEDIA_ENDINGS

_LONGEST_NAME = 120  # characters
_SOURCE = "source"


def shown_name(given: str | None) -> str:
    r"""A client's name for a file, made safe to show and to offer as a file's name: never used as a path.

    >>> shown_name("C:\\films\\..\\monday.mp4"), shown_name("../../etc/passwd"), shown_name("..\0")
    ('monday.mp4', 'passwd', 'recording')
    """
    last = (given or "").replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in unicodedata.normalize("NFC", last) if c.isprintable() and c not in '<>:"|?*')
    stem, dot, ending = kept.strip(" .").rpartition(".")
    if not dot:
        return ending[:_LONGEST_NAME] or "recording"
    return f"{stem[: _LONGEST_NAME - 1 - len(ending[:20])]}.{ending[:20]}"


def save(file: IO[bytes], folder: Path, name: str) -> Path:
    """Write an upload into a job's folder under a name of ours."""
    ending = PurePosixPath(name).suffix.lower()
    path = folder / f"{_SOURCE}{ending if ending in MEDIA_ENDINGS else ''}"
    with path.open("xb") as copy:
        shutil.copyfileobj(file, copy, 2**20)
    return path


def saved(folder: Path) -> Path | None:
    """The upload in a job's folder; None if it was deleted."""
    return next(folder.glob(f"{_SOURCE}*"), None)

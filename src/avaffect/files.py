"""Writing a file so that it is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from .errors import DataError


@contextmanager
def replacing(path: str | Path, *, make_folder: bool = False) -> Iterator[Path]:
    """A temporary name beside ``path``, moved onto it when the block ends well.

    The name keeps the ending of ``path``, for writers that choose a format by it. When the block
    fails, the temporary file is removed and ``path`` is as it was.

    Parameters
    ----------
    path : path
    make_folder : bool
        Make the folder that the file is to lie in, where it is not there.

    Raises
    ------
    DataError
        If the file cannot be written there.
    """
    target = Path(path)
    if target.is_dir():
        raise DataError(f"cannot write {target}: it is a folder; give a file's name")
    if make_folder:
        _make(target.parent)
    elif not target.parent.is_dir():
        raise DataError(f"cannot write {target}: no folder {target.parent}; create it first")
    temporary = target.with_name(f".{uuid4().hex[:8]}.{target.name}")
    try:
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        raise DataError(f"cannot write {target}: {error.strerror or error}; choose another place") from error
    finally:
        temporary.unlink(missing_ok=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the folder {folder}: {error.strerror}; choose another place") from error

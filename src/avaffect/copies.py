"""Objects as files: copied to this machine before they are read, and written here before they are put."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from .address import Address, Place
from .errors import AvaffectError
from .files import remove_stale, remove_stale_once, temporary_name
from .storage import get, put

_COPIES: ContextVar[Mapping[Address, Path]] = ContextVar("copies")


@contextmanager
def fetched(place: Place) -> Iterator[Path]:
    """A file to read: the path itself, or a copy of the object, which is removed with the end of the block.

    Blocks for one object within each other share the copy. Errors and warnings name the address.

    Raises
    ------
    MediaError
        If there is no such object, or it cannot be read.
    """
    held = _COPIES.get({})
    if not isinstance(place, Address):
        yield place
        return
    if place in held:
        yield held[place]
        return
    with _scratch() as folder:
        copy = folder.joinpath(*place.parts[1:])
        copy.parent.mkdir(parents=True, exist_ok=True)
        get(place, copy)
        token = _COPIES.set({**held, place: copy})
        try:
            with _known_as(copy, place):
                yield copy
        finally:
            _COPIES.reset(token)


@contextmanager
def written(places: Sequence[Place]) -> Iterator[list[Path]]:
    """Files to write for places of one folder: the paths themselves, or files that are put there at the end.

    Raises
    ------
    AvaffectError
        If they cannot be put there.
    """
    paths = [place for place in places if isinstance(place, Path)]
    if len(paths) == len(places):
        yield paths
        return
    with _scratch() as folder:
        files = [folder / place.name for place in places]
        yield files
        for file, place in zip(files, places, strict=True):
            assert isinstance(place, Address)
            put(file, place)


def remove_copies() -> None:
    """Remove what killed processes have copied to this machine."""
    remove_stale(Path(tempfile.gettempdir()))


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder on this machine; a process that is killed leaves it to the next."""
    remove_stale_once(Path(tempfile.gettempdir()))
    folder = temporary_name(Path(tempfile.gettempdir()) / "copies")
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _known_as(copy: Path, address: Address) -> Iterator[None]:
    """Errors in the block, and what is logged, name the address in place of its copy."""

    def rename(record: logging.LogRecord) -> bool:
        if str(copy) in (text := record.getMessage()):
            record.msg, record.args = text.replace(str(copy), str(address)), ()
        return True

    handlers = [handler for handler in (*logging.getLogger().handlers, logging.lastResort) if handler]
    for handler in handlers:
        handler.addFilter(rename)
    try:
        yield
    except AvaffectError as error:
        error.args = tuple(str(each).replace(str(copy), str(address)) for each in error.args)
        raise
    finally:
        for handler in handlers:
            handler.removeFilter(rename)

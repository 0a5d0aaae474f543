"""Files of this machine, and objects at addresses: the same few operations for both.

Addresses are read and written by fsspec (extra ``avaffect[remote]``). An object is whole or not there.
Recordings and results go through `avaffect.copies`.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from glob import has_magic
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from .address import Address, Place
from .errors import AvaffectError, DataError, MediaError
from .files import replacing, writable_folder

_AT_ONCE = 16  # questions to a store that wait for their answers
_LONGEST_REASON = 200  # characters

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_listed: dict[Address, dict[Address, int]] = {}


def exists(place: Place) -> bool:
    """Whether there is such a file, a link to nothing, or an object."""
    if not isinstance(place, Address):
        return os.path.lexists(place)
    with suppress(_Absent):
        size(place)
        return True
    return False


def is_file(place: Place) -> bool:
    """Whether there is such a file, or an object."""
    return exists(place) if isinstance(place, Address) else place.is_file()


def size(place: Place) -> int:
    """Bytes of a file or an object.

    Raises
    ------
    OSError
        If there is none.
    """
    if not isinstance(place, Address):
        return place.lstat().st_size
    for folder, sizes in _listed.items():
        if folder in place.parents:
            if place not in sizes:
                raise _Absent(str(place))
            return sizes[place]
    info = _info(place)
    if info["type"] == "directory":
        raise _Absent(str(place))
    return int(info["size"] or 0)


def read_bytes(place: Place) -> bytes:
    """The content of a file or an object.

    Raises
    ------
    OSError
        If there is none, or it cannot be read.
    """
    if not isinstance(place, Address):
        if not stat.S_ISREG(place.stat().st_mode):  # a pipe would be waited for
            raise OSError(errno.EINVAL, "it is no file", str(place))
        return place.read_bytes()
    if _listed and not exists(place):
        raise _Absent(str(place))
    with _told(place):
        return bytes(_system(place).cat_file(str(place)))


def write_bytes(place: Place, content: bytes) -> None:
    """Write a file or an object, whole or not at all, with the folders that it lies in.

    Raises
    ------
    AvaffectError
        If it cannot be written.
    """
    if not isinstance(place, Address):
        with replacing(place, make_folder=True) as part:
            part.write_bytes(content)
        return
    with _told(place, "written"):
        _system(place).pipe_file(str(place), content)


def get(address: Address, file: Path) -> None:
    """Copy an object to a file.

    Raises
    ------
    MediaError
        If there is none, or it cannot be read.
    """
    with _there(address), _told(address):
        _system(address).get_file(str(address), str(file))


def put(file: Path, address: Address) -> None:
    """Copy a file to an object, whole or not at all.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    with _told(address, "written"):
        _system(address).put_file(str(file), str(address))


def remove(place: Place) -> None:
    """Remove a file or an object, where it is there and may be removed."""
    if not isinstance(place, Address):
        with suppress(OSError):
            place.unlink(missing_ok=True)
        return
    with suppress(AvaffectError, OSError), _told(place, "written"):
        _system(place).rm_file(str(place))


def identity(address: Address, head: int) -> tuple[int, int, bytes]:
    """Size of an object, when it was changed in nanoseconds, and its first bytes.

    Raises
    ------
    MediaError
        If there is none, or it cannot be read.
    """
    try:
        count = size(address)
        with _told(address):
            system = _system(address)
            try:
                changed = round(system.modified(str(address)).timestamp() * 1e9)
            except NotImplementedError:  # on the web
                changed = 0
            first = system.cat_file(str(address), start=0, end=min(head, count)) if count else b""
    except _Absent as error:
        raise MediaError(f"{address}: no such object; check the spelling") from error
    return count, changed, bytes(first[:head])


def is_folder(address: Address) -> bool:
    """Whether objects lie below an address, and none at it.

    Raises
    ------
    MediaError
        If there is neither, or it cannot be looked at.
    """
    with _there(address):
        return bool(_info(address)["type"] == "directory")


def objects(folder: Address, *, recursive: bool = True) -> dict[Address, int]:
    """All objects below an address, in order of name, with their sizes.

    Raises
    ------
    MediaError
        If they cannot be looked at.
    """
    with _there(folder), _told(folder):
        system = _system(folder)
        system.invalidate_cache()
        found = system.find(str(folder), maxdepth=None if recursive else 1, detail=True)
    each = {_address(folder, name): int(info["size"] or 0) for name, info in found.items()}
    return dict(sorted((place, count) for place, count in each.items() if place != folder))


def matching(pattern: Address) -> list[Address]:
    """The objects that a pattern matches, in order of name.

    Raises
    ------
    MediaError
        If they cannot be looked at.
    """
    with _there(pattern), _told(pattern):
        found = _system(pattern).glob(str(pattern), detail=True)
    return sorted(_address(pattern, name) for name, info in found.items() if info["type"] != "directory")


@contextmanager
def listed(folder: Place) -> Iterator[None]:
    """Within the block, what lies below an address is known from one look at it."""
    if not isinstance(folder, Address):
        yield
        return
    _listed[folder] = objects(folder)
    try:
        yield
    finally:
        del _listed[folder]


def writable(folder: Place, advice: str) -> Place:
    """As `avaffect.files.writable_folder`: try, before the work, whether results can be written.

    Raises
    ------
    DataError
        If not.
    """
    if not isinstance(folder, Address):
        return writable_folder(folder, advice)
    if folder.scheme in ("http", "https"):
        raise DataError(f"{folder}: nothing can be written on the web; {advice}")
    if len(folder.parts) == 1 or has_magic(str(folder)):
        raise DataError(f"{folder}: is no folder's address, such as s3://bucket/results; {advice}")
    tried = folder / f".avaffect-{uuid4().hex[:8]}"
    with _told(folder, "written"):
        _system(folder).pipe_file(str(tried), b"")
    remove(tried)
    return folder


def each(work: Callable[[Item], Answer], items: Iterable[Item], *, remote: bool) -> list[Answer]:
    """The answers about many items; those of a store are waited for together."""
    if not remote:
        return [work(item) for item in items]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(work, items))


class _Absent(FileNotFoundError):
    """There is no such object."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.ENOENT, reason)


@contextmanager
def _there(address: Address) -> Iterator[None]:
    """That there is no such object is a `MediaError`."""
    try:
        yield
    except _Absent as error:
        raise MediaError(f"{address}: {error.strerror}; check the spelling") from error


def _info(address: Address) -> dict[str, Any]:
    with _told(address):
        return dict(_system(address).info(str(address)))


def _address(like: Address, name: str) -> Address:
    """The address of what a store calls by this name."""
    return Address(name if "://" in name else f"{like.parts[0]}//{name.lstrip('/')}")


@cache
def _system_of(start: str) -> Any:
    from fsspec.core import url_to_fs

    return url_to_fs(start)[0]


def _system(address: Address) -> Any:
    """What reads and writes a store.

    Raises
    ------
    AvaffectError
        If it is not installed, or there is no such kind of store.
    """
    if address.scheme in ("file", "local"):
        raise DataError(f"{address}: lies on this machine; give its path")
    try:
        return _system_of("/".join([f"{address.scheme}:/", *address.parts[1:2]]))
    except ModuleNotFoundError as error:
        raise AvaffectError(f"{address}: needs fsspec: pip install 'avaffect[remote]'") from error
    except ImportError as error:  # of fsspec, and it says of which package
        raise AvaffectError(f"{address}: needs one more package from pip: {error}") from error
    except ValueError as error:
        raise DataError(f"{address}: {error}; give a path, or an address such as s3://bucket/name") from error


@contextmanager
def _told(address: Address, done: str = "read") -> Iterator[None]:
    """Errors of a store, in one line; that there is no such object as an `_Absent`."""
    kind = MediaError if done == "read" else DataError
    try:
        yield
    except AvaffectError:
        raise
    except Exception as error:  # noqa: BLE001 - each store has errors of its own
        # Without a network, the web says that there is no such file, and why as the cause.
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        reason = " ".join(str(cause).split())[:_LONGEST_REASON] or type(cause).__name__
        if isinstance(cause, FileNotFoundError):
            absent = "no such bucket" if "bucket does not exist" in reason else "no such object"
            if done == "read":
                raise _Absent(absent) from error
            raise DataError(f"{address}: {absent}; create it first, or give another place") from error
        if "Credential" in type(cause).__name__ or isinstance(cause, PermissionError):
            advice = "check the credentials for the store, such as AWS_ACCESS_KEY_ID or 'aws configure'"
        elif getattr(cause, "errno", None) == errno.ENOSPC:
            advice = f"no room in {tempfile.gettempdir()}; set TMPDIR to a larger disk"
        else:
            advice = "check the address and the network"
        raise kind(f"{address}: cannot be {done} ({reason}); {advice}") from error

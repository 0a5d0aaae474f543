"""Writing a file so that it is there whole or not at all."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from uuid import uuid4

from .errors import DataError
from .text import read_text

_TEMPORARY = re.compile(r"\.avaffect-(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-[0-9a-f]{8}(\..*)?")
_LONGEST_ENDING = 16  # bytes; what is longer is part of a name
_OLD = 24 * 3600  # seconds without a change after which a temporary file is nobody's


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
    temporary = temporary_name(target)
    try:
        if target.is_dir():
            raise DataError(f"cannot write {target}: it is a folder; give a file's name")
        if make_folder:
            target.parent.mkdir(parents=True, exist_ok=True)
        elif not target.parent.is_dir():
            raise DataError(f"cannot write {target}: no folder {target.parent}; create it first")
        remove_stale_once(target.parent)
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        raise DataError(f"cannot write {target}: {error.strerror or error}; choose another place") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def temporary_name(target: Path) -> Path:
    """A hidden name that is not in use, in the folder of ``target`` and with its ending.

    It names the process that it belongs to, and is short however long the target's name is.
    """
    ending = target.suffix if len(os.fsencode(target.suffix)) <= _LONGEST_ENDING else ""
    return target.with_name(f".avaffect-{_machine()}-{os.getpid()}-{uuid4().hex[:8]}{ending}")


def remove_stale(folder: Path) -> None:
    """Remove the temporary files and folders that killed processes left in a folder.

    What is of another machine, on a shared disk, is removed when it has not changed for a day.
    """
    with suppress(OSError):
        for path in folder.iterdir():
            found = _TEMPORARY.fullmatch(path.name)
            if found is None:
                continue
            ours = found["machine"] == _machine()
            alive = ours and _is_alive(int(found["process"]))
            if path.is_dir():
                if not alive and (ours or _is_old(path)):
                    shutil.rmtree(path, ignore_errors=True)
            elif (ours and not alive) or _is_old(path):
                with suppress(OSError):
                    path.unlink()


@cache
def remove_stale_once(folder: Path) -> None:
    """The same once in a process: a folder may hold very many files."""
    remove_stale(folder)


def claim_runs(work: Path, settings: str) -> None:
    """Keep in ``work/benchmark.json`` what its runs are of, or check that they are of the same.

    Raises
    ------
    DataError
        If the folder cannot be made, or holds runs of other settings.
    """
    path = work / "benchmark.json"
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make {work} ({error.strerror}); give another --work") from error
    if not path.exists():
        with replacing(path) as temporary:
            temporary.write_text(settings, encoding="utf-8")
    elif read_text(path) != settings:
        raise DataError(f"{work} holds runs on other data or with other settings; give another --work")


def writable_folder(folder: str | Path, advice: str = "choose another folder") -> Path:
    """Make a folder, where it is not there, and try whether files can be made in it.

    Raises
    ------
    DataError
        If not; ``advice`` ends the message.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except FileExistsError as error:
        what = "a link that leads nowhere" if folder.is_symlink() and not folder.exists() else "a file"
        raise DataError(f"cannot write to {folder}: it is {what}, a folder was expected; {advice}") from error
    except OSError as error:
        raise DataError(f"cannot write to {folder} ({error.strerror}); {advice}") from error
    remove_stale(folder)
    return folder


def writable_file(
    path: Path,
    *,
    inputs: Iterable[Path],
    overwrite: bool,
    is_ours: Callable[[Path], bool] = lambda _: False,
) -> None:
    """Check before the work that a file may be written.

    Parameters
    ----------
    path : Path
        The file to write. Its folder must be there.
    inputs : iterable of Path
        Files, and folders of files, that are read: never replaced.
    overwrite : bool
        Replace the file that is there.
    is_ours : callable
        Whether that file is known as an earlier result of the same work: then it is replaced in any case.

    Raises
    ------
    DataError
        If it may not.
    """
    try:
        if path.is_dir():
            raise DataError(f"cannot write {path}: it is a folder; give a file's name")
        if not path.parent.is_dir():
            raise DataError(f"cannot write {path}: no folder {path.parent}; create it first")
        with TemporaryFile(dir=path.parent):
            pass
        there = path.exists()
        if there and any(_is_within(path, source) for source in inputs):
            raise DataError(f"cannot write {path}: it is an input; give another name")
    except OSError as error:
        raise DataError(f"cannot write {path} ({error.strerror}); choose another place") from error
    if there and not overwrite and not is_ours(path):
        raise DataError(f"{path} is there already; give another name, or --overwrite to replace it")


def as_text(path: str | os.PathLike[str]) -> str:
    r"""A path as text that can be written as UTF-8: bytes that are no text become ``\xe9``.

    >>> as_text("caf\udce9.mp4")
    'caf\\xe9.mp4'
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _is_within(path: Path, source: Path) -> bool:
    """Whether a file is ``source``, or lies in it."""
    return source.exists() and source.resolve() in (path.resolve(), *path.resolve().parents)


@cache
def _machine() -> str:
    """Where process numbers mean the same: the machine, and on Linux the container."""
    space = ""
    with suppress(OSError):
        space = os.readlink("/proc/self/ns/pid")
    return hashlib.sha256(f"{platform.node()} {space}".encode()).hexdigest()[:8]


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # there, a signal of 0 is no mere question
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's
        return True
    return True


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.lstat().st_mtime > _OLD
    except OSError:
        return False

"""Errors a user can act on: one line each, saying what was given, what was expected, what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path, PurePath

REPORTS = "https://github.com/avaffect/avaffect/issues"

_OPTIONAL = {
    **dict.fromkeys(("torch", "safetensors", "lightning"), "pip install 'avaffect[train]'"),
    **dict.fromkeys(("onnx", "onnxscript"), "pip install 'avaffect[export]'"),
}
"""What the core does without, by module, and how to get it."""

_ADVICE = {
    errno.EACCES: "change its permissions",
    errno.ENOENT: "check the spelling",
    errno.EPERM: "change its permissions",
    errno.ENAMETOOLONG: "give a shorter name",
    errno.ELOOP: "name the file or the folder itself, not a link",
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room on the disk",
    errno.EROFS: "nothing can be written there: choose another place",
}

FOLDER_IS_GONE = "the folder you are in is gone; change to another (cd)"


class AvaffectError(Exception):
    """Base of every error that is the input's fault, not the program's.

    A message that quotes very much of the input is cut in the middle; its end says what to do.

    >>> message = str(AvaffectError(f"a.csv: row 1 is {9000 * '9'}; expected a number"))
    >>> len(message), message[:16], message[-17:]
    (1500, 'a.csv: row 1 is ', 'expected a number')
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(_at_most(message))


class MediaError(AvaffectError):
    """A file that cannot be opened, decoded or written."""


class ModelError(AvaffectError):
    """A model, checkpoint or component that does not exist or does not fit."""


class DataError(AvaffectError):
    """A corpus, recipe or table that is not as its format says."""


class UnexpectedError(AvaffectError):
    """A fault of the program itself. The message says where it happened and where to report it."""


def _at_most(message: str, most: int = 1500) -> str:
    half = (most - 3) // 2
    return message if len(message) <= most else f"{message[: most - 3 - half]} … {message[-half:]}"


def one_line(error: Exception, what: str | PurePath) -> AvaffectError:
    """Any exception as an error of one line.

    Parameters
    ----------
    error : Exception
        An `AvaffectError` is given back as it is; what the system refused, and a lack of memory, is put in
        words. Anything else is a fault of the program: an `UnexpectedError`, its traceback logged at level
        DEBUG.
    what : str or path
        What was worked on, such as the file's name.
    """
    if isinstance(error, AvaffectError):
        return error
    if isinstance(error, MemoryError):
        return AvaffectError(f"{what}: needs more memory than there is; close other programs or cut it up")
    if isinstance(error, OSError) and error.strerror:
        if error.filename is None and folder_is_gone():
            return MediaError(FOLDER_IS_GONE)
        place = error.filename if isinstance(error.filename, str) else what
        about = "" if str(place) == str(what) else f"{place}: "
        return MediaError(f"{what}: {about}{error.strerror}; {advice(error)}")
    if isinstance(error, ModuleNotFoundError) and error.name in _OPTIONAL:
        return ModelError(f"{what}: this needs {error.name}, which is not installed: {_OPTIONAL[error.name]}")
    import logging  # here and below: what is loaded before a command listens to signals is little

    logging.getLogger(__name__).debug("%s", what, exc_info=error)
    text = " ".join(str(error).split()) or "no message"
    return UnexpectedError(
        f"{what}: unexpected {type(error).__name__} in {_place(error)} ({text}); this is a fault of avaffect,"
        f" not yours: please report it at {REPORTS}"
    )


def advice(error: OSError) -> str:
    """What to do about something that the system refused.

    >>> advice(OSError(errno.ELOOP, "Too many levels of symbolic links"))
    'name the file or the folder itself, not a link'
    """
    return _ADVICE.get(error.errno or 0, "check the disk and the permissions")


def folder_is_gone() -> bool:
    """Whether the current folder was deleted: no relative path leads anywhere, no process can be started."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _place(error: Exception) -> str:
    """File and line where it was raised: the last ones of ours, if it went through any."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    package = Path(__file__).parent
    own = [frame for frame in frames if package in Path(frame.filename).parents]
    if own:
        return f"{Path(own[-1].filename).relative_to(package).as_posix()}:{own[-1].lineno}"
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"


def nearest(name: str, known: Iterable[str]) -> str:
    """The ending of an "unknown name" message: the nearest known name, else all of them.

    >>> nearest("hgrjac", ["jca", "hgrjca"])
    "did you mean 'hgrjca'?"
    >>> nearest("zzz", ["jca", "hgrjca"])
    'known: hgrjca, jca'

    What was given is never proposed:

    >>> nearest("jca", ["jca", "hgrjca"])
    "did you mean 'hgrjca'?"
    """
    import difflib

    names = sorted(set(known) - {name})
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names) or 'none'}"


def in_short(lines: Iterable[str]) -> str:
    """The first of several messages, and how many others there are.

    >>> in_short(["a.csv: is empty", "b.csv: is empty", "a.csv: is empty"])
    'a.csv: is empty (and 1 more like this)'
    """
    first, *more = dict.fromkeys(lines)
    return first + (f" (and {len(more)} more like this)" if more else "")

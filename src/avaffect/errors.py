"""Errors a user can act on: one line each, saying what was given, what was expected, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath

REPORTS = "https://github.com/avaffect/avaffect/issues"

_OPTIONAL = {
    **dict.fromkeys(("torch", "safetensors", "lightning"), "pip install 'avaffect[train]'"),
    **dict.fromkeys(("onnx", "onnxscript"), "pip install 'avaffect[export]'"),
}
"""What the core does without, by module, and how to get it."""


class AvaffectError(Exception):
    """Base of every error that is the input's fault, not the program's."""


class MediaError(AvaffectError):
    """A file that cannot be opened, decoded or written."""


class ModelError(AvaffectError):
    """A model, checkpoint or component that does not exist or does not fit."""


class DataError(AvaffectError):
    """A corpus, recipe or table that is not as its format says."""


class UnexpectedError(AvaffectError):
    """A fault of the program itself. The message says where it happened and where to report it."""


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
        place = error.filename if isinstance(error.filename, str) else what
        about = "" if str(place) == str(what) else f"{place}: "
        return MediaError(f"{what}: {about}{error.strerror}; check the disk and the permissions")
    if isinstance(error, ModuleNotFoundError) and error.name in _OPTIONAL:
        return ModelError(f"{what}: this needs {error.name}, which is not installed: {_OPTIONAL[error.name]}")
    import logging  # here and below: what is loaded before a command listens to signals is little

    logging.getLogger(__name__).debug("%s", what, exc_info=error)
    text = " ".join(str(error).split()) or "no message"
    return UnexpectedError(
        f"{what}: unexpected {type(error).__name__} in {_place(error)} ({text}); this is a fault of avaffect,"
        f" not yours: please report it at {REPORTS}"
    )


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

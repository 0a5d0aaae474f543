"""Errors a user can act on: one line each, saying what was given, what was expected, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AvaffectError(Exception):
    """Base of every error that is the input's fault, not the program's."""


class MediaError(AvaffectError):
    """A file that cannot be opened, decoded or written."""


class ModelError(AvaffectError):
    """A model, checkpoint or component that does not exist or does not fit."""


class DataError(AvaffectError):
    """A corpus, recipe or table that is not as its format says."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The ending of an "unknown name" message: the nearest known name, else all of them.

    >>> nearest("hgrjac", ["jca", "hgrjca"])
    "did you mean 'hgrjca'?"
    >>> nearest("zzz", ["jca", "hgrjca"])
    'known: hgrjca, jca'
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"

"""Corpora: what people were shown or heard, and how it was rated; one file each.

Those of continuous ratings over recordings share one interface (`recordings.Corpus`) and are opened by name.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataError, nearest

if TYPE_CHECKING:
    from .base import Corpus

__all__ = ["list_corpora", "open_corpus"]

_CORPORA = {
    "affwild2": "AffWild2",
    "folder": "Folder",
    "recola": "Recola",
    "studyforrest": "Studyforrest",
    "utterances": "Utterances",
}  # file -> class


def list_corpora() -> list[str]:
    """Names that `open_corpus` takes."""
    return sorted(_CORPORA)


def open_corpus(name: str, path: str | Path, **options: Any) -> Corpus:
    """Open a corpus of continuous ratings.

    Parameters
    ----------
    name : str
        One of `list_corpora()`.
    path : path
        Where it lies; the corpus's module says in which layout.
    **options
        Keyword arguments of the corpus's class.

    Raises
    ------
    DataError
        If there is no such corpus, it does not take the options, or the layout is another.
    """
    if name not in _CORPORA:
        raise DataError(f"unknown corpus {name!r}; {nearest(name, _CORPORA)}")
    corpus = getattr(import_module(f".{name}", __name__), _CORPORA[name])
    try:
        return corpus(path, **options)
    except TypeError as error:
        raise DataError(f"corpus {name!r} does not take these options: {error}") from error

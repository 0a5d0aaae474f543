"""Corpora, one file each, and the feature store that training reads.

Corpora of continuous ratings share one interface (`Corpus`) and are opened by name (`open_corpus`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ..arguments import checks_types
from ..errors import DataError
from ..registry import Registry
from .base import Corpus, FeatureCorpus, Features, Recording, need_folder
from .ratings import Ratings, check_range

__all__ = [
    "Corpus",
    "FeatureCorpus",
    "Features",
    "Ratings",
    "Recording",
    "check_range",
    "list_corpora",
    "need_folder",
    "open_corpus",
    "register",
]

_Kind = TypeVar("_Kind", bound=type[Corpus])

CORPORA: Registry[Corpus] = Registry(
    "corpus",
    "avaffect.corpora",
    {
        "affwild2": "avaffect.corpus.affwild2:AffWild2",
        "folder": "avaffect.corpus.folder:Folder",
        "recola": "avaffect.corpus.recola:Recola",
        "studyforrest": "avaffect.corpus.studyforrest:Studyforrest",
        "utterances": "avaffect.corpus.utterances:Utterances",
    },
    base="avaffect.corpus.base:Corpus",
    error=DataError,
)


@checks_types
def register(name: str) -> Callable[[_Kind], _Kind]:
    """Class decorator: make a corpus known by name to `open_corpus`.

    The class takes the path of the corpus, then its own keyword options.

    Raises
    ------
    DataError
        The name is taken.
    """
    return CORPORA.register(name)


def list_corpora() -> list[str]:
    """Names that `open_corpus` takes, sorted.

    >>> list_corpora()
    ['affwild2', 'folder', 'recola', 'studyforrest', 'utterances']
    """
    return CORPORA.names()


@checks_types
def open_corpus(name: str, path: str | Path, **options: Any) -> Corpus:
    """Open a corpus of continuous ratings.

    Parameters
    ----------
    name : str
        One of `list_corpora()`.
    path : path
        Its folder or file; docs/corpora.md describes the layouts.
    **options
        Keyword options of the corpus's class.

    Raises
    ------
    DataError
        Unknown name or option (the nearest is named), or files in another layout.
    """
    return CORPORA.create(name, path, **options)

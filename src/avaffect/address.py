"""Addresses of recordings and results that do not lie on this machine: ``s3://bucket/study/talk.mp4``."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(?=[^/])")  # Path takes one of two slashes away


class Address(PurePosixPath):
    """A place in an object store or on the web; its parts and names are those of a path.

    >>> talk = Address("s3://bucket/study/talk.mp4")
    >>> str(talk.with_name("talk.csv")), talk.scheme
    ('s3://bucket/study/talk.csv', 's3')
    """

    def __str__(self) -> str:
        """As it is typed, with two slashes."""
        return _SCHEME.sub(r"\1://", super().__str__(), count=1)

    @property
    def scheme(self) -> str:
        """Which kind of store it is."""
        return self.parts[0].removesuffix(":").lower()


Place = Path | Address


def place(given: str | Path | Address) -> Place:
    """What was given, as a path, or as the address that it is.

    >>> str(place(Path("https://example.org/talk.mp4")))
    'https://example.org/talk.mp4'
    >>> place("talk: part 1.mp4").name
    'talk: part 1.mp4'
    """
    if isinstance(given, Address):
        return given
    if _SCHEME.match(str(given)) and not os.path.lexists(given):
        return Address(given)
    return Path(given)


def absolute(given: str | Path | Address) -> str:
    """A name that is the same for all ways to write a place."""
    where = place(given)
    return str(where) if isinstance(where, Address) else os.path.abspath(where)

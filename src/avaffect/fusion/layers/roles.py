"""Which stream the others are read beside."""

from __future__ import annotations

from collections.abc import Iterable

from avaffect.errors import ModelError


def centre_first(streams: Iterable[str], centre: str | None) -> tuple[str, ...]:
    """The streams with the central one first: "text" or the first unless ``centre`` names one.

    Raises
    ------
    ModelError
        ``centre`` is none of the streams.
    """
    names = list(streams)
    centre = centre or ("text" if "text" in names else next(iter(names), ""))
    if names and centre not in names:
        raise ModelError(f"centre={centre!r} is none of the streams {names}")
    return (centre, *(name for name in names if name != centre))

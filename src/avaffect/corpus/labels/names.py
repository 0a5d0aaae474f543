"""Names of recordings that mean the same file: with or without folders in front."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class NameIndex(Generic[Key]):
    """Look-up of a name by the end of its path.

    Parameters
    ----------
    known : iterable of (str, key)
        Names, as paths with "/", and what each stands for.

    Examples
    --------
    >>> index = NameIndex([("study/A/P01", 1), ("study/B/P01", 2), ("study/B/P02", 3)])
    >>> index.find("A/P01"), index.find("P02"), index.find("P01"), index.find("/data/study/A/P01")
    ([1], [3], [1, 2], [1])
    """

    def __init__(self, known: Iterable[tuple[str, Key]]) -> None:
        self._by_end: dict[tuple[str, ...], list[Key]] = {}
        self._whole: dict[tuple[str, ...], list[Key]] = {}
        for name, key in known:
            parts = _parts(name)
            self._whole.setdefault(parts, []).append(key)
            for start in range(len(parts)):
                self._by_end.setdefault(parts[start:], []).append(key)

    def find(self, name: str) -> list[Key]:
        """What the name stands for: that path; those that end with it; or the longest that it ends with."""
        parts = _parts(name)
        found = self._whole.get(parts) or self._by_end.get(parts)
        for start in range(1, len(parts)):
            found = found or self._whole.get(parts[start:])
        return list(found or ())

    def resembling(self, name: str) -> list[Key]:
        """Of another folder, those that share the most of the path's end; at least the last part."""
        parts = _parts(name)
        return list(next((k for start in range(len(parts)) if (k := self._by_end.get(parts[start:]))), ()))


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.split("/") if part not in ("", "."))

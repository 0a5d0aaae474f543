"""Names of recordings that mean the same file: with or without folders in front."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, TypeVar

from ...errors import DataError

Value = TypeVar("Value")
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


def by_file(
    named: Mapping[str, Value], files: Iterable[str], where: object
) -> tuple[dict[str, Value], list[str]]:
    """What a table has for each of its names, by the file that the name means, and the names that mean none.

    Parameters
    ----------
    named : mapping
        By name: a file's path or the end of it, with or without its ending.
    files : iterable of str
        Paths with "/".
    where : path
        The table, or its folder, for messages.

    Raises
    ------
    DataError
        If a name may mean two files, or two names one.
    """
    files = list(files)
    index = NameIndex((file, file) for file in files)
    stems = NameIndex((file.rpartition(".")[0], file) for file in files)
    found: dict[str, Value] = {}
    missing = []
    for name, value in named.items():
        meant = index.find(name) or stems.find(name)
        if len(meant) > 1:
            raise DataError(
                f"{where}: a table names {name!r}, which may be {' or '.join(meant[:3])}; name the folder"
            )
        if not meant:
            missing.append(name)
        elif meant[0] in found:
            raise DataError(f"{where}: a table names {meant[0]} in two ways, one of them {name!r}; keep one")
        else:
            found[meant[0]] = value
    return found, missing


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.split("/") if part not in ("", "."))

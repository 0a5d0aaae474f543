"""Splits and folds in which training and validation share no subject."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ..errors import DataError

SPLITS = ("train", "val", "test")


class SplitItem(Protocol):
    """What a split needs of a recording."""

    @property
    def name(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def split(self) -> str: ...


T = TypeVar("T", bound=SplitItem)


@dataclass(frozen=True)
class Fold(Generic[T]):
    """A training set and a validation set that share no subject.

    Attributes
    ----------
    name : str
    train, val : tuple
        Recordings, in the corpus's order.
    """

    name: str
    train: tuple[T, ...]
    val: tuple[T, ...]


def rolling_folds(items: Sequence[T], k: int) -> list[Fold[T]]:
    """k folds, each with another group of subjects for validation; test recordings are left out.

    If there is an official validation set, fold 0 is the official split. The training recordings are divided
    into k - 1 groups of subjects. Each group is the validation set of one fold; all other recordings, the
    official validation set included, are its training set (Praveen & Alam 2024, RJCMA, with k = 6). Without
    an official validation set, all recordings are divided into k groups. Groups have nearly equal numbers of
    recordings and are always the same.

    Raises
    ------
    DataError
        If there are fewer subjects than groups, or fewer than two folds are asked for.
    """
    if k < 2:
        raise DataError(f"{k} folds: expected at least 2")
    official = [item for item in items if item.split == "val"]
    pool = [item for item in items if item.split not in ("val", "test")]
    if not official:
        groups = _group(pool, k)
        return [_fold(f"fold{i}", pool, group) for i, group in enumerate(groups)]
    first = Fold("fold0", tuple(pool), tuple(official))
    everything = [item for item in items if item.split != "test"]
    groups = _group(pool, k - 1)
    return [first, *(_fold(f"fold{i}", everything, group) for i, group in enumerate(groups, start=1))]


def shared_subjects(sets: Mapping[str, Iterable[SplitItem]]) -> str:
    """Subjects with recordings in more than one set, and in which, in one line; "" if there are none.

    >>> from .base import Recording
    >>> ann, bob = Recording("a", "ann"), Recording("b", "bob")
    >>> shared_subjects({"train": [ann, bob], "val": [bob]})
    'subjects in more than one set: bob (train, val); scores on people seen in training are too high'
    """
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for name, items in sets.items():
        for item in items:
            found[item.subject][name] = None
    shared = [f"{subject} ({', '.join(names)})" for subject, names in found.items() if len(names) > 1]
    if not shared:
        return ""
    more = f" and {len(shared) - 5} more" if len(shared) > 5 else ""
    return (
        f"subjects in more than one set: {', '.join(shared[:5])}{more};"
        " scores on people seen in training are too high"
    )


def leave_one_out(items: Sequence[T]) -> list[Fold[T]]:
    """One fold for each subject, which is its validation set; test recordings are left out."""
    pool = [item for item in items if item.split != "test"]
    subjects = dict.fromkeys(item.subject for item in pool)
    return [_fold(subject, pool, {subject}) for subject in subjects]


def _fold(name: str, items: Sequence[T], validation: set[str]) -> Fold[T]:
    return Fold(
        name,
        tuple(item for item in items if item.subject not in validation),
        tuple(item for item in items if item.subject in validation),
    )


def _group(items: Sequence[T], k: int) -> list[set[str]]:
    """Subjects in k groups: the largest subject first, each into the group with the fewest recordings."""
    sizes: dict[str, int] = defaultdict(int)
    for item in items:
        sizes[item.subject] += 1
    if k > len(sizes):
        raise DataError(f"{len(sizes)} subjects cannot be divided into {k} groups; ask for fewer folds")
    groups: list[set[str]] = [set() for _ in range(k)]
    counts = [0] * k
    for subject in sorted(sizes, key=lambda s: (-sizes[s], s)):
        smallest = counts.index(min(counts))
        groups[smallest].add(subject)
        counts[smallest] += sizes[subject]
    return groups

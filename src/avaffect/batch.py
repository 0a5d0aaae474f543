"""One loop over many recordings, for Python and the command line: one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from .address import Place
from .errors import AvaffectError, one_line
from .progress import Hook

FILES = "files"
"""What the hook is told of a batch: how many files are done."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def attempt_each(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    *,
    path: Callable[[Item], str | Place],
    hook: Hook,
) -> Iterator[tuple[Item, Result | AvaffectError]]:
    """Do some work on each item, and go on past any that fails, whatever the reason.

    Parameters
    ----------
    items : sequence
    work : callable
        What is done with an item.
    path : callable
        The file that an item stands for; errors name it.
    hook : callable
        Called as ``hook("files", completed, total)`` before each item and at the end.

    Yields
    ------
    item
    result : result of ``work``, or AvaffectError
        Why there is none: an `avaffect.errors.UnexpectedError` where the fault is ours.
    """
    for done, item in enumerate(items):
        hook(FILES, done, len(items))
        yield item, attempt(work, item, path(item))
    hook(FILES, len(items), len(items))


def attempt(work: Callable[[Item], Result], item: Item, what: str | Place) -> Result | AvaffectError:
    """The result of some work on an item, or why there is none; ``what`` is what an error names."""
    try:
        return work(item)
    except Exception as error:  # noqa: BLE001 - whatever an odd file brings to light, the others go on
        return one_line(error, what)

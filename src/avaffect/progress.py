"""How long work reports its progress: one signature for prediction, extraction, training and comparison."""

from __future__ import annotations

from collections.abc import Callable

Hook = Callable[[str, float, float | None], None]
"""``hook(what, completed, total)``: what is being done (a file's name, a stage of training), how much of it
is done and how much there is in all, in one unit; ``total`` is None where it is not known."""


def silent(what: str, completed: float, total: float | None) -> None:
    """A hook that reports nothing."""
    del what, completed, total

"""Going on where an earlier run was stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import DataError, MediaError
from ..outputs import State, Target


@dataclass(frozen=True)
class Resumed:
    """What is left to make: each target with the kinds that are missing; and what is finished."""

    left: list[Target]
    finished: list[Target]
    reasons: Mapping[State, int]

    def __str__(self) -> str:
        count = len(self.left) + len(self.finished)
        told = f"resumed: {len(self.finished)} of {count} files are finished and skipped"
        if self.reasons:
            told += "; to make: " + ", ".join(f"{n} ({reason.value})" for reason, n in self.reasons.items())
        return told


def unfinished(targets: Sequence[Target], settings: Callable[[Target], Mapping[str, Any]]) -> Resumed:
    """What earlier runs left to make, where results depend on these settings."""
    states = [_state(target, settings) for target in targets]
    return Resumed(
        left=[target for state, target in states if state is not State.FINISHED],
        finished=[target for state, target in states if state is State.FINISHED],
        reasons=Counter(state for state, _ in states if state is not State.FINISHED),
    )


def _state(target: Target, settings: Callable[[Target], Mapping[str, Any]]) -> tuple[State, Target]:
    try:
        return target.state(settings(target))
    except (DataError, MediaError):  # it cannot be read: told when its turn comes
        return State.NEW, target

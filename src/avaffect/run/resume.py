"""What earlier runs have left to make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..outputs import State, Target
from .job import Left


@dataclass(frozen=True)
class Resumed:
    """What is left to make: each target with the kinds that are missing; and what is finished."""

    left: list[Target]
    finished: list[Left]
    reasons: Mapping[State, int]

    @classmethod
    def of(cls, states: Sequence[Left]) -> Resumed:
        """Recordings by the state of their results."""
        return cls(
            left=[each.target for each in states if each.state is not State.FINISHED],
            finished=[each for each in states if each.state is State.FINISHED],
            reasons=Counter(each.state for each in states if each.state is not State.FINISHED),
        )

    def __str__(self) -> str:
        count = len(self.left) + len(self.finished)
        told = f"resumed: {len(self.finished)} of {count} files are finished and skipped"
        if self.reasons:
            told += "; to make: " + ", ".join(f"{n} ({reason.value})" for reason, n in self.reasons.items())
        return told

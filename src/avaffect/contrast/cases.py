"""What is compared: one person in one recording, with a few figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import DataError, nearest
from ..spec import TARGETS
from ..trace import Edits, Trace
from ..trace.names import recordings
from ..trace.summary import Level, Person, summarise

MEASURES = {
    "mean": "mean level",
    "sd": "spread within the recording (standard deviation over its time)",
    "mean_rel": "mean level relative to the person's own baseline",
}
"""The figures of a case that are compared, by name."""

MAIN, ALL = "main", "all"


@dataclass(frozen=True)
class Case:
    """One person in one recording.

    Attributes
    ----------
    file : str
    person : Person
        The person's figures, see `avaffect.trace.summary`.
    trace : Trace
        Their rows.
    """

    file: str
    person: Person
    trace: Trace

    @property
    def seconds(self) -> float:
        """Seconds with a prediction."""
        return self.person.seconds * (1.0 - self.person.missing_share)

    @property
    def edits(self) -> str:
        """What somebody changed in the recording, in words; "" where nothing."""
        return Edits.of(self.trace.meta, self.file).told()

    @property
    def predicted(self) -> bool:
        """Whether there is any value."""
        return self.person.valence is not None or self.person.arousal is not None

    def value(self, measure: str, target: str) -> float:
        """One of `MEASURES`; NaN where it is not known."""
        if measure == "mean_rel":
            level: Level | None = getattr(self.person, f"{target}_rel")
        else:
            level = getattr(self.person, target)
        return float("nan") if level is None else float(level.sd if measure == "sd" else level.mean)

    def values(self) -> dict[str, float]:
        """All figures, as ``valence_mean`` and so on."""
        return {f"{t}_{m}": self.value(m, t) for t in TARGETS for m in MEASURES}


def cases_of(traces: Sequence[Trace], people: str | int = MAIN) -> list[Case]:
    """The people of some recordings who are compared.

    Parameters
    ----------
    traces : sequence of Trace
        Each of one or several recordings.
    people : str or int
        ``"main"``: of each recording the person whose face is seen longest, or the voice where nobody is
        seen. ``"all"``: everybody. A number or a name: that person, in the recordings that have them.

    Raises
    ------
    DataError
        If there are no recordings, or nobody is called so.
    """
    found: list[Case] = []
    names: set[str] = set()
    for trace in traces:
        for file in trace.files:
            one = trace.file(file)
            there = summarise(one.table, one.meta).people
            names |= {str(p.name or p.track) for p in there if p.track is not None}
            chosen = [p for p in there if _is_meant(p, people, one.main)]
            found += [Case(file, person, one.track(person.track)) for person in chosen]
    if not found:
        raise DataError(_nobody([file for trace in traces for file in trace.files], people, names))
    return found


def _nobody(files: Sequence[str], people: str | int, names: set[str]) -> str:
    """Why there is no case."""
    if not files:
        return "no recordings to compare; give results that have rows"
    if people == ALL:
        return f"nobody is in view in {recordings(files)}; people {MAIN!r} takes the voice instead"
    return f"no recording has a person {people!r}; {nearest(str(people), names | {MAIN, ALL})}"


def _is_meant(person: Person, people: str | int, main: int | None) -> bool:
    if people == MAIN:
        return person.track == main
    if person.track is None:
        return False
    return people == ALL or str(people) in (person.name, str(person.track))


def unit_numbers(cases: Sequence[Case]) -> np.ndarray:
    """The recording that each case is of, as a number from 0: (n,)."""
    order = list(dict.fromkeys(case.file for case in cases))
    return np.array([order.index(case.file) for case in cases], dtype=np.int64)

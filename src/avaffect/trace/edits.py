"""What a person says of a recording after they have looked: who is who, and what does not count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from pydantic import ConfigDict, with_config

from ..errors import DataError
from ..schema import from_json, printable, short
from ..spec import TARGETS
from ..text import listed
from .columns import BOX, GATES
from .merge import LONGEST, as_one, seconds_together
from .rows import of_file, tracks
from .spans import Span, check_spans, check_within, renumbered, touched

KEY = "edits"
"""Entry of a trace's ``meta``: by file, what was changed in it."""

PREDICTED = (
    *(f"{target}{end}" for target in TARGETS for end in ("", "_lo", "_hi", "_rel")),
    "source",
    *GATES,
)
"""Columns that an excluded span empties: all that the model said, nothing of what was seen and heard."""

_LONGEST_NAME = 100


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True)
class Edits:
    """Changes to the trace of one recording. They are applied to the table: nothing is decoded again.

    Attributes
    ----------
    names : mapping of int to str
        What people are called, by their number.
    dropped : tuple of int
        People who are left out.
    excluded : tuple of Span
        Seconds that do not count, of everybody or of one person.
    baseline : tuple of Span
        Seconds in which people are neutral; without any, a trace keeps the baseline that it has.
    merged : mapping of int to int
        People who are part of another, by their number: the number of that person. Everything else is said of
        that person.

    Raises
    ------
    DataError
        If a name is empty or no single line, a span is none, or something is said of somebody who is part of
        another.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    dropped: tuple[int, ...] = ()
    excluded: tuple[Span, ...] = ()
    baseline: tuple[Span, ...] = ()
    merged: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, name in self.names.items():
            if not (name.strip() and name.isprintable() and len(name) <= _LONGEST_NAME):
                raise DataError(
                    f"edits: the name of person {number} is {short(name)}; expected 1 to"
                    f" {_LONGEST_NAME} letters on one line"
                )
        for what, spans in (("excluded", self.excluded), ("baseline", self.baseline)):
            check_spans(spans, f"edits: the {what} span")
        for number in (*self.merged.values(), *self._people()):
            if number in self.merged:
                raise DataError(
                    f"edits: person {number} is merged into {self.merged[number]}; say all else of the person"
                    " who is left"
                )

    @classmethod
    def from_json(cls, text: str | bytes, what: str = "edits") -> Self:
        """Edits from JSON: ``{"names": {"1": "Ana"}, "dropped": [2], "excluded": [[12, 15, null]], ...}``.

        Raises
        ------
        DataError
            If the text is not JSON or does not fit; ``what`` begins the message.
        """
        return from_json(cls, text, DataError, what)

    @classmethod
    def of(cls, meta: Mapping[str, Any], file: str) -> Edits:
        """What was changed in a file of a trace, by the trace's ``meta``."""
        kept = meta.get(KEY, {}).get(file, {})
        return cls(
            names={int(number): name for number, name in kept.get("names", {}).items()},
            dropped=tuple(kept.get("dropped", ())),
            excluded=tuple(Span(*span) for span in kept.get("excluded", ())),
            baseline=tuple(Span(*span) for span in kept.get("baseline", ())),
            merged={int(number): into for number, into in kept.get("merged", {}).items()},
        )

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values, as `from_json` reads them."""
        return {
            "names": {str(number): name for number, name in sorted(self.names.items())},
            "dropped": list(self.dropped),
            "excluded": [list(span) for span in self.excluded],
            "baseline": [list(span) for span in self.baseline],
            "merged": {str(number): into for number, into in sorted(self.merged.items())},
        }

    def label(self, number: int) -> str:
        """How to call a person: the name, with the number where others have the same; or ``person 2``."""
        name = self.names.get(number)
        if name is None:
            return f"person {number}"
        others = [n for n, other in self.names.items() if other == name and n not in (number, *self.dropped)]
        return f"{name} ({number})" if others else name

    def told(self) -> str:
        """What was changed, in one line; "" where nothing was.

        >>> Edits({1: "Ana"}, dropped=(3,), excluded=(Span(12, 15.5),), merged={5: 2}).told()
        'person 1 is Ana; persons 2 and 5 are one person; person 3 left out; 12-15.5 s excluded'
        """
        wholes = [
            [into, *sorted(part for part, whole in self.merged.items() if whole == into)]
            for into in sorted(set(self.merged.values()))
        ]
        said = [f"person {number} is {name}" for number, name in sorted(self.names.items())]
        said += [f"{_persons(numbers)} are one person" for numbers in wholes]
        said += [f"{_persons(sorted(self.dropped))} left out"] if self.dropped else []
        for spans, what in ((self.excluded, "excluded"), (self.baseline, "neutral")):
            said += [f"{listed(map(_whose, spans))} {what}"] if spans else []
        return "; ".join(said)

    def called(self, who: int | str, known: Iterable[int]) -> list[int]:
        """Which of the known numbers are meant: all of that name, otherwise the one of that number."""
        numbers = list(known)
        named = [number for number in numbers if self.names.get(number) == who]
        return named or [number for number in numbers if str(number) == str(who)]

    def then(self, later: Edits) -> Edits:
        """Both: names and baseline of the later ones where they have any."""
        both = self._renumbered(later.merged) | later
        return replace(both, baseline=later.baseline) if later.baseline else both

    def each(self) -> Iterator[Edits]:
        """The edits one by one; those that the others are said after first."""
        yield from (Edits(merged={number: into}) for number, into in self.merged.items())
        yield from (Edits(names={number: name}) for number, name in self.names.items())
        yield from (Edits(dropped=(number,)) for number in self.dropped)
        yield from (Edits(excluded=(span,)) for span in self.excluded)
        yield from (Edits(baseline=(span,)) for span in self.baseline)

    def __or__(self, other: Edits) -> Edits:
        """All of both, which are said of the same numbers."""
        return Edits(
            names={**self.names, **other.names},
            dropped=tuple(dict.fromkeys((*self.dropped, *other.dropped))),
            excluded=tuple(dict.fromkeys((*self.excluded, *other.excluded))),
            baseline=tuple(dict.fromkeys((*self.baseline, *other.baseline))),
            merged={**self.merged, **other.merged},
        )

    def _renumbered(self, into: Mapping[int, int]) -> Edits:
        """The same once more people are merged; the person who is left keeps a name of their own."""
        names = {into[number]: name for number, name in self.names.items() if number in into}
        return Edits(
            names={**names, **{n: name for n, name in self.names.items() if n not in into}},
            dropped=tuple(number for number in self.dropped if number not in into),
            excluded=renumbered(self.excluded, into),
            baseline=renumbered(self.baseline, into),
            merged={number: into.get(whole, whole) for number, whole in self.merged.items()},
        )

    def _people(self) -> tuple[int, ...]:
        """The numbers of whom something is said, other than that they are part of another."""
        spans = (*self.excluded, *self.baseline)
        return (*self.names, *self.dropped, *(span.track for span in spans if span.track is not None))

    def check(self, table: pd.DataFrame, file: str) -> None:
        """Raise a `DataError` if they are not of this recording: a person or a span is not in it.

        Two people whose faces are in view at once, for longer than a dissolve, are not one.
        """
        rows = of_file(table, file)
        known = tracks(rows)
        for number in (*self.merged, *self.merged.values(), *self._people()):
            if number not in known:
                listed = ", ".join(map(str, known)) or "none"
                raise DataError(f"{printable(file)}: edits are of person {number}; it has {listed}")
        for number, into in self.merged.items():
            if (together := seconds_together(rows, number, into)) > LONGEST:
                raise DataError(
                    f"{printable(file)}: persons {number} and {into} are in view at once for"
                    f" {together:.1f} s; merge people who are one"
                )
        end = float(rows.index.get_level_values("end").max())
        check_within(self.excluded, end, f"{printable(file)}: the excluded span")

    def applied(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table of one file without those left out, and without numbers in what is excluded.

        People who are one have one number. A frame of which nobody is left has a row of nobody in view.
        """
        rows = as_one(table, self.merged) if self.merged else table
        rows = _without(rows, self.dropped)
        out = touched(rows, self.excluded)
        emptied = {
            name: rows[name].mask(out, np.nan if rows[name].dtype == float else pd.NA) for name in PREDICTED
        }
        return rows.assign(**emptied)


def _persons(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"person {numbers[0]}"
    return f"persons {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _whose(span: Span) -> str:
    return str(span) if span.track is None else f"{span} of person {span.track}"


def _without(table: pd.DataFrame, dropped: tuple[int, ...]) -> pd.DataFrame:
    gone = table["track"].isin(dropped).fillna(False).to_numpy(dtype=bool)
    if not gone.any():
        return table
    kept = table[~gone]
    bare = table[gone & ~table.index.isin(kept.index)]
    bare = bare[~bare.index.duplicated()]
    empty = dict.fromkeys(("face_conf", *BOX, "speaking", *(c for c in PREDICTED if c != "source")), np.nan)
    bare = bare.assign(track=pd.array([pd.NA] * len(bare), dtype="Int64"), source=None, **empty)
    together = pd.concat([kept, bare.astype(kept.dtypes)]) if len(bare) else kept
    return together.sort_index(level=["start", "end"], kind="stable", sort_remaining=False)

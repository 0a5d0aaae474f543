"""What a person says of a recording after they have looked: who is who, and what does not count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from pydantic import ConfigDict, with_config

from ..errors import DataError
from ..schema import from_json, printable, short
from ..spec import TARGETS
from .columns import BOX, GATES
from .rows import of_file, tracks
from .spans import Span, check_spans, check_within, touched

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

    Raises
    ------
    DataError
        If a name is empty or no single line, or a span is none.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    dropped: tuple[int, ...] = ()
    excluded: tuple[Span, ...] = ()
    baseline: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        for number, name in self.names.items():
            if not (name.strip() and name.isprintable() and len(name) <= _LONGEST_NAME):
                raise DataError(
                    f"edits: the name of person {number} is {short(name)}; expected 1 to"
                    f" {_LONGEST_NAME} letters on one line"
                )
        for what, spans in (("excluded", self.excluded), ("baseline", self.baseline)):
            check_spans(spans, f"edits: the {what} span")

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
        )

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values, as `from_json` reads them."""
        return {
            "names": {str(number): name for number, name in sorted(self.names.items())},
            "dropped": list(self.dropped),
            "excluded": [list(span) for span in self.excluded],
            "baseline": [list(span) for span in self.baseline],
        }

    def label(self, number: int) -> str:
        """How to call a person: the name, with the number where others have the same; or ``person 2``."""
        name = self.names.get(number)
        if name is None:
            return f"person {number}"
        others = [n for n, other in self.names.items() if other == name and n not in (number, *self.dropped)]
        return f"{name} ({number})" if others else name

    def called(self, who: int | str, known: Iterable[int]) -> list[int]:
        """Which of the known numbers are meant: all of that name, otherwise the one of that number."""
        numbers = list(known)
        named = [number for number in numbers if self.names.get(number) == who]
        return named or [number for number in numbers if str(number) == str(who)]

    def then(self, later: Edits) -> Edits:
        """Both: names and baseline of the later ones where they have any."""
        return Edits(
            names={**self.names, **later.names},
            dropped=tuple(dict.fromkeys((*self.dropped, *later.dropped))),
            excluded=tuple(dict.fromkeys((*self.excluded, *later.excluded))),
            baseline=later.baseline or self.baseline,
        )

    def check(self, table: pd.DataFrame, file: str) -> None:
        """Raise a `DataError` if they are not of this recording: a person or a span is not in it."""
        rows = of_file(table, file)
        known = tracks(rows)
        spans = (*self.excluded, *self.baseline)
        for number in (*self.names, *self.dropped, *(s.track for s in spans if s.track is not None)):
            if number not in known:
                listed = ", ".join(map(str, known)) or "none"
                raise DataError(f"{printable(file)}: edits are of person {number}; it has {listed}")
        end = float(rows.index.get_level_values("end").max())
        check_within(self.excluded, end, f"{printable(file)}: the excluded span")

    def applied(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table of one file without those left out, and without numbers in what is excluded.

        A frame of which nobody is left has a row of nobody in view.
        """
        rows = _without(table, self.dropped)
        out = touched(rows, self.excluded)
        emptied = {
            name: rows[name].mask(out, np.nan if rows[name].dtype == float else pd.NA) for name in PREDICTED
        }
        return rows.assign(**emptied)


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

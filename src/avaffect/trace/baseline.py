"""Expression relative to a person's own: how far it is from the mean over spans in which they are neutral."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import DataError
from ..spec import TARGETS
from .rows import files, tracks
from .spans import Span, check_within
from .summary import SPEAKING


def relative_to(table: pd.DataFrame, spans: Sequence[Span]) -> pd.DataFrame:
    """The table with ``valence_rel`` and ``arousal_rel``: values less the person's mean in their spans.

    The mean weighs every row by its seconds within the spans. A row that rests on the voice alone counts only
    where speech is heard (probability of at least 0.5) that is not known to be another's. Rows that belong to
    nobody in view count where the recording has no people at all: then the voice is taken for one person's.

    Parameters
    ----------
    table : (n, 23) pd.DataFrame
        A trace's table, of one file.
    spans : sequence of Span

    Returns
    -------
    (n, 23) pd.DataFrame
        NaN for whoever has no row that counts.

    Raises
    ------
    DataError
        If the table has several files, a span lies outside of it, names a person who is not there, or holds
        no row that counts.
    """
    names = files(table)
    if len(names) != 1:
        raise DataError(f"a baseline belongs to one file, the trace has {len(names)}; use trace.file(name)")
    start, end = (table.index.get_level_values(name).to_numpy() for name in ("start", "end"))
    check_within(spans, float(end.max()), f"{names[0]}: the baseline")
    people: list[int | None] = [*tracks(table)]
    for span in spans:
        if span.track is not None and span.track not in people:
            known = ", ".join(map(str, people)) or "none"
            raise DataError(f"{names[0]}: the baseline {span} is of person {span.track}; it has {known}")
    weights = {span: _seconds_in(span, start, end) * _counts(table) for span in spans}
    used: set[Span] = set()
    relative = {target: np.full(len(table), np.nan) for target in TARGETS}
    for person in people or [None]:
        own = [span for span in weights if span.track in (None, person)]
        theirs = _of(table, person)
        used |= {span for span in own if (weights[span] * theirs).any()}
        weight = np.minimum(sum((weights[span] for span in own), np.zeros(len(table))), end - start) * theirs
        for target in TARGETS:
            values = table[target].to_numpy()
            at = (weight > 0) & np.isfinite(values)
            if at.any():
                mean = np.average(values[at], weights=weight[at])
                relative[target][theirs] = values[theirs] - mean
    for span in weights:
        if span not in used:
            raise DataError(
                f"{names[0]}: in the baseline {span} there is no face and no voice of"
                f" {'anybody' if span.track is None else f'person {span.track}'}; give a span where there is"
            )
    return table.assign(**{f"{target}_rel": values for target, values in relative.items()})


def _seconds_in(span: Span, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Seconds of each row within a span, (n,)."""
    return np.clip(np.minimum(end, span.end) - np.maximum(start, span.start), 0.0, None)


def _counts(table: pd.DataFrame) -> np.ndarray:
    """Rows that have a prediction, and, if by the voice alone, in which the person speaks: (n,) bool."""
    voice = table["source"].eq("voice").fillna(False).to_numpy(dtype=bool)
    speaks = (table["voiced"] >= SPEAKING) & ~(table["speaking"] < SPEAKING)
    predicted = table[list(TARGETS)].notna().any(axis=1)
    return predicted.to_numpy() & (~voice | speaks.to_numpy())


def _of(table: pd.DataFrame, person: int | None) -> np.ndarray:
    column = table["track"]
    mine = column.isna() if person is None else column.eq(person).fillna(False)
    return mine.to_numpy(dtype=bool)

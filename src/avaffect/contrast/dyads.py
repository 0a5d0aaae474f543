"""Pairs of people: who is meant, and their synchrony as a table, in words, and over all pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..errors import DataError
from ..evaluate.bootstrap import LEVEL, MIN_UNITS, RESAMPLES, Estimate, interval, resample_counts
from ..evaluate.score import interval_notes
from ..spec import TARGETS
from ..trace import Trace
from ..trace.edits import Edits
from .synchrony import SHORTEST, Synchrony

_SHARED = 0.05  # of the time on one voice, from which it is said


def pair_of(trace: Trace, first: str, second: str) -> tuple[Trace, Trace]:
    """The rows of two people of one recording, each given by number or name.

    Parameters
    ----------
    trace : Trace
        Of one file.
    first, second : str
        A name that several numbers share is one person, whose rows are joined.

    Raises
    ------
    DataError
        If nobody is called so, both are one person, or those of one name are in view at the same time.
    """
    (file,) = trace.files
    edits = Edits.of(trace.meta, file)
    numbers = []
    for who in (first, second):
        numbers.append(edits.called(who, trace.tracks))
        if not numbers[-1]:
            known = ", ".join(dict.fromkeys([*map(str, trace.tracks), *edits.names.values()])) or "nobody"
            raise DataError(f"{file} has no person {who}; it has {known}")
    if set(numbers[0]) & set(numbers[1]):
        raise DataError(f"{file}: {first} and {second} are one person; give two")
    return _as_one(trace, first, numbers[0]), _as_one(trace, second, numbers[1])


def _as_one(trace: Trace, who: str, numbers: Sequence[int]) -> Trace:
    kept, *others = numbers
    if not others:
        return trace.track(kept)
    try:
        return trace.edited(Edits(merged=dict.fromkeys(others, kept))).track(kept)
    except DataError as error:
        called = " and ".join(map(str, numbers))
        raise DataError(f"{error}; {called} are called {who}: give a number") from error


def synchrony_table(
    found: Sequence[Mapping[str, Synchrony]], files: Sequence[tuple[str, ...]]
) -> pd.DataFrame:
    """One row for each pair and target."""
    rows = [
        {"file": names[0], "second_file": names[-1], **one.as_dict()}
        for names, each in zip(files, found, strict=True)
        for one in each.values()
    ]
    return pd.DataFrame(rows)


def over_recordings(
    found: Sequence[Mapping[str, Synchrony]], *, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[dict[str, Estimate], list[str]]:
    """The mean correlation at lag 0 over pairs, by target, with an interval that resamples pairs; and notes.

    The correlation at lag 0 is used because the largest one over lags is above 0 even by chance.
    """
    if len(found) < 2:
        return {}, []
    overall = {}
    fewest = len(found)
    for target in TARGETS:
        values = np.array([each[target].at_once for each in found])
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        fewest = min(fewest, len(values))
        ends = (float("nan"), float("nan"))
        if len(values) >= MIN_UNITS:
            counts = np.vstack(list(resample_counts(len(values), resamples, seed)))
            ends = interval(counts @ values / len(values), LEVEL)
        overall[target] = Estimate(float(values.mean()), *ends)
    return overall, interval_notes(fewest, "pair") if overall else []


def is_found(found: Mapping[str, Synchrony]) -> bool:
    """Whether a pair has enough in common for a correlation of any target."""
    return any(np.isfinite(one.peak) for one in found.values())


def in_words(one: Synchrony) -> list[str]:
    """What was found of one target, and how far it goes, in a few lines."""
    if not np.isfinite(one.peak):
        return [
            f"{one.target}: too little to correlate: {one.seconds:.0f} s that both have, at least"
            f" {SHORTEST:.0f} s are needed"
            if one.seconds < SHORTEST
            else f"{one.target}: nothing to correlate: one of the two does not change"
        ]
    first, second = one.names
    follows = second if one.lag > 0 else first
    when = "at the same time" if one.lag == 0 else f"{follows} {abs(one.lag):.2f} s later"
    lines = [
        f"{one.target}: r = {one.peak:+.2f}, {when}; {one.at_once:+.2f} at lag 0 ({one.seconds:.0f} s that"
        " both have)"
    ]
    if one.shifts:
        lines.append(
            f"  unrelated courses stay below {one.chance:+.2f} in {100 * LEVEL:.0f} % of {one.shifts} shifts;"
            f" p = {one.p:.3f}"
        )
    else:
        lines.append("  too short to tell what chance would give; take no lag from it")
    if one.shared_voice > _SHARED:
        lines.append(
            f"  for {100 * one.shared_voice:.0f} % of the time both rest on the one voice of the recording:"
            " part of what they share is the sound"
        )
    return lines

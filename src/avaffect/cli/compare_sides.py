"""`avaffect compare --lag`: which recordings of two groups go together, also where one is missing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AvaffectError
from .result_options import going_on

if TYPE_CHECKING:
    from ..exchange import Result
    from ..trace import Trace


def side_by_side(
    found: Sequence[Result], first: Sequence[Path], second: Sequence[Path], people: str, amiss: list[str]
) -> list[tuple[Trace, Trace]]:
    """People who were recorded together: each recording goes with the one at its place in the other group.

    Parameters
    ----------
    found : sequence of Result
        All that could be read of both groups.
    first, second : sequence of Path
        The tables and folders of each group.
    people : str
        Who counts of each recording, see `avaffect.contrast.cases_of`.
    amiss : list of str
        Gets a line on each recording whose partner is missing, and on those that do not fit.

    Raises
    ------
    AvaffectError
        If it is not known which goes with which, or none do.
    """
    groups = [_places(found, given) for given in (first, second)]
    tables = [table for group in groups for table in group]
    if not all(tables) and any(len(table) > 1 for table in tables):
        raise AvaffectError(
            "--lag: a table is missing, and others hold several recordings, so that which goes with which is"
            " not known; give tables of one recording each"
        )
    # What is missing keeps its place, so that the others are not shifted.
    here, there = ([one for table in group for one in (table or (None,))] for group in groups)
    if len(here) != len(there):
        raise AvaffectError(
            f"--lag: {len(here)} recordings on one side and {len(there)} on the other; give as many of each"
        )
    both = []
    for one, other in zip(here, there, strict=True):
        if one is not None and other is not None:
            both.append((one, other))
        elif alone := one or other:
            amiss.append(f"{alone.file}: the recording that it goes with is missing")
    if not both:
        raise AvaffectError("--lag: of no two recordings that go together both can be read; give others")
    done = going_on(both, partial(_together, people=people), amiss, path=lambda pair: pair[0].table)
    return [pair for _, pairs in done for pair in pairs]


def _places(found: Sequence[Result], inputs: Sequence[Path]) -> list[list[Result]]:
    """The results in each table that some inputs stand for; none in one that could not be read."""
    from ..exchange.results import tables_of

    return [
        [result for result in found if result.given == given and result.table in formats]
        for given in inputs
        for formats in tables_of(given)
    ]


def _together(both: tuple[Result, Result], people: str) -> list[tuple[Trace, Trace]]:
    """The people of two recordings who are compared, the first with the first."""
    from ..contrast import cases_of

    one, other = (cases_of([result.trace], people) for result in both)
    if len(one) != len(other):
        raise AvaffectError(
            f"--lag: {both[0].file} has {len(one)} people and {both[1].file} {len(other)}; choose one of each"
            " with --people"
        )
    return [(a.trace, b.trace) for a, b in zip(one, other, strict=True)]

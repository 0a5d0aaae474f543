"""Two groups of recordings: their means, and the difference with an interval that resamples recordings.

Neighbouring frames are nearly equal, so the unit is the recording: every person counts once, whatever the
length, and the intervals show how other recordings of the same kind would differ (percentile bootstrap, Efron
1979). They say nothing of how far the model's values are from what raters would say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from ..arguments import checks_types
from ..errors import DataError
from ..evaluate.bootstrap import LEVEL, MIN_UNITS, RESAMPLES, Estimate, interval, resample_counts
from ..evaluate.score import interval_notes
from ..metric import Array
from ..result_names import key
from ..spec import TARGETS
from ..text import listed
from ..trace import Trace
from ..trace.names import recordings
from .cases import MAIN, MEASURES, Case, cases_of, unit_numbers
from .course import Course, course, step_of

_LITTLE = 0.5  # of a recording with a prediction, below which a note says so


@dataclass(frozen=True)
class Statistic:
    """One figure of both groups.

    Attributes
    ----------
    target, measure : str
        Such as ``valence``, and a key of `avaffect.contrast.cases.MEASURES`.
    first, second : Estimate
        The groups' means over people, with their intervals.
    difference : Estimate
        First less second; of pairs, the mean difference within them.
    effect : float
        The difference in standard deviations: Cohen's d with the pooled one; of pairs, the mean difference
        over the standard deviation of the differences. NaN with fewer than two values a group.
    counts : (int, int)
        People who have the figure, in each group.
    """

    target: str
    measure: str
    first: Estimate
    second: Estimate
    difference: Estimate
    effect: float
    counts: tuple[int, int]


@dataclass(frozen=True)
class GroupComparison:
    """Two groups beside each other.

    Attributes
    ----------
    names : (str, str)
    statistics : tuple of Statistic
    cases : tuple of tuple of Case
        The people of each group.
    courses : dict of str to (Course, Course)
        By target, both groups over time.
    paired : bool
        Whether recordings were compared two by two.
    level : float
    resamples, seed : int
    notes : tuple of str
        What a reader of the figures should know, one line each.
    """

    names: tuple[str, str]
    statistics: tuple[Statistic, ...]
    cases: tuple[tuple[Case, ...], tuple[Case, ...]]
    courses: dict[str, tuple[Course, Course]]
    paired: bool
    level: float
    resamples: int
    seed: int
    notes: tuple[str, ...]

    @property
    def effect_text(self) -> str:
        """What the effects are, in words."""
        if self.paired:
            return "effect: d_z, the mean difference over the standard deviation of the pairs' differences"
        return "effect: Cohen's d, the difference over the pooled standard deviation"

    def table(self) -> pd.DataFrame:
        """One row for each target and measure, for a csv."""
        rows = []
        for one in self.statistics:
            row: dict[str, Any] = {"target": one.target, "measure": one.measure}
            for name in ("first", "second", "difference"):
                figure: Estimate = getattr(one, name)
                row |= {name: figure.value, f"{name}_lo": figure.low, f"{name}_hi": figure.high}
            row |= {"effect": one.effect, "first_people": one.counts[0], "second_people": one.counts[1]}
            rows.append({**row, "first_group": self.names[0], "second_group": self.names[1]})
        return pd.DataFrame(rows)

    def people(self) -> pd.DataFrame:
        """One row for each person: group, file, figures, and the seconds behind them."""
        rows: list[dict[str, Any]] = [
            {
                "group": name,
                "file": case.file,
                "track": case.person.track,
                "person": case.person.name or "",
                "seconds": case.person.seconds,
                "seconds_predicted": case.seconds,
                **case.values(),
                "edits": case.edits,
            }
            for name, group in zip(self.names, self.cases, strict=True)
            for case in group
        ]
        return pd.DataFrame(rows).astype({"track": "Int64"})

    def as_dict(self) -> dict[str, Any]:
        """Figures and notes as plain values, ready for JSON; what is not known is None."""
        people = self.people().astype(object)
        return {
            "groups": list(self.names),
            "paired": self.paired,
            "level": self.level,
            "resamples": self.resamples,
            "seed": self.seed,
            "statistics": [_plain(asdict(one)) for one in self.statistics],
            "people": _plain(people.where(people.notna(), None).to_dict("records")),
            "notes": list(self.notes),
        }


@checks_types
def compare(
    first: Trace | Sequence[Trace],
    second: Trace | Sequence[Trace],
    *,
    names: tuple[str, str] = ("A", "B"),
    people: str | int = MAIN,
    paired: bool = False,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> GroupComparison:
    """Compare two groups of recordings.

    Parameters
    ----------
    first, second : Trace or sequence of Trace
        The groups' recordings.
    names : (str, str)
        What the groups are called.
    people : str or int
        Who of each recording, see `avaffect.contrast.cases_of`.
    paired : bool
        Compare recordings two by two, such as one person under two conditions: those whose files have the
        same name, without folder and ending. This needs far fewer recordings.
    level : float
        Of the intervals.
    resamples, seed : int

    Returns
    -------
    GroupComparison

    Raises
    ------
    DataError
        If a group has nobody with a prediction, a recording is in both groups, or ``paired`` recordings do
        not match.
    """
    if not 0 < level < 1:
        raise DataError(f"level={level:g}: expected a share between 0 and 1, such as 0.95")
    groups = [cases_of([each] if isinstance(each, Trace) else each, people) for each in (first, second)]
    both = {case.file for case in groups[0]} & {case.file for case in groups[1]}
    if both:
        raise DataError(f"{min(both)} is in both groups; a recording belongs to one of them")
    edited = [case.file for group in groups for case in group if case.edits]
    groups, notes = _predicted(groups, names)
    notes += [f"edited: {recordings(edited)}"] if edited else []
    if paired:
        groups, alone = _paired(groups)
        notes += alone
    units = [unit_numbers(group) for group in groups]
    sizes = [int(unit.max()) + 1 for unit in units]
    counts = [_counts(size, resamples, seed + (0 if paired else k)) for k, size in enumerate(sizes)]
    statistics = [
        _statistic(groups, units, counts, target, measure, paired, level)
        for target in TARGETS
        for measure in MEASURES
        if all(any(np.isfinite(c.value(measure, target)) for c in group) for group in groups)
    ]
    edges = _edges([*groups[0], *groups[1]])
    courses = {
        target: (
            course(groups[0], target, edges, counts[0], units[0], level),
            course(groups[1], target, edges, counts[1], units[1], level),
        )
        for target in TARGETS
    }
    notes += [note for name, size in zip(names, sizes, strict=True) for note in _few(name, size, paired)]
    notes += _little(groups)
    return GroupComparison(
        names, tuple(statistics), (tuple(groups[0]), tuple(groups[1])), courses, paired, level, resamples,
        seed, tuple(dict.fromkeys(notes)),
    )  # fmt: skip


def _counts(units: int, resamples: int, seed: int) -> Array:
    counts: Array = np.vstack(list(resample_counts(units, resamples, seed)))
    return counts


def _edges(cases: Sequence[Case]) -> Array:
    step = step_of(cases)
    end = max(case.person.end for case in cases)
    return np.asarray(step * np.arange(max(int(np.ceil(end / step - 1e-9)), 1) + 1), dtype=np.float64)


def _few(name: str, units: int, paired: bool) -> list[str]:
    kind = "pair" if paired else "recording"
    return [note if paired else f"{name}: {note}" for note in interval_notes(units, kind)]


def _little(groups: Sequence[Sequence[Case]]) -> list[str]:
    few = [c.file for group in groups for c in group if c.person.missing_share > 1 - _LITTLE]
    return [f"less than half of the time has a prediction: {recordings(few)}"] if few else []


def _predicted(groups: Sequence[list[Case]], names: Sequence[str]) -> tuple[list[list[Case]], list[str]]:
    """The cases that have any value, and a note on those without: they would count and say nothing."""
    kept = [[case for case in group if case.predicted] for group in groups]
    for name, group, left in zip(names, groups, kept, strict=True):
        if not left:
            raise DataError(f"{name}: there is no prediction in {recordings([c.file for c in group])}")
    gone = [case.file for group in groups for case in group if not case.predicted]
    return kept, [f"left out, without any prediction: {recordings(gone)}"] if gone else []


def _paired(groups: Sequence[list[Case]]) -> tuple[list[list[Case]], list[str]]:
    """The cases of both groups in the order of their pairs, and notes on those that have no partner."""
    by_name: list[dict[str, Case]] = []
    for group in groups:
        named: dict[str, Case] = {}
        for case in group:
            name = key(PurePath(case.file.replace("\\", "/")).stem)
            if name in named:
                raise DataError(
                    f"paired: {named[name].file} and {case.file} are of one name in one group;"
                    " give one person and recording for each"
                )
            named[name] = case
        by_name.append(named)
    common = [name for name in by_name[0] if name in by_name[1]]
    if not common:
        raise DataError(
            f"paired: no two recordings have one name: {listed(by_name[0])} with {listed(by_name[1])};"
            " name the files alike in both groups"
        )
    alone = [case.file for named in by_name for name, case in named.items() if name not in common]
    notes = [f"left out, without a partner: {recordings(alone)}"] if alone else []
    return [[named[name] for name in common] for named in by_name], notes


def _statistic(
    groups: Sequence[Sequence[Case]], units: Sequence[np.ndarray], counts: Sequence[Array], target: str,
    measure: str, paired: bool, level: float,
) -> Statistic:  # fmt: skip
    values = [np.array([case.value(measure, target) for case in group]) for group in groups]
    if paired:  # a pair counts only whole
        whole = np.isfinite(values[0]) & np.isfinite(values[1])
        values = [np.where(whole, each, np.nan) for each in values]
    resampled = [_resampled(v, u, c) for v, u, c in zip(values, units, counts, strict=True)]
    means = [float(np.nanmean(v)) if np.isfinite(v).any() else float("nan") for v in values]
    enough = [len({int(u) for u in unit[np.isfinite(v)]}) >= MIN_UNITS
              for v, unit in zip(values, units, strict=True)]  # fmt: skip
    first, second = (
        Estimate(mean, *(interval(each, level) if ok else ()))
        for mean, each, ok in zip(means, resampled, enough, strict=True)
    )
    difference = Estimate(
        means[0] - means[1], *(interval(resampled[0] - resampled[1], level) if all(enough) else ())
    )
    known = [v[np.isfinite(v)] for v in values]
    return Statistic(
        target, measure, first, second, difference, _effect(known, paired), (len(known[0]), len(known[1]))
    )


def _resampled(values: Array, unit: np.ndarray, counts: Array) -> Array:
    """The mean over people in each resample of recordings, (resamples,)."""
    known = np.isfinite(values)
    total, number = np.zeros((2, counts.shape[1]))
    np.add.at(total, unit, np.where(known, values, 0.0))
    np.add.at(number, unit, known)
    with np.errstate(invalid="ignore", divide="ignore"):
        means: Array = (counts @ total) / (counts @ number)
    return means


def _effect(known: Sequence[Array], paired: bool) -> float:
    if min(map(len, known)) < 2:
        return float("nan")
    if paired:
        difference = known[0] - known[1]
        spread = float(difference.std(ddof=1))
        return float(difference.mean()) / spread if spread > 0 else float("nan")
    freedom = [len(v) - 1 for v in known]
    pooled = sum(n * float(v.var(ddof=1)) for n, v in zip(freedom, known, strict=True)) / sum(freedom)
    return float(known[0].mean() - known[1].mean()) / pooled**0.5 if pooled > 0 else float("nan")


def _plain(value: Any) -> Any:
    """The same with None for NaN."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value

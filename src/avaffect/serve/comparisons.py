"""Two groups of predictions beside each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ..errors import DataError
from ..trace import Trace
from ..trace.edits import Edits
from .context import TheService, done, find, refusals
from .service import Service
from .worker import renamed

router = APIRouter(tags=["comparisons"])

_COURSE = ("time", "mean", "low", "high")

Ids = Annotated[list[str], Field(min_length=1, max_length=500)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class Groups(BaseModel):
    """Which predictions are compared, and how."""

    model_config = ConfigDict(extra="forbid")

    a: Ids = Field(description="Ids of the first group.")
    b: Ids = Field(description="Ids of the second group.")
    names: tuple[Name, Name] = Field(("A", "B"), description="What the groups are called.")
    people: Name = Field("main", description="Who of each: main (seen longest), all, a number or a name.")
    paired: bool = Field(False, description="Compare recordings of one name two by two.")
    edits: dict[str, Edits] = Field({}, description="By id, changes as of a view.")


class Comparison(BaseModel):
    """What `avaffect.compare` gives, and both groups over time."""

    groups: tuple[str, str]
    paired: bool
    level: float = Field(description="Of the intervals.")
    resamples: int
    seed: int
    statistics: list[dict[str, Any]] = Field(
        description="For each target and measure first, second and difference (value, low, high), the effect"
        " (Cohen's d; of pairs d_z), and counts of people."
    )
    people: list[dict[str, Any]] = Field(description="Each person's figures, with the id of the prediction.")
    courses: dict[str, list[dict[str, Any]]] = Field(
        description="By target, both groups over time: time (s), mean, low, high."
    )
    notes: list[str] = Field(description="What a reader of the figures should know.")


@router.post("/v1/comparisons", responses=refusals(403, 404, 409, 413, 422))
def compare_groups(service: TheService, groups: Groups) -> Comparison:
    """Compare two groups: means over people, their difference with an interval that resamples recordings."""
    from ..contrast import compare

    both = sorted({*groups.a} & {*groups.b})
    if both:
        raise DataError(f"{both[0][:64]} is in both groups; a recording belongs to one of them")
    pair = [_traces(service, ids, groups.edits) for ids in (groups.a, groups.b)]
    try:
        found = compare(*pair, names=groups.names, people=groups.people, paired=groups.paired)
    except DataError as error:
        raise DataError(_without_ids(str(error), groups)) from error
    plain = found.as_dict()
    plain["notes"] = [_without_ids(note, groups) for note in found.notes]
    for person in plain["people"]:
        person["id"], _, person["file"] = person["file"].partition("/")
    courses = {
        target: [{key: _list(getattr(course, key)) for key in _COURSE} for course in pair]
        for target, pair in found.courses.items()
    }
    return Comparison(**plain, courses=courses)


def _traces(service: Service, ids: Sequence[str], edits: Mapping[str, Edits]) -> list[Trace]:
    """The results, each named by its id and its name: names alone may be the same."""
    traces = []
    for identity in dict.fromkeys(ids):
        job = done(find(service, identity))
        trace = renamed(service.trace(job), f"{identity}/{job.name}")
        traces.append(trace.edited(edits[identity]) if identity in edits else trace)
    return traces


def _without_ids(text: str, groups: Groups) -> str:
    """A message with the recordings as their owner knows them."""
    for identity in (*groups.a, *groups.b):
        text = text.replace(f"{identity}/", "")
    return text


def _list(values: Any) -> list[float | None]:
    return [None if math.isnan(value) else round(float(value), 4) for value in values]

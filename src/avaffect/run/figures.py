"""A recording in a line of figures, for the table of a whole run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

LEVELS = ("valence", "arousal")

COLUMNS = (
    "file",
    "seconds",
    "people",
    "seconds_seen",
    "predicted_share",
    *(f"{target}_{figure}" for target in LEVELS for figure in ("mean", "min", "max")),
    "error",
)
"""Of the summary table. Seconds are of the recording, and those in which the person who is seen longest is
seen; shares and levels are over everybody, each by the time they are in the recording. A recording that
failed has the reason alone."""


def figures(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of one recording.

    Parameters
    ----------
    summary : mapping
        As `avaffect.Trace.summary` gives it.
    """
    people: Sequence[Mapping[str, Any]] = summary["people"]
    told: dict[str, Any] = {
        "seconds": round(summary["duration"], 3),
        "people": sum(person["track"] is not None for person in people),
        "seconds_seen": round(max((person["seconds_seen"] for person in people), default=0.0), 3),
    }
    weights = [person["seconds"] * (1 - person["missing_share"]) for person in people]
    total = sum(person["seconds"] for person in people)
    told["predicted_share"] = round(sum(weights) / total, 4) if total else 0.0
    for target in LEVELS:
        levels = [(person[target], weight) for person, weight in zip(people, weights, strict=True)]
        told |= {f"{target}_{name}": value for name, value in _together(levels).items()}
    return told


def _together(levels: Sequence[tuple[Mapping[str, float] | None, float]]) -> dict[str, float | None]:
    """Mean, least and greatest value over people, each with their weight."""
    known = [(level, weight) for level, weight in levels if level is not None]
    total = sum(weight for _, weight in known)
    if not total > 0:
        return {"mean": None, "min": None, "max": None}
    mean = sum(level["mean"] * weight for level, weight in known) / total
    least, greatest = min(level["min"] for level, _ in known), max(level["max"] for level, _ in known)
    return {"mean": round(mean, 4), "min": round(least, 4), "max": round(greatest, 4)}

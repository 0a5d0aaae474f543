"""A trace in figures, one set per person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..spec import TARGETS
from .columns import SOURCES
from .edits import Edits
from .meta import coverage, streams
from .rows import duration, files, of_file, of_track, seconds, tracks
from .spans import touched

SPEAKING = 0.5  # probability from which a moment counts as speech, and that as a person's own


@dataclass(frozen=True)
class Level:
    """Level and spread of one target, over the time where it was predicted.

    Every row weighs by the seconds it covers, so that a variable frame rate changes nothing.

    Attributes
    ----------
    mean, sd, min, max, range : float
        In the target's units, [-1, 1]; the standard deviation is the population one.
    interval : float or None
        Mean width of the prediction interval; None where the model gives none.
    reach : float or None
        Mean distance from the value to the farther end of its interval: half the width of an interval that
        the end of the scale does not cut off.
    vague : bool
        The intervals are on average as wide as for a blind guess: no narrower than one that holds the
        same share of values drawn evenly from the whole scale.
    """

    mean: float
    sd: float
    min: float
    max: float
    range: float
    interval: float | None
    reach: float | None
    vague: bool = False


@dataclass(frozen=True)
class Person:
    """One person in one file.

    Attributes
    ----------
    file : str
    track : int or None
        None gathers the rows that belong to nobody in view: frames without a person, and a voice without
        a face.
    name : str or None
        What they are called, if somebody said so (`avaffect.trace.edits`).
    label : str
        How to call them in a text: the name, with the number where several of the file have it; otherwise
        ``person`` and the number, or ``nobody in view``.
    start, end : float
        Seconds of the first row's start and the last row's end.
    seconds : float
        Time that the rows cover.
    seconds_seen : float
        Time with a face.
    face_share : float
        ``seconds_seen / seconds``.
    speech_share : float or None
        Share of the time with a speech probability of at least `SPEAKING`; None without sound.
        Speech counts whoever speaks.
    speaking_share : float or None
        Share of the time in which it is known whether this person or another speaks, that it is this
        person; None where it is never known.
    told_share : float
        Share of the time in which that is known: somebody speaks, and this person's mouth can be read.
    valence, arousal : Level or None
        None where never predicted.
    valence_rel, arousal_rel : Level or None
        The same relative to the person's baseline; None where they have none.
    source : dict of str to float
        Share of the time in which the prediction rests on "face+voice", "face" or "voice", where it does.
    missing_share : float
        Share of the time in which neither target was predicted.
    missing : dict of str to float
        The same share by reason, as far as the table tells it.
    """

    file: str
    track: int | None
    name: str | None
    label: str
    start: float
    end: float
    seconds: float
    seconds_seen: float
    face_share: float
    speech_share: float | None
    speaking_share: float | None
    told_share: float
    valence: Level | None
    arousal: Level | None
    valence_rel: Level | None
    arousal_rel: Level | None
    source: dict[str, float]
    missing_share: float
    missing: dict[str, float]

    @property
    def mean(self) -> tuple[float, float] | None:
        """Mean valence and arousal; None unless both were predicted."""
        return (self.valence.mean, self.arousal.mean) if self.valence and self.arousal else None


@dataclass(frozen=True)
class Summary:
    """A trace's figures: seconds of all files together, and every person in each file."""

    duration: float
    files: tuple[str, ...]
    people: tuple[Person, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain dicts and lists, ready for JSON."""
        return asdict(self) | {"files": list(self.files), "people": [asdict(p) for p in self.people]}


def summarise(table: pd.DataFrame, meta: Mapping[str, Any]) -> Summary:
    """The figures of a trace: its files in the table's order, in each the people by number, nobody last.

    Parameters
    ----------
    table : (n, 23) pd.DataFrame
        A trace's table.
    meta : mapping
        What made it. ``streams`` says which of face and voice can be the reason for a gap, ``edits`` who is
        called what and which spans are excluded.
    """
    people = []
    used = streams(meta)
    held = coverage(meta)
    for file in files(table):
        part, edits = of_file(table, file), Edits.of(meta, file)
        groups = ((number, of_track(part, number)) for number in [*tracks(part), None])
        people += [_person(file, number, rows, used, edits, held) for number, rows in groups if len(rows)]
    return Summary(duration=duration(table), files=tuple(files(table)), people=tuple(people))


def _person(
    file: str, track: int | None, rows: pd.DataFrame, used: list[str], edits: Edits, held: float
) -> Person:
    weight = seconds(rows).to_numpy()
    if not weight.sum() > 0:  # a picture alone has no length: every row counts the same
        weight = np.full(len(rows), 1.0)
    total = weight.sum()
    share = weight / total
    seen = rows["face_conf"].notna().to_numpy()
    voiced, speaking = rows["voiced"].to_numpy(), rows["speaking"].to_numpy()
    told = float(share[np.isfinite(speaking)].sum())
    reasons = _reasons(rows, used, edits, somebody=track is not None)
    missing = {reason: float(share[why].sum()) for reason, why in reasons.items()}
    return Person(
        file=file,
        track=track,
        name=None if track is None else edits.names.get(track),
        label="nobody in view" if track is None else edits.label(track),
        start=float(rows.index.get_level_values("start").min()),
        end=float(rows.index.get_level_values("end").max()),
        seconds=float(seconds(rows).sum()),
        seconds_seen=float(seconds(rows)[seen].sum()),
        face_share=float(share[seen].sum()),
        speech_share=None if np.isnan(voiced).all() else float(share[voiced >= SPEAKING].sum()),
        speaking_share=float(share[speaking >= SPEAKING].sum()) / told if told else None,
        told_share=told,
        valence=_level(rows, "valence", weight, held),
        arousal=_level(rows, "arousal", weight, held),
        valence_rel=_level(rows, "valence_rel", weight, held),
        arousal_rel=_level(rows, "arousal_rel", weight, held),
        source={kind: float(share[at].sum()) for kind in SOURCES if (at := _rests_on(rows, kind)).any()},
        missing_share=min(float(sum(missing.values())), 1.0),  # sums of shares are not exact
        missing={reason: value for reason, value in missing.items() if value > 0},
    )


def _level(rows: pd.DataFrame, target: str, weight: np.ndarray, held: float) -> Level | None:
    values = rows[target].to_numpy()
    known = np.isfinite(values)
    if not known.any():
        return None
    x, w = values[known], weight[known]
    if not w.sum() > 0:
        w = np.full(len(x), 1.0)
    mean = float(np.average(x, weights=w))
    low, high = rows.reindex(columns=[f"{target}_lo", f"{target}_hi"]).to_numpy().T  # NaN where it has none
    width = high - low
    reach = np.maximum(high - values, values - low)  # the other side may be cut off at the end of the scale
    bounded = np.isfinite(width) & (weight > 0)
    wide, far = (
        float(np.average(each[bounded], weights=weight[bounded])) if bounded.any() else None
        for each in (width, reach)
    )
    return Level(
        mean=mean,
        sd=float(np.sqrt(np.average((x - mean) ** 2, weights=w))),
        min=float(x.min()),
        max=float(x.max()),
        range=float(x.max() - x.min()),
        interval=wide,
        reach=far,
        vague=far is not None and far >= held - 1e-6,
    )


def _rests_on(rows: pd.DataFrame, source: str) -> np.ndarray:
    """Where the prediction rests on this source, (n,) bool."""
    return rows["source"].eq(source).fillna(False).to_numpy(dtype=bool)


def _reasons(rows: pd.DataFrame, used: list[str], edits: Edits, *, somebody: bool) -> dict[str, np.ndarray]:
    """Why a row has no prediction, (n,) bool each; a row has at most one reason.

    ``used`` are the streams of the model: what it does not use is no reason. ``somebody`` is False for the
    rows of nobody in view, of whom no voice is kept.
    """
    excluded = touched(rows, edits.excluded)
    empty = rows[list(TARGETS)].isna().all(axis=1).to_numpy() & ~excluded
    faceless = rows["face_conf"].isna().to_numpy() | ("visual" not in used)
    unclear = {"face too unclear": empty & ~faceless, "excluded": excluded}
    if "audio" not in used:
        return {"no face": empty & faceless, **unclear}
    voiced = rows["voiced"].to_numpy()
    listens = rows["speaking"].to_numpy() < SPEAKING
    lacking = {
        "no sound": np.isnan(voiced),
        "no speech": voiced < SPEAKING,
        "another's voice": (voiced >= SPEAKING) & listens,
        "too little speech": (voiced >= SPEAKING) & ~listens,
    }
    if "visual" not in used:
        return {reason: empty & why for reason, why in lacking.items()} | {"excluded": excluded}
    if somebody:
        lacking["a voice that may be another's"] = lacking.pop("too little speech")
    elif edits.dropped:
        lacking["too little speech, or that of somebody left out"] = lacking.pop("too little speech")
    return {f"no face and {reason}": empty & faceless & why for reason, why in lacking.items()} | unclear

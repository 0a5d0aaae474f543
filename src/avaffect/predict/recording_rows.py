"""The result table of a recording: whose its rows are, and what the model says of each person in theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..spec import Spec
from ..streams.assemble import RecordingStreams
from ..streams.person import Person
from ..streams.timeline import Timeline
from ..trace.columns import INDEX
from .frame_table import Columns, Reading, face_rows, person_rows, predicted

Shares = list[tuple[Person | None, np.ndarray]]
"""People with the positions of the rows that may be theirs; the last is None: nobody's."""

_ROWS = 8192
"""Rows made at once."""

_LAST = np.iinfo(int).max
"""Nobody's track: after everybody's."""


def shares(recording: RecordingStreams, *, main_only: bool) -> Shares:
    """Which rows may be whose: everyone's pictures from first to last sight, and last all, nobody's.

    With ``main_only`` all rows are the main person's.
    """
    everything, pictures = np.arange(len(recording.times)), recording.pictures
    if main_only and recording.main_person is not None:
        return [(recording.main_person, everything)]
    found: Shares = [
        (person, np.flatnonzero((pictures >= frames[0]) & (pictures <= frames[-1])))
        for person, frames in ((person, person.frames) for person in recording.people)
    ]
    return [*found, (None, everything)]


def recording_table(
    name: str,
    recording: RecordingStreams,
    of: Shares,
    readings: Sequence[Reading],
    spec: Spec,
    timeline: Timeline,
) -> pd.DataFrame:
    """One recording's table, indexed ``file, start, end`` in time order, people before nobody.

    Parameters
    ----------
    of : list
        Whose rows they may be. Nobody's stay that are no person's, and where a voice is nobody's.
    readings : sequence of Reading
        One of each of these.
    """
    of = _without_idle(recording, of, readings, timeline)
    position = np.concatenate([positions for _, positions in of])
    track = np.concatenate([np.full(len(own), person.track if person else _LAST) for person, own in of])
    order = np.lexsort((track, position))
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    position, track = position[order], track[order]
    numbers = recording.numbers[position]
    columns: dict[str, Any] = {
        "track": pd.arrays.IntegerArray(track, track == _LAST),
        "frame": pd.arrays.IntegerArray(numbers, numbers < 0),
        "pts": recording.times[position],
    }
    # Each row is written where it stays: of a long recording, the table is in memory once.
    first = 0
    for part in _parts(recording, of, readings, spec, timeline):
        place = places[first : first + len(part["source"])]
        for key, values in part.items():
            columns.setdefault(key, np.empty(len(order), values.dtype))[place] = values
        first += len(place)
    return pd.DataFrame(columns, index=_index(name, recording, position), copy=False)


def _index(name: str, recording: RecordingStreams, position: np.ndarray) -> pd.MultiIndex:
    """``file, start, end`` of the rows at these positions, (n,) of int.

    Each time is in memory once: to look for equal ones would take more of it than the rest of the table.
    """
    times = [recording.times, recording.ends]
    if not all((np.diff(each) > 0).all() for each in times):
        columns = [[name] * len(position), *(each[position] for each in times)]
        return pd.MultiIndex.from_arrays(columns, names=INDEX)
    levels: list[Any] = [[name], *times]
    codes: list[Any] = [np.zeros_like(position), position, position]
    return pd.MultiIndex(levels, codes, names=INDEX)


def _without_idle(
    recording: RecordingStreams, of: Shares, readings: Sequence[Reading], timeline: Timeline
) -> Shares:
    """The same without nobody's rows that are somebody's, unless a voice in them is nobody's."""
    taken = np.zeros(len(recording.times), dtype=bool)
    found: Shares = []
    for (person, positions), reading in zip(of, readings, strict=True):
        if person is None:
            _, values = predicted(reading, timeline, recording.times[positions])
            found.append((person, positions[~taken[positions] | np.isfinite(values).any(axis=1)]))
        else:
            taken[positions] = True
            found.append((person, positions))
    return found


def _parts(
    recording: RecordingStreams,
    of: Shares,
    readings: Sequence[Reading],
    spec: Spec,
    timeline: Timeline,
) -> Iterator[Columns]:
    """What the model and the faces say in the rows of each share, some of them at a time."""
    speech = None if recording.audio is None else recording.audio.speech_at(recording.ticks)
    for (person, positions), reading in zip(of, readings, strict=True):
        for some in np.split(positions, range(_ROWS, len(positions), _ROWS)):
            face = face_rows(person, recording.pictures[some])
            seen = np.isfinite(face["face_conf"])
            yield person_rows(reading, spec, timeline, recording.times[some], speech, seen) | face

"""The rows of a recording: whose they are, and what the model says of each person in theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..spec import Spec
from ..streams.assemble import RecordingStreams
from ..streams.person import Person
from ..streams.timeline import Timeline
from .frame_table import Columns, Reading, face_rows, person_rows

Shares = list[tuple[Person | None, np.ndarray]]
"""People with the positions of the rows that may be theirs; the last is None: nobody's."""

_ROWS = 8192
"""Rows made at once."""


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


def recording_rows(
    recording: RecordingStreams,
    of: Shares,
    readings: Sequence[Reading],
    spec: Spec,
    timeline: Timeline,
) -> Iterator[Columns]:
    """The rows of each share, some at a time, for `avaffect.predict.frame_table.table`."""
    speech = None if recording.audio is None else recording.audio.speech_at(recording.ticks)
    numbers, theirs = recording.numbers, np.zeros(len(recording.times), dtype=bool)
    for person, positions in of:
        theirs[positions] |= person is not None
    for (person, positions), reading in zip(of, readings, strict=True):
        for some in np.split(positions, range(_ROWS, len(positions), _ROWS)):
            face = face_rows(person, recording.pictures[some])
            pts, seen = recording.times[some], np.isfinite(face["face_conf"])
            model = person_rows(reading, spec, timeline, pts, speech, seen)
            track = np.full(len(some), person.track if person else -1)
            rows = {"position": some, "track": track, "frame": numbers[some], "pts": pts} | model | face
            if person is None:  # those that are no person's, and where a voice is nobody's
                stay = np.any([~theirs[some], *(np.isfinite(rows[name]) for name in spec.targets)], axis=0)
                rows = {name: values[stay] for name, values in rows.items()}
            yield rows

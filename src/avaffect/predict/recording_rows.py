"""The rows of a recording: whose they are, and what the model says of each person in theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..spec import Spec
from ..streams.assemble import RecordingStreams
from ..streams.timeline import Timeline
from ..streams.visual import Person
from .frame_table import Reading, face_rows, person_rows

Shares = list[tuple[Person | None, np.ndarray]]
"""People with the positions of the rows that may be theirs; the last is None: nobody's."""


def shares(recording: RecordingStreams, *, main_only: bool) -> Shares:
    """Which rows may be whose: everyone's pictures from first to last sight, and last all, nobody's.

    With ``main_only`` all rows are the main person's.
    """
    everything, pictures = np.arange(len(recording.times)), recording.pictures
    if main_only and recording.main_person is not None:
        return [(recording.main_person, everything)]
    found: Shares = [
        (person, np.flatnonzero((pictures >= person.frames[0]) & (pictures <= person.frames[-1])))
        for person in recording.people
    ]
    return [*found, (None, everything)]


def recording_rows(
    recording: RecordingStreams,
    of: Shares,
    readings: Sequence[Reading],
    spec: Spec,
    timeline: Timeline,
) -> list[pd.DataFrame]:
    """The rows of each share, for `avaffect.predict.frame_table.table`."""
    speech = None if recording.audio is None else recording.audio.speech_at(recording.ticks)
    parts = []
    for (person, positions), reading in zip(of, readings, strict=True):
        face = face_rows(person, recording.pictures[positions])
        pts, numbers = recording.times[positions], recording.numbers[positions]
        seen = np.isfinite(face["face_conf"])
        model = person_rows(reading, spec, timeline, pts, speech, seen)
        columns: dict[str, Any] = {
            "position": positions,
            "track": pd.array([person.track if person else None] * len(positions), dtype="Int64"),
            "frame": pd.arrays.IntegerArray(numbers, numbers < 0),
            "pts": pts,
        }
        rows = pd.DataFrame(columns | model | face)
        parts.append(rows if person is not None else rows[_of_nobody(rows, of, spec)])
    return parts


def _of_nobody(rows: pd.DataFrame, of: Shares, spec: Spec) -> np.ndarray:
    """Which of nobody's rows stay: those that are no person's, and where a voice is nobody's."""
    taken = [positions for person, positions in of if person is not None]
    free = ~rows["position"].isin(np.concatenate([np.zeros(0, dtype=int), *taken])).to_numpy()
    return free | rows[list(spec.targets)].notna().any(axis=1).to_numpy()

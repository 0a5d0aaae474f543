"""Work for the server's process in tests of the page: quick, with two people and a voice off screen."""

from __future__ import annotations

import shutil
import time

import numpy as np
import pandas as pd

from avaffect.errors import MediaError
from avaffect.progress import Hook
from avaffect.serve.worker import FILES, Task
from avaffect.trace import Trace
from avaffect.trace.columns import COLUMNS

SECONDS = 10.0
RATE = 25


class PageWork:
    """A reader whose results are made up; what is called ``slow...`` takes a minute, ``broken...`` fails."""

    def __call__(self, task: Task, hook: Hook) -> float:
        """Write a table."""
        hook("reading", 2.0, SECONDS)
        if task.name.startswith("slow"):
            time.sleep(60)
        if task.name.startswith("broken"):
            raise MediaError(f"{task.name}: no picture can be decoded; convert it to mp4")
        trace = made_trace(task.name)
        trace.meta["recording"] = {"size": task.source.stat().st_size}
        if task.annotate:  # the boxes in it are of no matter
            shutil.copy(task.source, task.folder / FILES["mp4"])
        trace.to_parquet(task.folder / FILES["parquet"])
        trace.to_csv(task.folder / FILES["csv"])
        return trace.duration


def made_trace(name: str) -> Trace:
    """Person 1 all along, person 2 from second 4, a voice off screen in seconds 2 to 3.

    The name's length shifts all values, so that recordings differ. In ``apart...`` person 1 leaves when
    person 2 comes.
    """
    shift = len(name) / 200
    leaves = 4.0 if name.startswith("apart") else SECONDS
    parts = [_person(1, 0.0, leaves, 0.3 + shift), _person(2, 4.0, SECONDS, -0.4 + shift), _voice(2.0, 3.0)]
    table = pd.concat(parts).assign(file=name).sort_values(["start", "track"], na_position="last")
    table = table.astype({"track": "Int64", "frame": "Int64"}).set_index(["file", "start", "end"])
    meta = {
        "model": "hgrjca.default",
        "avaffect": "0",
        "coverage": 0.9,
        "licence": "none",
        "meaning": "Made up.",
    }
    return Trace(table, meta=meta)


def _person(track: int, begin: float, end: float, level: float) -> pd.DataFrame:
    table = _rows(begin, end)
    start = table["start"].to_numpy()
    valence, arousal = level + 0.2 * np.sin(start), level / 2 + 0.2 * np.cos(start)
    speaks = ((start // 2) % 2 == track % 2).astype(float)
    table = table.assign(
        track=track, valence=valence, valence_lo=valence - 0.25, valence_hi=valence + 0.25,
        arousal=arousal, arousal_lo=arousal - 0.2, arousal_hi=arousal + 0.2, source="face+voice",
        face_conf=0.9, face_x1=100.0 * track, face_y1=50.0, face_x2=100.0 * track + 90, face_y2=170.0,
        voiced=0.95, speaking=speaks, attended_audio=0.3, attended_visual=0.6,
    )  # fmt: skip
    hidden = (start >= 6) & (start < 6.5)
    empty = [name for name in COLUMNS if name not in ("track", "frame", "pts", "voiced", "speaking")]
    table.loc[hidden, empty] = np.nan
    return table


def _voice(begin: float, end: float) -> pd.DataFrame:
    return _rows(begin, end).assign(
        track=pd.NA, valence=0.1, arousal=0.1, source="voice", voiced=0.9, attended_audio=0.5
    )


def _rows(begin: float, end: float) -> pd.DataFrame:
    frame = np.arange(round(begin * RATE), round(end * RATE))
    table = pd.DataFrame(np.nan, index=frame, columns=list(COLUMNS))
    return table.assign(
        start=frame / RATE, end=(frame + 1) / RATE, pts=frame / RATE, frame=frame, source=pd.NA
    )

"""Work for the processes of a server under test: quick, and as the recording's name says."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd

from avaffect.errors import MediaError
from avaffect.progress import Hook
from avaffect.serve.worker import FILES, Task
from avaffect.trace import Trace
from avaffect.trace.columns import COLUMNS


class MadeWork:
    """A reader whose results are made up; names that begin with a word have it do what the word says."""

    def __call__(self, task: Task, hook: Hook) -> float:
        """Do as the name says, and write a table."""
        hook("reading", 1.0, 2.0)
        word = task.name.partition("_")[0].partition(".")[0]
        if word == "slow":
            time.sleep(60)
        elif word == "fails":
            raise MediaError(f"{task.name}: cannot be read")
        elif word == "dies":
            os._exit(3)
        elif word == "once":  # dies at the first attempt
            mark = Path(task.folder) / "tried"
            if not mark.exists():
                mark.touch()
                os._exit(3)
        elif word == "swells":
            self.held = np.ones(2**28)
            time.sleep(60)
        trace = made_trace(task.name)
        trace.to_parquet(task.folder / FILES["parquet"])
        trace.to_csv(task.folder / FILES["csv"])
        return trace.duration


def made_trace(name: str) -> Trace:
    """Two seconds of one person at 5 rows a second, and a voice of nobody's; the first row is empty."""
    start = np.repeat(np.arange(10) / 5, 2)
    table = pd.DataFrame(np.nan, index=range(20), columns=list(COLUMNS))
    valence = np.linspace(-0.5, 0.5, 20)
    table = table.assign(
        file=name, start=start, end=start + 0.2, pts=start, track=[1, None] * 10, frame=np.arange(20) // 2,
        valence=valence, arousal=-valence, source="face+voice",
    )  # fmt: skip
    table.loc[:1, ["valence", "arousal"]] = np.nan
    return Trace(
        table.astype({"track": "Int64", "frame": "Int64"}).set_index(["file", "start", "end"]),
        meta={"model": "hgrjca.default"},
    )

"""WebVTT metadata cues: the trace as a text track that a web page can play along with the video."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..files import replacing
from .columns import GATES
from .meta import lasting
from .rows import files, seconds

FIELDS = (
    "valence", "valence_lo", "valence_hi", "arousal", "arousal_lo", "arousal_hi",
    "face_conf", "voiced", "speaking", *GATES,
)  # fmt: skip


def write_webvtt(
    table: pd.DataFrame, meta: Mapping[str, Any], path: str | Path, *, step: float = 0.2
) -> Path:
    """One cue for each ``step`` seconds, its payload one JSON object.

    The payload is ``{"people": [{"track": 1, "valence": 0.21, ...}, ...]}`` with the mean of each
    column over the rows that start within the cue (weighed by the seconds they cover, missing ones
    left out; null where all are missing). Use it as ``<track kind="metadata">``.

    Parameters
    ----------
    table : (n, 23) pd.DataFrame
        A trace's table, of one file.
    meta : mapping
        What made it; written into a note.
    path : path
    step : float
        Seconds a cue covers.

    Raises
    ------
    DataError
        If the table has several files, the step is not positive or the file cannot be written.

    References
    ----------
    WebVTT: The Web Video Text Tracks Format, W3C, https://www.w3.org/TR/webvtt1/
    """
    names = files(table)
    if len(names) > 1:
        raise DataError(
            f"a WebVTT file belongs to one video, the trace has {len(names)}; write trace.file(name) for each"
        )
    if not step >= 0.001:
        raise DataError(f"a cue lasts at least 0.001 s, not {step:g}; give step in seconds")
    about = json.dumps({"file": names[0] if names else None, **lasting(meta)})
    blocks = ["WEBVTT", f"NOTE avaffect {_safe(about)}", *_cues(table, step)]
    with replacing(path) as temporary:
        temporary.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return Path(path)


def timestamp(time: float) -> str:
    """Seconds as WebVTT writes them.

    >>> timestamp(3661.25)
    '01:01:01.250'
    """
    minutes, milliseconds = divmod(round(max(time, 0.0) * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"


def _cues(table: pd.DataFrame, step: float) -> list[str]:
    start = table.index.get_level_values("start").to_numpy()
    finish = table.index.get_level_values("end").to_numpy().max(initial=0.0)
    people = _people(table, np.floor(start / step + 1e-6).astype(int))
    cues = []
    for k, payload in people.items():
        # The last cue ends with the recording, unless that is no later than its own start.
        close = min((k + 1) * step, max(finish, k * step + 0.001))
        span = f"{timestamp(k * step)} --> {timestamp(close)}"
        cues.append(f"{span}\n{_safe(json.dumps({'people': payload}))}")
    return cues


def _people(table: pd.DataFrame, cue: np.ndarray) -> dict[int, list[dict[str, Any]]]:
    """What the payload of each cue shows, by the cue's number, in order of time."""
    values = table[list(FIELDS)]
    weight = seconds(table).clip(lower=1e-6)
    keys = [pd.Series(cue, index=table.index, name="cue"), table["track"]]
    sums = values.mul(weight, axis=0).groupby(keys, dropna=False).sum(min_count=1)
    weights = values.notna().mul(weight, axis=0).groupby(keys, dropna=False).sum()
    means = (sums / weights.where(weights > 0)).round(4).reset_index().sort_values(["cue", "track"])
    people: dict[int, list[dict[str, Any]]] = {}
    rows = means[list(FIELDS)].to_numpy().tolist()
    for k, track, row in zip(means["cue"], means["track"], rows, strict=True):
        person = {"track": None if pd.isna(track) else int(track)}
        shown = {name: None if np.isnan(x) else x for name, x in zip(FIELDS, row, strict=True)}
        people.setdefault(int(k), []).append(person | shown)
    return people


def _safe(text: str) -> str:
    """JSON text without the arrow that would end a cue's payload; it decodes to the same value."""
    return text.replace("-->", "--\\u003e")

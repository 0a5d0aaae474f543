"""WebVTT metadata cues: the trace as a text track that a web page can play along with the video."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import DataError
from .files import replacing
from .summary import seconds

if TYPE_CHECKING:
    from .table import Trace

FIELDS = (
    "valence", "valence_lo", "valence_hi", "arousal", "arousal_lo", "arousal_hi",
    "face_conf", "voiced", "gate_audio", "gate_visual",
)  # fmt: skip


def write_webvtt(trace: Trace, path: str | Path, *, step: float = 0.2) -> Path:
    """One cue for each ``step`` seconds, its payload one JSON object.

    The payload is ``{"people": [{"track": 1, "valence": 0.21, ...}, ...]}`` with the mean of each
    column over the rows that start within the cue (weighed by the seconds they cover, missing ones
    left out; null where all are missing). Use it as ``<track kind="metadata">``.

    Parameters
    ----------
    trace : Trace
        Of one file.
    path : path
    step : float
        Seconds a cue covers.

    Raises
    ------
    DataError
        If the trace has several files, the step is not positive or the file cannot be written.

    References
    ----------
    WebVTT: The Web Video Text Tracks Format, W3C, https://www.w3.org/TR/webvtt1/
    """
    if len(trace.files) > 1:
        raise DataError(
            f"a WebVTT file belongs to one video, the trace has {len(trace.files)};"
            " write trace.file(name) for each"
        )
    if not step >= 0.001:
        raise DataError(f"a cue lasts at least 0.001 s, not {step:g}; give step in seconds")
    about = json.dumps({"file": trace.files[0] if trace.files else None, **trace.meta})
    blocks = ["WEBVTT", f"NOTE avaffect {_safe(about)}", *_cues(trace.table, step)]
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
    end = table.index.get_level_values("end").to_numpy()
    cue = np.floor(start / step + 1e-6).astype(int)
    finish = end.max(initial=0.0)
    people = _means(table, cue)
    cues = []
    for k, rows in people.groupby("cue", sort=True):
        payload = json.dumps({"people": rows["person"].tolist()})
        # The last cue ends with the recording, unless that is no later than its own start.
        close = min((k + 1) * step, max(finish, k * step + 0.001))
        cues.append(f"{timestamp(k * step)} --> {timestamp(close)}\n{_safe(payload)}")
    return cues


def _means(table: pd.DataFrame, cue: np.ndarray) -> pd.DataFrame:
    """One row for each cue and person: ``cue``, and ``person``, the dict that the payload shows."""
    values = table[list(FIELDS)]
    weight = seconds(table).clip(lower=1e-6)
    keys = [pd.Series(cue, index=table.index, name="cue"), table["track"]]
    sums = values.mul(weight, axis=0).groupby(keys, dropna=False).sum(min_count=1)
    weights = values.notna().mul(weight, axis=0).groupby(keys, dropna=False).sum()
    means = (sums / weights.where(weights > 0)).round(4).reset_index()
    people = [
        {"track": None if pd.isna(track) else int(track)}
        | {name: None if pd.isna(x) else x for name, x in zip(FIELDS, row, strict=True)}
        for track, row in zip(means["track"], means[list(FIELDS)].to_numpy().tolist(), strict=True)
    ]
    return pd.DataFrame({"cue": means["cue"], "person": people})


def _safe(text: str) -> str:
    """JSON text without the arrow that would end a cue's payload; it decodes to the same value."""
    return text.replace("-->", "--\\u003e")

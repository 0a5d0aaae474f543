"""A BIDS continuous recording: ``*_physio.tsv.gz`` and the JSON file that describes it."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import DataError
from ..files import replacing
from .meta import lasting
from .resample import resampled
from .rows import files, main_track, of_track

ENDING = "_physio.tsv.gz"
_SCALE = {"Units": "arbitrary (-1 to 1)"}
_ATTENDED = "0 to 1; high: the model went by voice and face together, low: by the"
_SHARE = "0 to 1; part of the fused features that comes from the"
_NO_GATE = "n/a: voice and face not both there, or the model has no such gate"
COLUMNS: dict[str, dict[str, Any]] = {
    "valence": {"Description": "how pleasant the expression comes across", **_SCALE},
    "valence_lo": {"Description": "lower end of the prediction interval of valence", **_SCALE},
    "valence_hi": {"Description": "upper end of the prediction interval of valence", **_SCALE},
    "arousal": {"Description": "how activated the expression comes across", **_SCALE},
    "arousal_lo": {"Description": "lower end of the prediction interval of arousal", **_SCALE},
    "arousal_hi": {"Description": "upper end of the prediction interval of arousal", **_SCALE},
    "face_conf": {"Description": "confidence that the face is seen, 0 to 1; n/a: no face"},
    "voiced": {"Description": "probability of speech, 0 to 1; n/a: no sound"},
    "speaking": {"Description": "probability that this person is the one who speaks, 0 to 1; n/a: unknown"},
    "attended_audio": {"Description": f"{_ATTENDED} voice alone; {_NO_GATE}"},
    "attended_visual": {"Description": f"{_ATTENDED} face alone; {_NO_GATE}"},
    "share_audio": {"Description": f"{_SHARE} voice; {_NO_GATE}"},
    "share_visual": {"Description": f"{_SHARE} face; {_NO_GATE}"},
}


def write_bids(
    table: pd.DataFrame, meta: Mapping[str, Any], path: str | Path, *, rate: float | None = None,
    track: int | None = None,
) -> Path:  # fmt: skip
    """One person's columns, evenly sampled, without header, missing values ``n/a``.

    Rows are interpolated by `avaffect.trace.resample`, which never bridges a gap; times at which the
    person has no row are rows of ``n/a``. The description beside it gives ``SamplingFrequency`` (Hz),
    ``StartTime`` (seconds of the first sample from the start of the recording) and the columns.

    Parameters
    ----------
    table : (n, 23) pd.DataFrame
        A trace's table, of one file.
    meta : mapping
        What made it; written into the description.
    path : path
        Ends in ``_physio.tsv.gz``.
    rate : float, optional
        Sampling frequency in Hz; by default the rate of the model's ticks (``meta["tick_rate"]``), else 25.
    track : int, optional
        Person to write; by default the one seen longest, else the voice alone.

    Raises
    ------
    DataError
        If the table has several files or no such person, the name ends otherwise, or a file cannot
        be written.

    References
    ----------
    BIDS specification, "Physiological recordings", https://bids-specification.readthedocs.io
    """
    target = Path(path)
    if not target.name.endswith(ENDING):
        raise DataError(f"a BIDS recording is named *{ENDING}, not {target.name}; rename it")
    names = files(table)
    if len(names) != 1:
        raise DataError(
            f"a BIDS recording holds one file, the trace has {len(names)}; write trace.file(name) for each"
        )
    frequency = float(rate if rate is not None else meta.get("tick_rate", 25.0))
    person = main_track(table) if track is None else track
    even = resampled(of_track(table, person), frequency)
    tick = (even.index.get_level_values("start").to_numpy() * frequency).round().astype(int)
    rows = even[list(COLUMNS)].set_axis(tick, axis=0)
    rows = rows.reindex(range(tick[0], tick[-1] + 1)) if len(tick) else rows
    sidecar = {
        "SamplingFrequency": frequency,
        "StartTime": float(tick[0] / frequency) if len(tick) else 0.0,
        "Columns": list(COLUMNS),
        **COLUMNS,
        "Source": {"File": names[0], "Person": person, **lasting(meta)},
    }
    text = rows.round(6).to_csv(sep="\t", header=False, index=False, na_rep="n/a")
    with replacing(target) as temporary:
        temporary.write_bytes(_gzipped(text))
    with replacing(target.with_name(target.name.removesuffix(".tsv.gz") + ".json")) as temporary:
        temporary.write_text(json.dumps(sidecar, indent=2) + "\n", encoding="utf-8")
    return target


def _gzipped(text: str) -> bytes:
    buffer = io.BytesIO()
    # Without a time stamp and a name inside, the same trace gives the same bytes.
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as file:
        file.write(text.encode())
    return buffer.getvalue()

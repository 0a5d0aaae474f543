"""What made a trace, as plain JSON values, and the entries of it that are read here.

``model`` (name), ``coverage`` (share of values that the intervals are meant to hold), ``streams``
(names of the streams that the model uses), ``tick_rate`` (ticks of the model per second), ``sound``
(what of the file's sound was read, as `avaffect.media.SoundUsed` has it), ``recording`` (the file's ``size``
in bytes and the SHA-256 of its ``head``) and ``edits`` (`avaffect.trace.edits`) may be absent.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..record import Source

MADE_BY = ("model", "weights_sha256", "avaffect", "detector")
"""What the record of a recording's results knows too."""


def models(metas: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many of some traces each model made; of one name with other weights, their beginnings are added.

    >>> models([{"model": "a"}, {"model": "b"}, {"model": "a"}, {}])
    {'a': 2, 'b': 1, 'unknown': 1}
    """
    made = Counter((str(m.get("model", "unknown")), str(m.get("weights_sha256", ""))[:8]) for m in metas)
    named = Counter(name for name, _ in made)
    return {
        f"{name} (weights {weights or 'unknown'})" if named[name] > 1 else name: count
        for (name, weights), count in made.items()
    }


def jsonable(meta: Mapping[str, Any]) -> dict[str, Any]:
    """A copy as JSON would give it back.

    Raises
    ------
    DataError
        If it holds something that is not plain JSON.

    >>> jsonable({"streams": ("audio", "visual")})
    {'streams': ['audio', 'visual']}
    """
    try:
        return dict(json.loads(json.dumps(dict(meta), allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise DataError(f"a Trace's meta must be plain JSON values ({error})") from error


def lasting(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What is written into files: all but the measured times, so that the same trace gives the same file."""
    return {key: value for key, value in meta.items() if key != "seconds"}


def coverage(meta: Mapping[str, Any]) -> float:
    """Share of values that the intervals are meant to hold; 0.9 if it is not said."""
    return float(meta.get("coverage", 0.9))


def streams(meta: Mapping[str, Any]) -> list[str]:
    """Names of the streams that the model uses; both if it is not said."""
    return list(meta.get("streams", ["audio", "visual"]))


def sound(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What of the file's sound was read, see `avaffect.media.SoundUsed`; empty if it is not said."""
    return dict(meta.get("sound") or {})


def is_of(meta: Mapping[str, Any], path: Path) -> bool:
    """Whether a file has the size and beginning of the one that was read; True if it is not said.

    Raises
    ------
    MediaError
        If it cannot be read.
    """
    return meta.get("recording") in (None, recording(path))


def check_output(meta: Mapping[str, Any], files: Iterable[str], path: Path) -> None:
    """Check that a result does not replace a recording that it was made from.

    Parameters
    ----------
    meta : mapping
    files : iterable of str
        The recordings, as the trace names them.
    path : Path
        Where the result is to be written.

    Raises
    ------
    DataError
        If it would.
    """
    if not path.is_file():
        return
    read = any(os.path.exists(file) and path.samefile(file) for file in files)
    if read or meta.get("recording") == recording(path):
        raise DataError(f"cannot write {path}: it is the recording that was read; give another name")


def recording(path: Path) -> dict[str, Any]:
    """What ``meta`` says of the file that was read: it is known again wherever it lies.

    Raises
    ------
    MediaError
        If it cannot be read.
    """
    found = Source.of(path)
    return {"size": found.size, "head": found.head}

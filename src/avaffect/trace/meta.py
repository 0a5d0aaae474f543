"""What made a trace, as plain JSON values, and the entries of it that are read here.

``model`` (name), ``coverage`` (share of values that the intervals are meant to hold), ``streams``
(names of the streams that the model uses), ``tick_rate`` (ticks of the model per second) and ``sound``
(what of the file's sound was read, as `avaffect.media.SoundUsed` has it) may be absent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import DataError


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

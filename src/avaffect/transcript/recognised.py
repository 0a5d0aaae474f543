"""What speech recognisers write as JSON: Whisper and its relatives, whisper.cpp, Vosk, lists of words."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..text import read_text
from .sentences import Cue, Word

_LISTS = ("segments", "transcription", "result", "words")
_EXPECTED = "expected a list of segments or words with start, end and text, as Whisper writes it"


def read_json(path: Path) -> list[Cue]:
    """The segments, or words, of a recogniser's JSON.

    Read are ``{"segments": [{"start", "end", "text", "words": [...]}]}`` (Whisper, faster-whisper, WhisperX;
    ``speaker`` where it is given), ``{"transcription": [{"offsets": {"from", "to"}, "text"}]}`` in
    milliseconds (whisper.cpp), ``{"result": [{"word", "start", "end"}]}`` (Vosk), and such a list by itself.
    Words that a recogniser could not time are left out.

    Raises
    ------
    DataError
        If it is none of them, or a time is missing or wrong.
    """
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: is no JSON; {_EXPECTED}") from error
    if isinstance(content, dict):
        content = next((content[key] for key in _LISTS if isinstance(content.get(key), list)), None)
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise DataError(f"{path}: holds no transcript; {_EXPECTED}")
    return [_cue(path, item) for item in content]


def _cue(path: Path, item: dict[str, Any]) -> Cue:
    start, end = _times(path, item)
    words = item.get("words") or []
    if not isinstance(words, list) or not all(isinstance(word, dict) for word in words):
        raise DataError(f"{path}: the words of a segment are {str(words)[:40]}; {_EXPECTED}")
    speaker = item.get("speaker")
    return Cue(
        start, end, _text(path, item), None if speaker is None else str(speaker), (*_words(path, words),)
    )


def _words(path: Path, items: list[dict[str, Any]]) -> Iterator[Word]:
    for item in items:
        if item.get("start") is None or item.get("end") is None:
            continue
        start, end = _times(path, item)
        yield Word(start, end, _text(path, item))


def _text(path: Path, item: dict[str, Any]) -> str:
    text = next((item[key] for key in ("text", "word", "punctuated_word") if key in item), None)
    if not isinstance(text, str):
        raise DataError(f"{path}: {str(item)[:60]} has no text; {_EXPECTED}")
    return " ".join(text.split())


def _times(path: Path, item: dict[str, Any]) -> tuple[float, float]:
    offsets = item.get("offsets")
    scale, given = 1.0, (item.get("start"), item.get("end"))
    if isinstance(offsets, dict):
        scale, given = 1e-3, (offsets.get("from"), offsets.get("to"))
    times = [float(t) * scale for t in given if isinstance(t, int | float) and not isinstance(t, bool)]
    if len(times) < 2 or not all(map(math.isfinite, times)) or not 0 <= times[0] <= times[1]:
        raise DataError(f"{path}: {str(item)[:60]} has no begin and end in seconds; {_EXPECTED}")
    return times[0], times[1]

"""Subtitles: WebVTT and SRT.

References
----------
WebVTT: The Web Video Text Tracks Format, W3C, https://www.w3.org/TR/webvtt1/
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import DataError
from ..text import one_line, read_text
from .sentences import Cue, Word

_TIME = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_STAMP = re.compile(rf"<{_TIME}>")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?(?:\s+([^>]*))?>")
_TAG = re.compile(r"<[^>]*>|\{\\[^}]*\}")
_NOT_CUES = ("NOTE", "STYLE", "REGION")


def read_subtitles(path: Path) -> list[Cue]:
    """The cues of a WebVTT or SRT file.

    Voice tags, ``<v NAME>``, name the speaker; time stamps within a cue give the times of its words.

    Raises
    ------
    DataError
        If it is neither, a cue ends before it begins, or avaffect wrote it: predictions, no words.
    """
    text = read_text(path).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    blocks = [block for block in re.split(r"\n[ \t]*\n+", text) if block.strip()]
    if any(block.startswith("NOTE avaffect") for block in blocks[:3]):
        raise DataError(f"{path}: holds predictions that avaffect wrote; expected what was said")
    cues = [cue for block in blocks for cue in _cues(path, block)]
    if not cues and not text.startswith("WEBVTT"):
        raise DataError(f"{path}: no subtitles in it; expected cues such as 00:01.000 --> 00:02.500")
    return cues


def _cues(path: Path, block: str) -> Iterator[Cue]:
    """The cues of a block: one for each voice in it."""
    lines = block.strip("\n").split("\n")
    if lines[0].startswith(_NOT_CUES):
        return
    place = next((i for i, line in enumerate(lines[:2]) if "-->" in line), None)
    if place is None:
        return
    timing = _TIMING.fullmatch(lines[place])
    if timing is None:
        raise DataError(
            f"{path}: {one_line(lines[place])!r} is no time of a cue; expected 00:01.000 --> 00:02.500"
        )
    start, end = _seconds(timing.groups()[:4]), _seconds(timing.groups()[4:])
    if end < start:
        raise DataError(f"{path}: the cue {one_line(lines[place])!r} ends before it begins")
    payload = "\n".join(lines[place + 1 :])
    pieces = _VOICE.split(payload)  # text, speaker, text, speaker, text ...
    for speaker, said in zip([None, *pieces[1::2]], pieces[::2], strict=True):
        words = tuple(_words(said, start, end))
        text = _plain(_STAMP.sub(" ", said))
        if text:
            yield Cue(start, end, text, _plain(speaker or "") or None, words)


def _words(said: str, start: float, end: float) -> Iterator[Word]:
    """What stands between the time stamps within a cue; nothing without any."""
    if not _STAMP.search(said):
        return
    pieces = _STAMP.split(said)  # text, then four groups and a text for each stamp
    times = [start, *(_seconds(pieces[i : i + 4]) for i in range(1, len(pieces), 5)), end]
    for text, begin, stop in zip(pieces[::5], times, times[1:], strict=False):
        if (plain := _plain(text)) and stop >= begin:
            yield Word(begin, stop, plain)


def _plain(text: str) -> str:
    """Text without tags and references."""
    return " ".join(html.unescape(_TAG.sub("", text)).replace("\u200e", "").replace("\u200f", "").split())


def _seconds(groups: list[str] | tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = groups
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction}")

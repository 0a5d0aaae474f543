"""Tiers of ELAN (.eaf) and Praat (.TextGrid): annotations with times, of whatever is in them."""

from __future__ import annotations

import math
import re
from pathlib import Path
from xml.etree import ElementTree

from .errors import DataError
from .spec import TARGETS
from .text import one_line, read_bytes, read_text

ENDINGS = (".eaf", ".textgrid")

Span = tuple[float, float | None, str]
"""Begin and end in seconds, and the text; a moment has no end."""


def tiers_of(path: Path) -> dict[str, list[Span]]:
    """All tiers of an .eaf or .TextGrid file, by name.

    Raises
    ------
    DataError
        As `read_eaf` and `read_textgrid`.
    """
    return read_eaf(path) if path.suffix.lower() == ".eaf" else read_textgrid(path)


def read_eaf(path: Path) -> dict[str, list[Span]]:
    """All tiers of an ELAN file, by name.

    Annotations of dependent tiers have the times of the annotations that they refer to. In tiers that are
    neither valence nor arousal, annotations without times are left out.

    Raises
    ------
    DataError
        If it is no ELAN file, an annotation of valence or arousal has no time, or the media have an offset in
        ELAN.
    """
    root = _eaf_root(path)
    if any(_number(path, media.get("TIME_ORIGIN", "0")) for media in root.iter("MEDIA_DESCRIPTOR")):
        raise DataError(f"{path}: its media have an offset; remove it in ELAN (media synchronisation mode)")
    times = _eaf_times(path, root)
    tiers: dict[str, list[Span]] = {}
    for tier in root.iter("TIER"):
        name = tier.get("TIER_ID", "")
        found = tiers.setdefault(name, [])
        for note in (*tier.iter("ALIGNABLE_ANNOTATION"), *tier.iter("REF_ANNOTATION")):
            span = times.get(note.get("ANNOTATION_ID"))
            if span is not None:
                found.append((*span, note.findtext("ANNOTATION_VALUE") or ""))
            elif name.strip().lower() in TARGETS:
                raise DataError(
                    f"{path}: annotation {one_line(str(note.get('ANNOTATION_ID')))} of tier {name!r} "
                    "has no times; make it a time-aligned annotation"
                )
    return tiers


def _eaf_root(path: Path) -> ElementTree.Element:
    raw = read_bytes(path)
    if b"<!ENTITY" in raw:  # a few lines of entities can stand for gigabytes
        raise DataError(f"{path}: not readable as ELAN's XML (it defines entities); save it again in ELAN")
    try:
        root = ElementTree.fromstring(raw)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise DataError(f"{path}: not readable as ELAN's XML ({error}); save it again in ELAN") from error
    if root.tag != "ANNOTATION_DOCUMENT":
        raise DataError(f"{path}: its root is <{root.tag}>; expected ELAN's <ANNOTATION_DOCUMENT>")
    return root


def _eaf_times(path: Path, root: ElementTree.Element) -> dict[str | None, tuple[float, float]]:
    """Begin and end in seconds of each annotation that has them, its own or those that it refers to."""
    slots = {s.get("TIME_SLOT_ID"): s.get("TIME_VALUE") for s in root.iter("TIME_SLOT")}
    times: dict[str | None, tuple[float, float]] = {}
    for note in root.iter("ALIGNABLE_ANNOTATION"):
        begin, end = (slots.get(note.get(f"TIME_SLOT_REF{i}")) for i in (1, 2))
        if begin is not None and end is not None:  # milliseconds, the only unit ELAN writes
            times[note.get("ANNOTATION_ID")] = (_number(path, begin) / 1000, _number(path, end) / 1000)
    parents = {n.get("ANNOTATION_ID"): n.get("ANNOTATION_REF") for n in root.iter("REF_ANNOTATION")}
    for first in parents:
        way: dict[str | None, None] = {}  # a dict, for its order and for a look-up that takes no time
        identity: str | None = first
        while identity in parents and identity not in times and identity not in way:
            way[identity] = None
            identity = parents[identity]
        if identity in times:
            times.update(dict.fromkeys(way, times[identity]))
        elif identity in way:
            raise DataError(
                f"{path}: annotation {one_line(str(identity))} refers to itself; save it again in ELAN"
            )
        else:
            for passed in way:  # leads nowhere: no later annotation needs to go this way again
                parents[passed] = None
    return times


def _number(path: Path, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{path}: {one_line(text)!r} is no time; save it again in ELAN")
    return value


# Praat reads strings, free-standing numbers and <flags>, and skips everything else; "!" begins a comment.
_TOKEN = re.compile(r'!.*|"((?:[^"]|"")*)"|(?<!\S)([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)%?s?(?!\S)')


def read_textgrid(path: Path) -> dict[str, list[Span]]:
    """All tiers of a Praat TextGrid, long or short, by name; points have no end.

    Raises
    ------
    DataError
        If it is no TextGrid, or ends early.
    """
    tokens = [
        match.group(1) if match.group(1) is not None else float(match.group(2))
        for match in _TOKEN.finditer(read_text(path))
        if not match.group().startswith("!")
    ]
    if len(tokens) < 5 or tokens[1] != "TextGrid":
        raise DataError(f"{path}: not a Praat TextGrid; save it in Praat as a text file")
    rest = iter(tokens[4:])  # after the file's type and class and its own begin and end
    tiers: dict[str, list[Span]] = {}
    try:
        for _ in range(int(float(next(rest)))):
            kind, name = str(next(rest)), str(next(rest)).replace('""', '"')
            next(rest), next(rest)
            spans = tiers.setdefault(name, [])
            for _ in range(int(float(next(rest)))):
                begin = float(next(rest))
                end = float(next(rest)) if kind == "IntervalTier" else None
                spans.append((begin, end, str(next(rest)).replace('""', '"')))
    except (StopIteration, ValueError, OverflowError) as error:
        raise DataError(f"{path}: the TextGrid is cut off or damaged; save it again in Praat") from error
    return tiers

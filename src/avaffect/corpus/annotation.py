"""Ratings as annotation tools save them: ELAN (.eaf), Praat (.TextGrid), CARMA and DARMA (.csv).

In ELAN and Praat, valence and arousal are tiers of those names, and their annotations are numbers; an empty
annotation is no rating. CARMA saves one dimension in a file, DARMA two; a row is the mean since the row
before. Both state their scale, which is mapped onto [-1, 1].
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from ..errors import DataError
from ..spec import TARGETS
from .base import read_text
from .ratings import Ratings

Span = tuple[float, float | None, str]
"""Begin and end in seconds, and the text; a moment has no end."""

_RULE = "%%%%%%"


def read_tiers(path: Path) -> dict[str, Ratings]:
    """Valence and arousal from an .eaf or .TextGrid file, on the file's own scale.

    Raises
    ------
    DataError
        If the file does not have the form that its ending names, has neither tier, or an annotation in one of
        them is not a number.
    """
    tiers = read_eaf(path) if path.suffix.lower() == ".eaf" else read_textgrid(path)
    named = {name.strip().lower(): spans for name, spans in tiers.items()}
    found = {target: _ratings(path, target, named[target]) for target in TARGETS if target in named}
    if not found:
        raise DataError(f"{path}: no tier named valence or arousal; it has {', '.join(tiers) or 'none'}")
    return found


def read_eaf(path: Path) -> dict[str, list[Span]]:
    """All tiers of an ELAN file, by name.

    Annotations of dependent tiers have the times of the annotations that they refer to.

    Raises
    ------
    DataError
        If it is no ELAN file, an annotation has no time, or the media have an offset in ELAN.
    """
    try:
        root = ElementTree.fromstring(path.read_bytes())
    except (OSError, ElementTree.ParseError) as error:
        raise DataError(f"{path}: not readable as ELAN's XML ({error})") from error
    if root.tag != "ANNOTATION_DOCUMENT":
        raise DataError(f"{path}: its root is <{root.tag}>; expected ELAN's <ANNOTATION_DOCUMENT>")
    for media in root.iter("MEDIA_DESCRIPTOR"):
        if float(media.get("TIME_ORIGIN", 0)) != 0:
            raise DataError(
                f"{path}: its media have an offset; remove it in ELAN (media synchronisation mode)"
            )
    unit = 1000.0  # milliseconds, the only unit ELAN writes
    slots = {s.get("TIME_SLOT_ID"): s.get("TIME_VALUE") for s in root.iter("TIME_SLOT")}
    spans: dict[str | None, tuple[float, float]] = {}
    for note in root.iter("ALIGNABLE_ANNOTATION"):
        begin, end = (slots.get(note.get(f"TIME_SLOT_REF{i}")) for i in (1, 2))
        if begin is not None and end is not None:
            spans[note.get("ANNOTATION_ID")] = (float(begin) / unit, float(end) / unit)
    parents = {n.get("ANNOTATION_ID"): n.get("ANNOTATION_REF") for n in root.iter("REF_ANNOTATION")}
    tiers: dict[str, list[Span]] = {}
    for tier in root.iter("TIER"):
        found = tiers.setdefault(tier.get("TIER_ID", ""), [])
        for note in (*tier.iter("ALIGNABLE_ANNOTATION"), *tier.iter("REF_ANNOTATION")):
            identity = note.get("ANNOTATION_ID")
            while identity in parents:
                identity = parents[identity]
            if identity not in spans:
                raise DataError(
                    f"{path}: annotation {note.get('ANNOTATION_ID')} of tier {tier.get('TIER_ID')!r} "
                    "has no times; make it a time-aligned annotation"
                )
            found.append((*spans[identity], note.findtext("ANNOTATION_VALUE") or ""))
    return tiers


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
            kind, name = str(next(rest)), str(next(rest))
            next(rest), next(rest)
            spans = tiers.setdefault(name, [])
            for _ in range(int(float(next(rest)))):
                begin = float(next(rest))
                end = float(next(rest)) if kind == "IntervalTier" else None
                spans.append((begin, end, str(next(rest)).replace('""', '"')))
    except (StopIteration, ValueError) as error:
        raise DataError(f"{path}: the TextGrid is cut off or damaged; save it again in Praat") from error
    return tiers


def read_carma(path: Path) -> dict[str, Ratings]:
    """A CARMA or DARMA file, mapped onto [-1, 1] by the scale it states.

    Returns
    -------
    dict of str to Ratings
        By lower-case column name: ``rating`` for CARMA, the names of the two axes for DARMA.

    Raises
    ------
    DataError
        If it is neither kind of file.
    """
    rows = list(csv.reader(read_text(path).splitlines()))
    head = {row[0].strip(): row[1].strip() for row in rows if len(row) > 1}
    rules = [i for i, row in enumerate(rows) if row and row[0].strip() == _RULE]
    try:
        if "Magnitude" in head:
            high = float(head["Magnitude"])
            low, width = -high, 3
        else:
            low, high, width = float(head["Minimum Value"]), float(head["Maximum Value"]), 2
        first = rules[0]
        names = rows[first - 1]
        body = np.array([[float(cell) for cell in row[:width]] for row in rows[first + 1 :] if row])
    except (KeyError, IndexError, ValueError) as error:
        raise DataError(f"{path}: not a file saved by CARMA or DARMA ({error})") from error
    if not len(body):
        raise DataError(f"{path}: no ratings in it")
    begins = np.concatenate([[0.0], body[:-1, 0]])
    return {
        names[i].strip().lower(): Ratings(begins, body[:, i], body[:, 0]).rescaled(low, high)
        for i in range(1, width)
    }


def _ratings(path: Path, tier: str, spans: list[Span]) -> Ratings:
    rated = [(begin, end, text.strip()) for begin, end, text in spans if text.strip()]
    try:
        values = np.array([float(text.replace(",", ".")) for _, _, text in rated])
    except ValueError as error:
        raise DataError(f"{path}: in tier {tier!r}, {error}; its annotations must be numbers") from error
    begins = np.array([begin for begin, _, _ in rated])
    if rated and rated[0][1] is not None:
        return Ratings(begins, values, np.array([end for _, end, _ in rated], dtype=float))
    return Ratings(begins, values)

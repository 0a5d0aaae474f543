"""A trace as the tiers of ELAN (.eaf) and Praat (.TextGrid), to stand beside annotations made by hand.

Each person has a tier for valence and one for arousal, with the mean over even steps as text; a step of which
less than half has a value has no annotation. A tier "speaker" has the turns of speech.

References
----------
EAF 3.0, https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf; Praat's manual, "TextGrid file
formats".
"""

from __future__ import annotations

import mimetypes
import os
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from ..address import Address, place
from ..arguments import checks_types
from ..errors import DataError
from ..files import replacing
from ..spec import TARGETS
from ..trace import Trace
from ..trace.resample_bins import binned
from ..trace.rows import of_track
from ..trace.steps import check_steps
from ..trace.summary import summarise
from .pieces import turns

STEP = 1.0
"""Seconds of an annotation."""

Tier = list[tuple[float, float, str]]
_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


@checks_types
def write_eaf(trace: Trace, path: str | Path, *, step: float = STEP) -> Path:
    """Write an ELAN file.

    Parameters
    ----------
    trace : Trace
        Of one file, which the ELAN file links to.
    path : path
    step : float
        Seconds of an annotation.

    Raises
    ------
    DataError
        If the trace has several files, the step is not positive, or the file cannot be written.
    """
    tiers, _ = tiers_of_trace(trace, step)
    root = ElementTree.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "avaffect",
            "DATE": "1970-01-01T00:00:00+00:00",  # the same trace gives the same file
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": _INSTANCE,
            "xsi:noNamespaceSchemaLocation": _SCHEMA,
        },
    )
    _add_header(root, trace.files[0], Path(path), sum(map(len, tiers.values())))
    times = ElementTree.SubElement(root, "TIME_ORDER")
    slots: dict[int, str] = {}
    for time in sorted({round(t * 1000) for tier in tiers.values() for b, e, _ in tier for t in (b, e)}):
        slots[time] = f"ts{len(slots) + 1}"
        ElementTree.SubElement(times, "TIME_SLOT", {"TIME_SLOT_ID": slots[time], "TIME_VALUE": str(time)})
    number = 0
    for name, notes in tiers.items():
        tier = ElementTree.SubElement(
            root, "TIER", {"LINGUISTIC_TYPE_REF": "default-lt", "TIER_ID": name, "ANNOTATOR": "avaffect"}
        )
        for begin, end, text in notes:
            number += 1
            holder = ElementTree.SubElement(tier, "ANNOTATION")
            note = ElementTree.SubElement(
                holder,
                "ALIGNABLE_ANNOTATION",
                {
                    "ANNOTATION_ID": f"a{number}",
                    "TIME_SLOT_REF1": slots[round(begin * 1000)],
                    "TIME_SLOT_REF2": slots[round(end * 1000)],
                },
            )
            ElementTree.SubElement(note, "ANNOTATION_VALUE").text = text
    kind = {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": "default-lt", "TIME_ALIGNABLE": "true"}
    ElementTree.SubElement(root, "LINGUISTIC_TYPE", kind)
    ElementTree.indent(root)
    with replacing(path) as temporary:
        ElementTree.ElementTree(root).write(temporary, encoding="UTF-8", xml_declaration=True)
    return Path(path)


@checks_types
def write_textgrid(trace: Trace, path: str | Path, *, step: float = STEP) -> Path:
    """Write a Praat TextGrid in the long form, UTF-8; what has no value is an empty interval.

    Parameters
    ----------
    trace : Trace
        Of one file.
    path : path
    step : float
        Seconds of an interval.

    Raises
    ------
    DataError
        As `write_eaf`.
    """
    tiers, end = tiers_of_trace(trace, step)
    lines = [
        'File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end!r}",
        "tiers? <exists>", f"size = {len(tiers)}", "item []:",
    ]  # fmt: skip
    for number, (name, notes) in enumerate(tiers.items(), start=1):
        filled = _filled(notes, end)
        lines += [
            f"    item [{number}]:", '        class = "IntervalTier"', f"        name = {_quoted(name)}",
            "        xmin = 0", f"        xmax = {end!r}", f"        intervals: size = {len(filled)}",
        ]  # fmt: skip
        for k, (begin, stop, text) in enumerate(filled, start=1):
            lines += [
                f"        intervals [{k}]:", f"            xmin = {begin!r}", f"            xmax = {stop!r}",
                f"            text = {_quoted(text)}",
            ]  # fmt: skip
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Path(path)


def tiers_of_trace(trace: Trace, step: float) -> tuple[dict[str, Tier], float]:
    """The tiers by name, each begin, end and text in order of time, and where the recording ends in seconds.

    Raises
    ------
    DataError
        If the trace has several files, or the step is not positive or too short.
    """
    if len(trace.files) != 1:
        raise DataError(f"tiers are of one recording, the trace has {len(trace.files)}; use trace.file(name)")
    if not 0.01 <= step < np.inf:
        raise DataError(f"step={step:g}: expected seconds, at least 0.01")
    end = round(float(trace.table.index.get_level_values("end").max()), 3)
    check_steps(trace.files[0], (0.0, end), 1 / step)
    edges = np.append(np.arange(int(np.ceil(end / step - 1e-9))) * step, end).round(3)
    tiers: dict[str, Tier] = {}
    for person in summarise(trace.table, trace.meta).people:
        if person.valence is None and person.arousal is None:
            continue
        rows = of_track(trace.table, person.track)
        start, stop = (rows.index.get_level_values(name).to_numpy() for name in ("start", "end"))
        called = person.label if person.track is not None else "voice"
        for target in TARGETS:
            means = binned(start, stop, rows[target].to_numpy(), edges)
            tiers[f"{called} {target}"] = [
                (float(a), float(b), f"{value:.3f}")
                for a, b, value in zip(edges, edges[1:], means, strict=False)
                if np.isfinite(value)
            ]
    names = {p.track: p.label for p in summarise(trace.table, trace.meta).people}
    tiers["speaker"] = [
        (round(t.start, 3), round(t.end, 3), t.label if t.speaker is None else names[t.speaker])
        for t in turns(trace)
    ]
    return tiers, end


def _add_header(root: ElementTree.Element, file: str, path: Path, annotations: int) -> None:
    """Link the recording as ELAN does: its whole address, and the way to it from the ELAN file's folder.

    A relative name of a recording counts from the current folder.
    """
    header = ElementTree.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    kind = mimetypes.guess_type(file)[0] or "video/mp4"
    recording = place(file)
    if isinstance(recording, Address):
        media = {"MEDIA_URL": str(recording), "MIME_TYPE": kind}
    else:
        whole = recording.resolve()
        # ELAN writes letters as they are, without percent signs.
        media = {"MEDIA_URL": f"file:///{whole.as_posix().lstrip('/')}", "MIME_TYPE": kind}
        with suppress(ValueError):  # on Windows there is no way from one drive to another
            way = Path(os.path.relpath(whole, path.resolve().parent)).as_posix()
            media["RELATIVE_MEDIA_URL"] = way if way.startswith("../") else f"./{way}"
    ElementTree.SubElement(header, "MEDIA_DESCRIPTOR", media)
    last = ElementTree.SubElement(header, "PROPERTY", {"NAME": "lastUsedAnnotationId"})
    last.text = str(annotations)


def _filled(notes: Tier, end: float) -> Tier:
    """The intervals with empty ones between, from 0 to the end without a gap, as Praat wants them."""
    filled: Tier = []
    at = 0.0
    for begin, stop, text in notes:
        if begin > at:
            filled.append((at, begin, ""))
        filled.append((begin, stop, text))
        at = stop
    if at < end:
        filled.append((at, end, ""))
    return filled


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'

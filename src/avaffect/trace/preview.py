"""A trace as a notebook shows it: figures of each person in a table, and a small picture of each file."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from .chart import draw_chart
from .describe import EMPTY, MEANING, percent, words
from .groups import Group, groups_of
from .meta import coverage
from .names import display_names, printable, shortened
from .rows import of_file
from .summary import Level, Person, Summary, summarise

FILES = 3  # drawn; of more, only the figures are shown
PEOPLE = 30  # rows of the table of figures
LINES = 4  # people drawn in one picture
_HEADS = (
    "", "seconds", "valence", "arousal", "comes across as", "face", "speech", "no prediction",
)  # fmt: skip
_DIM = "opacity:0.75"
_TABLE = "margin:0.5em 0;border-collapse:collapse;color:inherit;font-size:inherit"
_CELL = "text-align:left;white-space:nowrap;padding:0.2em 1em 0.2em 0"


def to_html(table: pd.DataFrame, meta: Mapping[str, Any]) -> str:
    """One ``<div>`` of well-formed HTML, without scripts, style sheets or anything to load.

    Parameters
    ----------
    table : (n, 23) pd.DataFrame
        A trace's table.
    meta : mapping
        What made it. ``model``, ``streams`` and ``coverage`` are read.
    """
    summary = summarise(table, meta)
    if not summary.people:
        return f"<div>{escape(EMPTY)}</div>"
    names = [shortened(name) for name in display_names(summary.files)]
    titles = dict(zip(summary.files, names, strict=True))
    drawn: dict[tuple[str, int | None], Group] = {}
    charts = []
    for file in summary.files[:FILES]:
        rows = of_file(table, file)
        people = {person.track: person for person in summary.people if person.file == file}
        groups = groups_of(rows, people, LINES)
        drawn |= {(file, group.track): group for group in groups}
        title = f"<div><b>{escape(titles[file])}</b></div>" if len(titles) > 1 else ""
        first = min(person.start for person in people.values())
        last = max(max(person.end for person in people.values()), first + 1e-3)
        charts.append(title + draw_chart(groups, (first, last), titles[file]))
    return "".join(
        [
            '<div style="max-width:60em">',
            _headline(summary, names, meta),
            _figures(summary, titles, drawn),
            *charts,
            _notes(table, summary, drawn, meta),
            "</div>",
        ]
    )


def _headline(summary: Summary, names: list[str], meta: Mapping[str, Any]) -> str:
    count = sum(person.track is not None for person in summary.people)
    what = names[0] if len(names) == 1 else f"{len(names)} files"
    who = "nobody in view" if count == 0 else "1 person" if count == 1 else f"{count} people"
    model = f", model {printable(str(meta['model']))}" if "model" in meta else ""
    return f"<div><b>{escape(what)}</b>: {escape(f'{who}, {summary.duration:.1f} s{model}')}</div>"


def _figures(
    summary: Summary, titles: Mapping[str, str], drawn: Mapping[tuple[str, int | None], Group]
) -> str:
    several = len(titles) > 1
    heads = ["file", *_HEADS] if several else list(_HEADS)
    rows = ["<tr>" + "".join(f'<th style="{_CELL}">{head}</th>' for head in heads) + "</tr>"]
    for person in summary.people[:PEOPLE]:
        cells = [_label(person, drawn.get((person.file, person.track))), *map(escape, _cells(person))]
        cells = [escape(titles[person.file]), *cells] if several else cells
        rows.append("<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>")
    return f'<div style="overflow-x:auto"><table style="{_TABLE}">{"".join(rows)}</table></div>'


def _label(person: Person, group: Group | None) -> str:
    """What a person is called, with the colour of the line if there is one."""
    if group is None:
        return escape(person.label)
    mark = f'<span style="color:{group.colour}">&#9632;</span> ' if group.track is not None else ""
    return mark + escape(group.label)


def _cells(person: Person) -> list[str]:
    """One person's figures, in the order of `_HEADS`, without the name."""
    means = [level.mean if level else None for level in (person.valence, person.arousal)]
    speech = "no sound" if person.speech_share is None else percent(person.speech_share)
    return [
        f"{person.seconds:.1f}",
        _level(person.valence),
        _level(person.arousal),
        words(*means) or "–",
        percent(person.face_share),
        speech,
        percent(person.missing_share),
    ]


def _level(level: Level | None) -> str:
    return f"{level.mean:+.2f} ± {level.sd:.2f}".replace("-", "−") if level else "–"


def _notes(
    table: pd.DataFrame, summary: Summary, drawn: Mapping[tuple[str, int | None], Group],
    meta: Mapping[str, Any],
) -> str:  # fmt: skip
    """What the picture shows and what is left out of it."""
    notes = ["Valence and arousal: mean ± standard deviation."]
    if table[["valence_lo", "arousal_lo"]].notna().any(axis=None):
        notes.append(f"Shaded: {percent(coverage(meta))} intervals.")
    if len(summary.people) > PEOPLE:
        notes.append(f"The first {PEOPLE} of {len(summary.people)} rows; trace.summary() has all.")
    if len(summary.files) > FILES:
        notes.append(f"The first {FILES} of {len(summary.files)} files are drawn.")
    files = {file for file, _ in drawn}
    if any(
        p.file in files and p.track is not None and (p.file, p.track) not in drawn for p in summary.people
    ):
        notes.append("Of many people those seen longest are drawn.")
    return f'<div style="{_DIM}">{escape(" ".join([*notes, MEANING]))}</div>'

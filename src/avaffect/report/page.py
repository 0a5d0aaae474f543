"""The report of one recording as a self-contained html page."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from html import escape
from importlib.metadata import version
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

from ..arguments import checks_types
from ..errors import AvaffectError, DataError
from ..files import replacing
from ..model_folder import read_card
from ..spec import TARGETS, VAGUE
from ..trace.describe import MEANING, percent, words
from ..trace.edits import Edits
from ..trace.groups import Group, groups_of
from ..trace.meta import coverage
from ..trace.names import display_names, printable
from ..trace.summary import Level, Person, summarise
from ..trace.table import Trace
from .chart import chart
from .cite import LAW, PAPERS, PROGRAM
from .extremes import Extreme, extremes_of, pictures_of

MOST = 6  # people drawn
_DASH = "–"


@checks_types
def write_report(trace: Trace, path: str | Path, source: str | Path | None = None) -> Path:
    """Write the report of a recording: chart, figures, highest and lowest moments, gaps, model, how to cite.

    The page holds everything that it shows, and asks for nothing from outside.

    Parameters
    ----------
    trace : Trace
        Of one file.
    path : path
    source : path, optional
        The recording, for pictures of the moments; by default the file that the trace names.

    Raises
    ------
    DataError
        If the trace is empty or has several files, or the page cannot be written.
    """
    if len(trace.files) != 1:
        what = "is empty" if not trace.files else f"has {len(trace.files)} files"
        raise DataError(f"a report is of one recording, the trace {what}; use trace.file(name)")
    recording = Path(source if source is not None else trace.files[0])
    text = _page(trace, recording)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="replace")
    return Path(path)


def document(title: str, body: str, *, script: bool = True) -> str:
    """A whole page with the reports' style."""
    here = resources(__package__)
    style = here.joinpath("style.css").read_text(encoding="utf-8")
    code = here.joinpath("hover.js").read_text(encoding="utf-8") if script else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>\n<body><main>{body}</main>"
        + (f"<script>{code}</script>" if script else "")
        + "</body></html>\n"
    )


def level_text(level: Level | None) -> str:
    """Mean and standard deviation, such as ``+0.21 ± 0.08``; a dash where there is none."""
    return f"{level.mean:+.2f} ± {level.sd:.2f}".replace("-", "−") if level else _DASH


def _page(trace: Trace, recording: Path) -> str:
    (name,) = display_names(trace.files)
    people = {person.track: person for person in summarise(trace.table, trace.meta).people}
    groups = groups_of(trace.table, people, MOST)
    first = min(person.start for person in people.values())
    last = max(max(person.end for person in people.values()), first + 1e-3)
    model = printable(str(trace.meta.get("model", "an unknown model")))
    head = (
        f"<header><h1>{escape(name)}</h1>"
        f"<p>{_who(people)}, {last - first:.1f} s; read by {escape(model)}.</p>"
        f"{_edited(trace)}"
        f'<p class="faint">{escape(MEANING)} {escape(LAW)}</p></header>'
    )
    parts = [
        head,
        _section("Over time", _vague(people) + chart(groups, (first, last), name) + _shaded(trace)),
        _section("Figures", _figures(people)),
        _section("Highest and lowest moments", _moments(trace, groups, recording)),
        _section("What is missing, and why", _missing(people)),
        _section("The model", _model(trace.meta)),
        _section("How to cite", _citation()),
        _section("Made with", _versions(trace.meta)),
    ]
    return document(f"{name}: valence and arousal", "".join(parts))


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def _who(people: Mapping[int | None, Person]) -> str:
    count = sum(track is not None for track in people)
    return "nobody in view" if count == 0 else "1 person" if count == 1 else f"{count} people"


def _edited(trace: Trace) -> str:
    told = Edits.of(trace.meta, trace.files[0]).told()
    return f"<p>Edited: {escape(told)}.</p>" if told else ""


def _vague(people: Mapping[int | None, Person]) -> str:
    """A warning, where intervals are so wide that the values say nothing."""
    named = [
        f"the {target} of {person.label}"
        for person in people.values()
        for target in TARGETS
        if (level := getattr(person, target)) is not None and level.vague
    ]
    if not named:
        return ""
    return f'<p class="warning"><b>Do not read {escape(", ".join(named))}.</b> The intervals are {VAGUE}.</p>'


def _shaded(trace: Trace) -> str:
    if not trace.table[["valence_lo", "arousal_lo"]].notna().any(axis=None):
        return ""
    return (
        '<p class="faint">Shaded: the interval meant to hold the raters\' value'
        f" {percent(coverage(trace.meta))} of the time. The model sees seconds around each moment: do not"
        " read meaning into changes shorter than about a second.</p>"
    )


def _figures(people: Mapping[int | None, Person]) -> str:
    heads = ("", "seconds", "valence", "arousal", "comes across as", "face", "speech", "of it theirs")
    rows = [_row("th", heads)]
    for person in people.values():
        means = [level.mean if level else None for level in (person.valence, person.arousal)]
        cells = (
            person.label, f"{person.seconds:.1f}", level_text(person.valence), level_text(person.arousal),
            words(*means) or _DASH, percent(person.face_share), _share(person.speech_share),
            _share(person.speaking_share),
        )  # fmt: skip
        rows.append(_row("td", cells))
    note = "Mean ± standard deviation over time, on scales from −1 to 1; shares of the seconds."
    return (
        f'<div class="scroll"><table class="figures">{"".join(rows)}</table></div><p class="faint">{note}</p>'
    )


def _moments(trace: Trace, groups: list[Group], recording: Path) -> str:
    found = [(group, extremes_of(group)) for group in groups]
    pictures, why = pictures_of(trace, recording, [moment for _, each in found for moment in each])
    parts = []
    for group, each in found:
        if each:
            shown = "".join(_moment(moment, pictures.get(moment)) for moment in each)
            parts.append(f'<h3>{escape(group.label)}</h3><div class="moments">{shown}</div>')
    note = f"Of the mean over 1 s. {why}".strip()
    return "".join(parts) + f'<p class="faint">{escape(note)}</p>' if parts else "<p>No prediction.</p>"


def _moment(moment: Extreme, picture: str | None) -> str:
    value = f"{moment.value:+.2f}".replace("-", "−")
    words = f"{moment.end} {moment.target}"
    image = f'<img src="{picture}" alt="{words}, at {moment.time:.1f} s">' if picture else ""
    unseen = "<br>face not in view" if moment.box is None else ""
    text = f"<b>{words}</b><br>{value} at {moment.time:.1f} s{unseen}"
    return f"<figure>{image}<figcaption>{text}</figcaption></figure>"


def _missing(people: Mapping[int | None, Person]) -> str:
    rows = [
        _row("td", (person.label, percent(share), reason))
        for person in people.values()
        for reason, share in person.missing.items()
    ]
    if not rows:
        return "<p>Nothing: every moment has a prediction.</p>"
    head = _row("th", ("", "of the time", "no prediction because"))
    return f'<div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def _model(meta: Mapping[str, Any]) -> str:
    name = str(meta.get("model", ""))
    try:
        lines = read_card(name).splitlines() if name else []
    except AvaffectError:
        lines = []
    kept: list[str] = []
    for line in lines:
        if line.startswith("## ") and line != "## Use":
            break
        kept.append(line)
    paragraphs = "\n".join(line for line in kept if not line.startswith("#")).split("\n\n")
    text = "".join(f"<p>{escape(' '.join(p.split()))}</p>" for p in paragraphs if p.strip())
    more = f"<p>The whole card: <code>avaffect describe {escape(printable(name))}</code></p>" if text else ""
    return text + more or f"<p>{escape(printable(name or 'not told'))}: its card is not at hand.</p>"


def _citation() -> str:
    entries = (PROGRAM.format(version=version("avaffect")), *PAPERS)
    return "<ul>" + "".join(f"<li>{escape(entry)}</li>" for entry in entries) + "</ul>"


def _versions(meta: Mapping[str, Any]) -> str:
    rows = {
        "read by": f"avaffect {meta.get('avaffect', 'of an unknown version')}",
        "report by": f"avaffect {version('avaffect')}, Python {platform.python_version()}",
        "model": meta.get("model", "not told"),
        "weights (SHA-256)": str(meta.get("weights_sha256", "not told"))[:16],
        "face detector": meta.get("detector", "not told"),
    }
    cells = "".join(_row("td", (name, printable(str(value)))) for name, value in rows.items())
    return f'<div class="scroll"><table>{cells}</table></div>'


def _row(cell: str, cells: tuple[str, ...]) -> str:
    return "<tr>" + "".join(f"<{cell}>{escape(text)}</{cell}>" for text in cells) + "</tr>"


def _share(share: float | None) -> str:
    return _DASH if share is None else percent(share)

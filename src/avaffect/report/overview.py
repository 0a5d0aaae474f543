"""The page that leads to the reports of several recordings."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from ..arguments import checks_types
from ..files import replacing
from ..trace.describe import MEANING, percent
from ..trace.edits import Edits
from ..trace.names import display_names
from ..trace.summary import summarise
from ..trace.table import Trace
from .cite import LAW
from .page import document, level_text


@checks_types
def write_overview(traces: Sequence[Trace], reports: Sequence[Path], path: str | Path) -> Path:
    """Write one table of all recordings, a row a person, each leading to the recording's report.

    Parameters
    ----------
    traces : sequence of Trace
        Each of one file.
    reports : sequence of Path
        Their reports, below the folder of ``path``.
    path : path

    Raises
    ------
    DataError
        If the page cannot be written.
    """
    names = display_names([trace.files[0] for trace in traces])
    rows, edited = [], []
    for trace, name, report in zip(traces, names, reports, strict=True):
        if told := Edits.of(trace.meta, trace.files[0]).told():
            edited.append(f"<p>{escape(name)} is edited: {escape(told)}.</p>")
        link = quote(report.relative_to(Path(path).parent).as_posix())
        for person in summarise(trace.table, trace.meta).people:
            figures = (
                person.label, f"{person.seconds:.1f}", level_text(person.valence), level_text(person.arousal),
                percent(person.face_share), percent(person.missing_share),
            )  # fmt: skip
            cells = "".join(f"<td>{escape(text)}</td>" for text in figures)
            rows.append(f'<tr><td><a href="{link}">{escape(name)}</a></td>{cells}</tr>')
    heads = ("recording", "", "seconds", "valence", "arousal", "face", "no prediction")
    head = "".join(f"<th>{text}</th>" for text in heads)
    body = (
        f"<header><h1>{len(traces)} recordings</h1>"
        f'<p class="faint">{escape(MEANING)} {escape(LAW)}</p></header>'
        f'<div class="scroll"><table><tr>{head}</tr>{"".join(rows)}</table></div>'
        '<p class="faint">Mean ± standard deviation over time, from −1 to 1; shares of the seconds.</p>'
        f"{''.join(edited)}"
    )
    with replacing(path) as temporary:
        text = document("Valence and arousal", body, script=False)
        temporary.write_text(text, encoding="utf-8", errors="replace")
    return Path(path)

"""Means and other figures of each person in each piece of a recording, as one table."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..arguments import checks_types
from ..errors import DataError, in_short
from ..spec import TARGETS
from ..text import listed
from ..trace import Trace
from ..trace.edits import Edits
from ..trace.names import printable, recordings
from ..trace.rows import tracks
from ..trace.spans import Span, touched
from ..trace.summary import SPEAKING
from .pieces import Piece, parse_step, spans, steps, turns, whole_of
from .results import tell

log = logging.getLogger(__name__)

RECORDING, TURNS = "recording", "turns"

_SLOPE_SECONDS = 1.0  # of values, from which a slope is given
_FIGURES = ("mean", "sd", "min", "max", "slope", "seconds")


@checks_types
def summarise(
    traces: Sequence[Trace], by: str = RECORDING, *, whole: bool = True, amiss: list[str] | None = None
) -> pd.DataFrame:
    """Figures of every person in every piece of every recording.

    Parameters
    ----------
    traces : sequence of Trace
    by : str
        ``"recording"``; a length such as ``"1s"`` or ``"2min"``; ``"turns"`` (of speech, see
        `avaffect.exchange.pieces.turns`); or a file or folder of spans (see
        `avaffect.exchange.pieces.spans`).
    whole : bool
        The recordings are all that there are, so that spans of any other are of none. Else a file of spans
        may be of more recordings than were asked for.
    amiss : list of str, optional
        Gets a line on the spans of each recording that are of no time and nobody in it, and have no row, and
        on the names of none; without it, they are logged.

    Returns
    -------
    (n, ...) pd.DataFrame
        ``file``, ``track`` (NA: a voice without a face; of a recording without people, nobody), ``person``
        (the name), ``label``, ``tier``,
        ``start``, ``end``; ``speaks`` (1 if the turn is theirs); ``seconds`` of the piece in which the person
        has rows; the shares of that time with a face, with speech, without prediction, and excluded; and of
        valence, arousal, and both relative to the baseline ``*_mean``, ``*_sd`` (population), ``*_min``,
        ``*_max``, ``*_slope`` (per second, least squares; from 1 s on) and ``*_seconds`` (with a value); and
        ``edits``, what was changed in the recording by hand, in words.
        Every row of the trace weighs by its seconds within the piece. Figures rest on whatever part of the
        piece has a value, however short: ``*_seconds`` says how much. Recordings without any row, such as
        those in which nobody has a turn, are logged.

    Raises
    ------
    DataError
        If ``by`` is nothing of this, or a file of spans does not fit any recording.
    """
    parts = [trace.file(file) for trace in traces for file in trace.files]
    lost: dict[str, str] = {}
    unknown: list[str] = []
    if by in (RECORDING, TURNS) or parse_step(by) is not None:
        pieces = _pieces(parts, by)
    else:
        marked, unknown = spans(Path(by), [part.files[0] for part in parts])
        pieces, lost = _fitting(parts, marked)
    if lost and not any(pieces.values()):
        raise DataError(f"{by}: {in_short(lost.values())}; give seconds within it, and people who are there")
    others = [f"names what is not there: {listed(unknown)}"] if whole and unknown else []
    tell([f"{by}: {line}" for line in (*lost.values(), *others)], amiss)
    rows = [row for trace in parts for row in _rows(trace, pieces.get(trace.files[0], ()), by)]
    table = pd.DataFrame(rows, columns=_columns())
    with_rows = set(table["file"])
    absent = [part.files[0] for part in parts if part.files[0] not in {*with_rows, *lost}]
    if absent:
        what = "turn of speech" if by == TURNS else f"span in {by}"
        log.warning("without a row, for there is no %s: %s", what, recordings(absent))
    return table.astype({"track": "Int64", "speaks": "Int64"})


def _columns() -> list[str]:
    figures = [f"{t}{r}_{f}" for t in TARGETS for r in ("", "_rel") for f in _FIGURES]
    shares = ["face_share", "speech_share", "missing_share", "excluded_share"]
    return [
        "file",
        "track",
        "person",
        "label",
        "tier",
        "start",
        "end",
        "speaks",
        "seconds",
        *shares,
        *figures,
        "edits",
    ]


def _pieces(parts: Sequence[Trace], by: str) -> dict[str, list[Piece]]:
    """The whole, the turns or the steps of each recording."""
    step = parse_step(by)
    cut = whole_of if by == RECORDING else turns if step is None else partial(steps, step=step)
    return {part.files[0]: cut(part) for part in parts}


def _fitting(
    parts: Sequence[Trace], pieces: Mapping[str, Sequence[Piece]]
) -> tuple[dict[str, list[Piece]], dict[str, str]]:
    """The pieces that are of some time in their recording and of somebody in it, and a line on the others."""
    kept: dict[str, list[Piece]] = {}
    lost = {}
    for part in parts:
        (file,), (all_of_it,) = part.files, whole_of(part)
        edits = Edits.of(part.meta, file)
        known = {None, *part.tracks, *edits.dropped, *edits.merged}
        outside: list[Piece] = []
        unknown: list[Piece] = []
        kept[file] = []
        for piece in pieces.get(file, ()):
            if piece.start >= all_of_it.end or piece.end <= all_of_it.start:
                outside.append(piece)
            else:
                (kept[file] if piece.track in known else unknown).append(piece)
        last = f"outside of the recording, which lasts {all_of_it.end:.2f} s"
        said = [f"{_spans(outside)} {last}"] if outside else []
        said += [f"{_spans(unknown)} of a person who is not in it"] if unknown else []
        if said:
            lost[file] = f"{printable(file)}: {'; '.join(said)}"
    return kept, lost


def _spans(pieces: Sequence[Piece]) -> str:
    """Pieces in words, the first ones by their seconds."""
    seconds = listed([str(Span(piece.start, piece.end)) for piece in pieces], 3)
    return f"the span {seconds} is" if len(pieces) == 1 else f"the spans {seconds} are"


def _rows(trace: Trace, pieces: Sequence[Piece], by: str) -> list[dict[str, Any]]:
    """The rows of one recording: piece by piece, in each the people by number, nobody last."""
    (file,) = trace.files
    edits = Edits.of(trace.meta, file)
    told = edits.told()
    nobody = trace.track(None)
    everyone: dict[int | None, _Rows] = {n: _Rows(trace.track(n), edits) for n in tracks(trace.table)}
    if not everyone or nobody.table[list(TARGETS)].notna().any(axis=None):
        everyone[None] = _Rows(nobody, edits)
    found = []
    for piece in pieces:
        for number, rows in everyone.items():
            if piece.track not in (None, number):
                continue
            figures = rows.figures(piece.start, piece.end)
            if not figures["seconds"] and (by == TURNS or parse_step(by)):
                continue
            who = {
                "file": file,
                "track": number,
                "person": edits.names.get(number, "") if number is not None else "",
            }
            label = piece.label if piece.speaker is None else edits.names.get(piece.speaker, piece.label)
            where = {"label": label, "tier": piece.tier, "start": piece.start, "end": piece.end}
            speaks = None if by != TURNS else int(number is not None and number == piece.speaker)
            found.append({**who, **where, "speaks": speaks, **figures, "edits": told})
    return found


class _Rows:
    """One person's rows as arrays, for figures of many pieces."""

    def __init__(self, trace: Trace, edits: Edits) -> None:
        table = trace.table
        self.start, self.end = (table.index.get_level_values(n).to_numpy() for n in ("start", "end"))
        self.values = {
            f"{target}{rel}": table[f"{target}{rel}"].to_numpy() for target in TARGETS for rel in ("", "_rel")
        }
        excluded = touched(table, edits.excluded)
        self.flags = {
            "face_share": table["face_conf"].notna().to_numpy(),
            "speech_share": (table["voiced"] >= SPEAKING).to_numpy(),
            "missing_share": table[list(TARGETS)].isna().all(axis=1).to_numpy() & ~excluded,
            "excluded_share": excluded,
        }

    def figures(self, start: float, end: float) -> dict[str, float]:
        """Figures of one piece; shares and values are NaN where there is no time to take them from."""
        rows = slice(
            int(np.searchsorted(self.end, start, side="right")),
            int(np.searchsorted(self.start, end, side="left")),
        )
        first, last = np.maximum(self.start[rows], start), np.minimum(self.end[rows], end)
        weight = np.clip(last - first, 0.0, None)
        total = float(weight.sum())
        found = {"seconds": total}
        for name, flag in self.flags.items():
            found[name] = float(weight[flag[rows]].sum()) / total if total else float("nan")
        middle = (first + last) / 2
        for name, values in self.values.items():
            figures = _figures(values[rows], weight, middle)
            found |= {f"{name}_{what}": figure for what, figure in zip(_FIGURES, figures, strict=True)}
        return found


def _figures(values: np.ndarray, weight: np.ndarray, time: np.ndarray) -> tuple[float, ...]:
    """In the order of `_FIGURES`."""
    known = np.isfinite(values) & (weight > 0)
    nan = float("nan")
    if not known.any():
        return nan, nan, nan, nan, nan, 0.0
    x, w, t = values[known], weight[known], time[known]
    seconds = float(w.sum())
    mean = float(np.average(x, weights=w))
    variance = float(np.average((x - mean) ** 2, weights=w))
    away = t - np.average(t, weights=w)
    spread = float(np.average(away**2, weights=w))
    slope = float(np.average(away * (x - mean), weights=w)) / spread if spread > 0 else nan
    return (
        mean,
        variance**0.5,
        float(x.min()),
        float(x.max()),
        slope if seconds >= _SLOPE_SECONDS else nan,
        seconds,
    )

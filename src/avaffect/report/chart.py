"""Charts of a report: valence and arousal over time with their values, and what each moment rests on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from ..palette import SOURCES
from ..spec import TARGETS
from ..trace.chart import AFTER, LEFT, draw_chart
from ..trace.groups import Group
from ..trace.resample_bins import binned, runs, thinned

POINTS = 1200  # of a line whose values are shown; of more rows, means over even steps
_NARROW = 380  # width of the picture for a phone
_BINS = 600  # of a strip
_WORDS = dict(zip(SOURCES, ("face and voice", "face", "voice"), strict=True))


def chart(groups: Sequence[Group], limits: tuple[float, float], name: str) -> str:
    """The lines as a picture that shows its values under the pointer, and the strips below it.

    The picture is there twice, for a page and for a phone; the style sheet shows one.
    """
    first, last = limits
    people = [_values(group) for group in groups]
    times = [time for person in people for time in np.diff(person["time"])]
    step = max(float(np.median(times)) if times else 1.0, (last - first) / 500)
    values = {
        "first": first, "last": last, "step": round(step, 4), "left": LEFT, "after": AFTER,
        "people": people,
    }  # fmt: skip
    label = escape(f"Valence and arousal over time of {name}. Arrow keys move a cursor.", quote=True)
    data = escape(json.dumps(values, allow_nan=False, separators=(",", ":")), quote=True)
    strips = "".join(_strip(group, limits) for group in groups)
    return (
        f'<div class="chart" tabindex="0" role="group" aria-label="{label}" data-values="{data}">'
        f'<div class="wide">{draw_chart(groups, limits, name)}</div>'
        f'<div class="narrow">{draw_chart(groups, limits, name, _NARROW)}</div>{strips}</div>{_key()}'
    )


def _values(group: Group) -> dict[str, Any]:
    time, values = thinned(group.start, group.end, group.rows[list(TARGETS)].to_numpy(), POINTS)
    plain = [[round(float(v), 3) if np.isfinite(v) else None for v in column] for column in values.T]
    found: dict[str, Any] = {
        "name": group.label,
        "colour": group.colour,
        "time": [round(float(t), 3) for t in time],
    }
    return found | dict(zip(TARGETS, plain, strict=True))


def _strip(group: Group, limits: tuple[float, float]) -> str:
    """What the predictions of one person rest on, as colour over time; hatched where there is none."""
    edges = np.linspace(*limits, _BINS + 1)
    shares = []
    for source in SOURCES:
        here = group.rows["source"].eq(source).fillna(False).to_numpy(dtype=float)
        shares.append(np.nan_to_num(binned(group.start, group.end, here, edges)))
    together = np.stack(shares)
    kind = np.where(together.sum(axis=0) >= 0.5, together.argmax(axis=0).astype(float), np.nan)
    bars = "".join(
        f'<rect x="{run.start}" width="{run.stop - run.start}" height="1"'
        f' fill="{list(SOURCES.values())[int(kind[run.start])]}"/>'
        for run in runs(kind)
    )
    return (
        f'<div class="strip"><span title="{escape(group.label, quote=True)}">{escape(group.label)}</span>'
        f'<svg viewBox="0 0 {_BINS} 1" preserveAspectRatio="none" role="img"'
        f' aria-label="what the prediction of {escape(group.label, quote=True)} rests on">{bars}</svg></div>'
    )


def _key() -> str:
    marks = "".join(f'<i style="background:{SOURCES[source]}"></i>{_WORDS[source]}' for source in SOURCES)
    return f'<p class="faint key">Strips: the prediction rests on{marks}; hatched: no prediction.</p>'

"""The page's part on weak complementarity: damage, what it costs, and whether gates see it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..fusion import STREAM_WEIGHTS
from .damage import KINDS, SHARES, SPAN
from .features import STREAMS
from .markdown import number, table

_LEAST, _MOST = min(SHARES), max(SHARES)

PUBLISHED = """Published for comparison, on Aff-Wild2's validation set (arXiv 2405.12853; read from a bar
plot of its authors, ± 0.002), with 10 to 90 % of the audio frames missing: RJCA falls from 0.731 to 0.597
in valence (-0.134) and from 0.651 to 0.484 in arousal (-0.167), with IACA from 0.775 to 0.681 (-0.094) and
from 0.678 to 0.594 (-0.084). Another corpus, other features, another protocol: never to be ranked with the
figures above."""


def curves_text(curves: pd.DataFrame) -> str:
    """Arousal at every share, by training, damaged stream and kind; empty without curves."""
    if curves.empty:
        return ""
    parts = [
        f"""## When one stream is damaged

At test a share of the ticks of one stream is **missing** (masked) or comes from an**other** segment of the
film (no mask tells), in spans of {SPAN[0]} to {SPAN[1]} s; the same spans for all systems and seeds. Context
features see the damage too. "Clean" are the networks of the table above, which never met a missing tick in
training; "damaged" were trained with four more versions of each segment, each with one stream damaged at
random in one of the two ways. Replaced spans come from the segments trained on. Arousal, pooled CCC, mean
over seeds.

![Arousal CCC against the share of damaged ticks](benchmark/curves.png)"""
    ]
    for training in dict.fromkeys(curves["training"]):
        for stream in STREAMS:
            for kind in KINDS:
                chosen = (curves["training"] == training) & (curves["stream"] == stream)
                part = curves[chosen & (curves["kind"] == kind)]
                parts.append(f"**Trained {training}; {stream} {kind}**\n\n{_shares(part)}")
    parts.append("With valence: [benchmark/curves.csv](benchmark/curves.csv).")
    return "\n\n".join([*parts, PUBLISHED])


def gates_text(gates: pd.DataFrame) -> str:
    """Correlation of gates with the damage, at half the ticks damaged; empty without gates."""
    if gates.empty:
        return ""
    keys = ["training", "system", "stream", "kind"]
    found = {(*(row[key] for key in keys), row["gate"]): row for row in gates.to_dict("records")}
    rows = []
    for place in dict.fromkeys(key[:-1] for key in found):
        stream = place[2]
        (other,) = (name for name in STREAMS if name != stream)
        kind = next((kind for kind in STREAM_WEIGHTS if (*place, f"{kind}.{stream}") in found), None)
        if kind is None:
            continue  # weights of another kind, `modality`: in the csv only
        own, its = (found[(*place, f"{kind}.{name}")] for name in (stream, other))
        rows.append(
            [
                *place,
                kind,
                *(number(row["correlation"], sign=True) + _plus_minus(row["sd"]) for row in (own, its)),
                *(number(own["intact"]), number(own["hit"])),
            ]
        )
    head = ["training", "system", "damaged", "kind", "gate", "its gate and damage", "the other stream's gate"]
    head += ["mean of its gate, intact", "hit"]
    return f"""## Do the gates move with the damage?

Pearson correlation, over the ticks of all segments, of a gate with the damaged stream being hit, at half the
ticks damaged (± standard deviation over seeds). The gate `attended` is the share of the stream's output
that is attended and not its own input: good is a gate that rises where its stream is hit. The gate `share` is
the stream's own share of the fused features: good is one that falls. At a masked tick `attended` is what the
gate makes of an empty input, which nobody uses, and `share` is 0 by construction: only the rows "other" say
whether a gate notices something by itself. A dash: the gate never moves.

{table(head, rows)}

All figures: [benchmark/gates.csv](benchmark/gates.csv)."""


def _shares(part: pd.DataFrame) -> str:
    rows = []
    for system in dict.fromkeys(part["system"]):
        line = part[part["system"] == system].set_index("share")["arousal"]
        cells = [number(line[share]) for share in (0.0, *SHARES)]
        rows.append([system, *cells, number(line[_MOST] - line[_LEAST], sign=True)])
    head = ["system", "0 %", *(f"{100 * share:.0f} %" for share in SHARES)]
    return table([*head, f"{100 * _LEAST:.0f} to {100 * _MOST:.0f} %"], rows)


def _plus_minus(spread: float) -> str:
    return "" if np.isnan(spread) else f" ± {number(spread)}"

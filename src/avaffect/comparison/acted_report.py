"""The page on real pairs of face and voice: tables in Markdown and as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..spec import TARGETS
from ..train.feature_pool import MODALITIES, Pair
from ..train.paired import LABEL_SHARES
from .acted_results import (
    ALONE,
    TAUGHT,
    TEMPERATURE,
    USUAL,
    Actors,
    gate_table,
    held_table,
    pair_table,
    read_runs,
    score_table,
)
from .bench import CLEAN, About, make_folder
from .conditions import DEGRADED, OTHER, SHARES, Condition
from .markdown import number, table, with_interval
from .report import write_page, write_tables
from .systems import System

FIGURES = "benchmark_acted"

Row = Mapping[Any, Any]


def write_acted_report(
    out: Path,
    work: Path,
    systems: Sequence[System],
    folds: Sequence[str],
    clips: Sequence[Pair],
    about: About,
) -> Path:
    """Write ``benchmark_acted.md`` and its tables from what is finished in ``work``.

    Parameters
    ----------
    clips : sequence of Pair
        Those left out, in the order of the folds.

    Raises
    ------
    DataError
        If no system is finished, or the folder cannot be written.
    """
    runs = read_runs(work, systems, folds, about.seeds, (USUAL, TAUGHT))
    if not runs:
        raise DataError(f"{work}: no system has been run on all folds yet; run the benchmark first")
    actors = Actors(clips)
    scores, pairs = score_table(runs, actors), pair_table(runs, actors)
    held, gates = held_table(runs, actors), gate_table(runs)
    tables = {"systems": scores, "pairs": pairs, "held": held, "gates": gates}
    write_tables(make_folder(out / FIGURES), tables)
    parts = [
        _head(about, actors, len(folds)),
        _clean(scores),
        _pairs(pairs),
        _incongruent(scores),
        _degraded(scores),
    ]
    return write_page(out / f"{FIGURES}.md", [*parts, _held(held), _moves(gates)])


def _head(about: About, actors: Actors, folds: int) -> str:
    s, count, people = about.settings, len(actors.labels), len(actors.names)
    shares = " and ".join(f"{LABEL_SHARES['visual'][k]:.0%} in {t}" for k, t in enumerate(TARGETS))
    return f"""# Fusions on real pairs of face and voice

<!-- not run: needs the work folder of a training with videos of actors -->
```sh
{about.command}
```

Written by that command on {date.today().isoformat()}; {about.machine}; seeds 0 to {about.seeds - 1}.

**Data.** {count} clips of {people} actors who speak with a named emotion. Nobody rated them: the label of a
clip is the coordinates of its emotion, so the figures say how well a system tells acted emotions apart.
Features are those of the default recipe's encoders, each clip's from encoders that were trained without its
actor.

**{people} actors are few.** Intervals that resample clips say how sure a difference is for these people. For
other people it is less sure; for them the last columns resample the actors, and with {people} of them such
intervals are rough, and rather too narrow. A difference that both hold away from zero is worth a second look
on other people, nothing more.

**Protocol.** The actors of one of {folds} folds are left out at a time. Training is on sequences of
{s.window} ticks (12.5 a second) made of the other actors' clips, one actor's each, the same sequences for all
systems and seeds, corrupted as in training a model: spans of a stream are missing or degraded, or a stream
comes from other clips. Their label is the mean of what both streams show (the face's share: {shares}), and
of the intact one alone where the other is not. Features are scaled by the actors trained on. What remains:
the encoders of the training clips have met the actors left out, those of the test clips have not.

**Networks**, the same for all fusions, are those of the benchmark on a film, and nothing was tuned on
these clips: a TCN per stream (levels {s.levels}, kernel {s.kernel}, features {s.size}), the fusion with its
default options, a head of {s.size} hidden units; {s.steps} steps of {s.batch} sequences. Fusions that gate
attended against un-attended features were trained once more, **taught**: at a gate temperature of
{TEMPERATURE:g}, not that of their defaults, and with a loss that tells the gates where a stream is corrupted.
Ridge and boosting are those of the benchmark on a film, too, on the features of a tick side by side.

A clip has one value, the mean over the ticks at which a stream of the system is available. CCC and r are over
all clips of all folds together, mean over seeds; intervals are of the CCC."""


def _clean(scores: pd.DataFrame) -> str:
    part = scores[scores["condition"] == CLEAN].sort_values("valence_ccc", ascending=False)
    rows = []
    for row in part.to_dict("records"):
        cells = [_name(row)]
        for target in TARGETS:
            cells.append(number(row[f"{target}_pcc"]))
            cells.append(with_interval(row, f"{target}_ccc", f"{target}_lo", f"{target}_hi"))
            cells.append(number(row[f"{target}_tick_ccc"]))
        size = f"{row['parameters']:,}" if row["parameters"] else "-"
        rows.append([*cells, size, number(row["seconds"], 1), str(row["seeds"])])
    head = ["system"]
    for target in TARGETS:
        head += [f"{target} r", "CCC [95 %, clips]", "CCC by tick"]
    text = f"""## Intact clips

{table([*head, "parameters", "seconds", "seeds"], rows)}

Seconds are CPU seconds of one training. All columns, all conditions:
[{FIGURES}/systems.csv]({FIGURES}/systems.csv)."""
    if "valence_gain" not in scores:
        return text
    return f"""{text}

CCC above that of the better single stream ({_rivals(part)}):

{_gains(part)}"""


def _pairs(pairs: pd.DataFrame) -> str:
    """One system less another; empty without a pair."""
    if pairs.empty:
        return ""
    rows = []
    for row in pairs.to_dict("records"):
        less = _name({"system": row["less"], "training": row["less_training"]})
        rows.append([f"{_name(row)} less {less}", *_cells(row)])
    return f"""CCC of one system less that of another:

{table(_head_of_gains("systems"), rows)}"""


def _incongruent(scores: pd.DataFrame) -> str:
    parts = [
        """## One stream from another clip

The whole stream is that of another clip of the same actor with another emotion: face and voice disagree. The
label stays that of the stream that was kept. Nothing tells which one that is, and no system can be right both
times by anything but luck: what it gains in one table is what it trusts, and it pays in the other."""
    ]
    for stream, said in zip(MODALITIES, ("voice", "face"), strict=True):
        parts.append(_changed(scores, Condition(stream, OTHER), f"The {said} is another clip's"))
    return "\n\n".join(parts)


def _degraded(scores: pd.DataFrame) -> str:
    parts = [
        f"""## One stream degraded

At a share of the ticks, in spans of about half a second, the voice stands behind noise and other voices, or
the face is blurred, dark, occluded or tiny. No mask tells. CCC, intact clips first; then, with
{max(SHARES):.0%} degraded, how far above the stream that is the better one there."""
    ]
    for stream, said in zip(MODALITIES, ("voice", "face"), strict=True):
        keys = [CLEAN, *(Condition(stream, DEGRADED, share).key for share in SHARES)]
        chosen = scores[scores["condition"].isin(keys)]
        rows = []
        for _, of in chosen.groupby(["system", "training"], sort=False):
            by = {row["condition"]: row for row in of.to_dict("records")}
            cells = [number(by[key][f"{target}_ccc"]) for target in TARGETS for key in keys]
            worst = by[keys[-1]]
            gains = [_gain(worst, target) for target in TARGETS if f"{target}_gain" in worst]
            rows.append([_name(worst), *cells, *gains])
        head = ["system"]
        for target in TARGETS:
            head += [f"{target} 0 %", *(f"{share:.0%}" for share in SHARES)]
        head += [f"{target} above [95 %, clips]" for target in TARGETS if f"{target}_gain" in scores]
        parts.append(f"**The {said} degraded**\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def _changed(scores: pd.DataFrame, condition: Condition, said: str) -> str:
    part = scores[scores["condition"] == condition.key].sort_values("valence_ccc", ascending=False)
    rows = []
    for row in part.to_dict("records"):
        cells = [_name(row)]
        for target in TARGETS:
            cells += [number(row[f"{target}_pcc"]), number(row[f"{target}_ccc"])]
            cells += [_gain(row, target)] if f"{target}_gain" in row else []
        rows.append(cells)
    head = ["system"]
    for target in TARGETS:
        head += [f"{target} r", "CCC"]
        head += ["above the better stream [95 %, clips]"] if f"{target}_gain" in part else []
    rivals = f" Better stream: {_rivals(part)}." if "valence_gain" in part else ""
    return f"**{said}.**{rivals}\n\n{table(head, rows)}"


def _held(held: pd.DataFrame) -> str:
    """Free gates against held ones; empty without gates."""
    if held.empty:
        return ""
    rows = []
    for row in _whole(held).sort_values(["system", "training"], kind="stable").to_dict("records"):
        gains = [_gain(row, target) for target in TARGETS]
        actors = [_interval(row, f"{target}_gain", "_actors") for target in TARGETS]
        rows.append([_name(row), _words(row["condition"]), gains[0], actors[0], gains[1], actors[1]])
    head = ["system", "clips"]
    for target in TARGETS:
        head += [f"{target}, free less held [95 %, clips]", "95 %, actors"]
    return f"""## Do gates help?

CCC of a network as it is, less that of the same network with every gate held at its mean over the training,
so that no gate depends on what is seen or heard. Above zero, gates that move help.

{_verdict(held)}

{table(head, rows)}

All shares: [{FIGURES}/held.csv]({FIGURES}/held.csv)."""


def _verdict(held: pd.DataFrame) -> str:
    """How often the interval is above and below zero, in words."""
    lines = []
    for training in dict.fromkeys(held["training"]):
        part = held[held["training"] == training]
        low, high, gain = (
            np.concatenate([part[f"{target}_gain{end}"] for target in TARGETS]) for end in ("_lo", "_hi", "")
        )
        lines.append(
            f"- **{training.capitalize()} gates** ({part['system'].nunique()} systems, "
            f"{part['condition'].nunique()} conditions, 2 targets), by intervals that resample clips: "
            f"better in {np.sum(low > 0)} of {len(low)} comparisons, worse in {np.sum(high < 0)}, "
            f"not certain in {np.sum((low <= 0) & (high >= 0))}; mean difference {gain.mean():+.3f}, "
            f"from {gain.min():+.3f} to {gain.max():+.3f}."
        )
    return "\n".join(lines)


def _moves(gates: pd.DataFrame) -> str:
    """Whether gates notice; empty without gates."""
    if gates.empty:
        return ""
    rows = []
    for row in _whole(gates).to_dict("records"):
        spread = "" if np.isnan(row["sd"]) else f" ± {number(row['sd'])}"
        correlation = number(row["correlation"], sign=True) + spread
        means = [number(row["intact"]), number(row["hit"])]
        rows.append([_name(row), _words(row["condition"]), row["gate"], correlation, *means])
    head = ["system", "clips", "gate", "correlation with being hit", "mean, intact clips", "hit"]
    return f"""## Do gates move with the damage?

Pearson correlation of a gate with a tick being hit, over the ticks at which both streams are available, of
the intact clips and those with the whole stream changed together, ± standard deviation over seeds. Good is an
`attended` gate that rises where its own stream is hit, and a `share` that falls.

{table(head, rows)}

All shares: [{FIGURES}/gates.csv]({FIGURES}/gates.csv)."""


def _whole(part: pd.DataFrame) -> pd.DataFrame:
    """Rows of intact clips, and of those with a whole stream changed."""
    return part[(part["condition"] == CLEAN) | part["condition"].str.endswith(".100")]


def _gains(part: pd.DataFrame) -> str:
    rows = [[_name(row), *_cells(row)] for row in part[~part["system"].isin(ALONE)].to_dict("records")]
    return table(_head_of_gains("system"), rows)


def _head_of_gains(first: str) -> list[str]:
    return [first, *(cell for target in TARGETS for cell in (f"{target} [95 %, clips]", "95 %, actors"))]


def _cells(row: Row) -> list[str]:
    """Gains of both targets, each with both intervals."""
    return [
        cell
        for target in TARGETS
        for cell in (_gain(row, target), _interval(row, f"{target}_gain", "_actors"))
    ]


def _gain(row: Row, target: str) -> str:
    name = f"{target}_gain"
    return with_interval(row, name, f"{name}_lo", f"{name}_hi", sign=True)


def _interval(row: Row, name: str, of: str) -> str:
    low, high = (row[f"{name}_{end}{of}"] for end in ("lo", "hi"))
    return "-" if np.isnan(low) else f"[{number(low, sign=True)}, {number(high, sign=True)}]"


def _rivals(part: pd.DataFrame) -> str:
    """The better stream of each target."""
    first = part.iloc[0]
    return ", ".join(f"{target}: {str(first[f'{target}_rival']).split()[0]}" for target in TARGETS)


def _name(row: Row) -> str:
    return str(row["system"]) + (f", {TAUGHT}" if row["training"] == TAUGHT else "")


def _words(condition: str) -> str:
    """A condition as a reader needs it.

    >>> _words("audio.degraded.30"), _words("visual.other.100"), _words("clean")
    ('audio degraded, 30 %', "visual another clip's", 'intact')
    """
    if condition == CLEAN:
        return "intact"
    stream, kind, share = condition.split(".")
    return f"{stream} another clip's" if kind == OTHER else f"{stream} {kind}, {share} %"

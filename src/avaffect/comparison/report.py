"""The benchmark's results in a folder: one page in Markdown, tables as CSV, plots as PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from ..errors import DataError
from ..files import replacing
from ..spec import TARGETS
from .baseline import ALPHA, TREES
from .bench import CLEAN, About, make_folder
from .curves import curves_text, gates_text
from .damage import DAMAGED
from .features import STREAMS, Segment
from .markdown import number, table, with_interval
from .plots import draw_curves, draw_systems
from .results import REFERENCE, curve_table, gate_table, main_table
from .systems import System

# What a reader adds by hand under this heading stays when the page is written anew.
REMARKS = "## What surprised"
FIGURES = "benchmark"


def write_report(
    out: Path, work: Path, systems: Sequence[System], segments: Sequence[Segment], about: About
) -> Path:
    """Write ``benchmark.md`` and the folder ``benchmark/`` beside it from what is finished in ``work``.

    Returns
    -------
    path
        Of the page.

    Raises
    ------
    DataError
        If no system is finished, or the folder cannot be written.
    """
    scores = main_table(work, systems, segments, about.seeds)
    if scores.empty:
        raise DataError(f"{work}: no system has been run on all segments yet; run the benchmark first")
    trainings = ((CLEAN, about.seeds), (DAMAGED, about.damaged_seeds))
    curves = pd.concat([curve_table(work, systems, segments, n, name) for name, n in trainings])
    gates = pd.concat([gate_table(work, systems, segments, n, name) for name, n in trainings])
    page, figures = out / "benchmark.md", make_folder(out / FIGURES)
    write_tables(figures, {"systems": scores.reset_index(), "curves": curves, "gates": gates})
    draw_systems(scores, figures / "systems.png")
    if len(curves):
        alone = {name: _alone(scores, name) for name in STREAMS}
        draw_curves(curves, figures / "curves.png", target="arousal", alone=alone)
    parts = [_head(about, segments), _systems(scores, len(segments)), curves_text(curves), gates_text(gates)]
    return write_page(page, parts)


def write_tables(folder: Path, frames: Mapping[str, pd.DataFrame]) -> None:
    """Write tables that are not empty as CSV."""
    for name, frame in frames.items():
        if len(frame):
            with replacing(folder / f"{name}.csv") as temporary:
                frame.to_csv(temporary, index=False, float_format="%.4f")


def write_page(page: Path, parts: Sequence[str]) -> Path:
    """Write the parts of a page that are not empty, and the remarks of an earlier one."""
    text = "\n\n".join(part for part in parts if part) + "\n\n" + _remarks(page)
    with replacing(page) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return page


def _head(about: About, segments: Sequence[Segment]) -> str:
    ticks = sum(len(segment.labels) for segment in segments)
    s = about.settings
    return f"""# The open benchmark of fusions

<!-- not run: takes hours, and needs the corpus -->
```sh
{about.command}
```

Written by that command on {date.today().isoformat()}; {about.machine}; {_seeds(about)}.

**Data.** studyforrest, "Forrest Gump" (CC0): {len(segments)} segments, {ticks:,} seconds, with the valence
and arousal of the characters on screen as observers rated them. One film, no faces: this compares fusions,
not face models. Each segment is left out once; neither its labels nor the statistics of its streams are used
in training.

**Features**, one set for all systems, a tick a second: loudness and left-right difference of the sound;
brightness, its balance, and the change of the picture (perceptual hash against the frame before and the
second before, cuts); their statistics within the second, and mean and spread of those over 5, 15 and 61 s
around it. Scaled by the training segments.

**Networks**, the same for all fusions: a TCN per stream (levels {s.levels}, kernel {s.kernel}, features
{s.size}, dropout {s.dropout:g}), the fusion with its default options, a head of {s.size} hidden units;
{s.steps} steps of {s.batch} windows of {s.window} s, AdamW with learning rate {s.learning_rate:g}
falling as a cosine and weight decay {s.weight_decay:g}; loss 1 - CCC plus {s.mse:g} times the squared error,
valence and arousal together. Chosen once, on `{REFERENCE}`, by inner validation segments; nothing is tuned
by system, and no test score stops a training. Each segment was the validation segment of some fold, and so
the figures are a little kind, to all alike. At test, windows overlap by half and are averaged.

**Baselines** on the same features side by side: gradient boosting (scikit-learn's HistGradientBoosting,
{TREES["max_iter"]} trees of {TREES["max_leaf_nodes"]} leaves) and ridge regression (penalty {ALPHA:g}),
chosen by the same inner validation. Both are stretched to the spread of the training labels, for CCC
punishes the shrinkage of least squares."""


def _seeds(about: About) -> str:
    text = f"seeds 0 to {about.seeds - 1}"
    return f"{text}, on damaged streams 0 to {about.damaged_seeds - 1}" if about.damaged_seeds else text


def _systems(scores: pd.DataFrame, segments: int) -> str:
    rows = []
    order = scores.sort_values("arousal_ccc", ascending=False)
    for name, row in order.to_dict("index").items():
        cells = [str(name), row["streams"]]
        for target in reversed(TARGETS):
            cells.append(with_interval(row, f"{target}_ccc", f"{target}_lo", f"{target}_hi"))
            cells.append(number(row[f"{target}_sd"]))
        if "arousal_gain" in row:
            cells.append(with_interval(row, "arousal_gain", "arousal_gain_lo", "arousal_gain_hi", sign=True))
        size = f"{row['parameters']:,}" if row["parameters"] else "-"
        rows.append([*cells, size, number(row["seconds"], 1), str(row["seeds"])])
    head = ["system", "streams", "arousal CCC [95 %]", "± seeds", "valence CCC [95 %]", "± seeds"]
    head += [f"arousal above {REFERENCE}"] if "arousal_gain" in scores else []
    return f"""## Results

CCC over all labelled seconds of all segments together (pooled), mean over seeds, ± standard
deviation over seeds. Intervals resample the {segments} segments: so few that they are rough, and
rather too narrow. The difference from `{REFERENCE}` is on the same resamples, which says more than
two intervals side by side. Seconds are CPU seconds of one training.

{table([*head, "parameters", "seconds", "seeds"], rows)}

![CCC of each system]({FIGURES}/systems.png)

All columns: [{FIGURES}/systems.csv]({FIGURES}/systems.csv)."""


def _alone(scores: pd.DataFrame, stream: str) -> float:
    """Arousal CCC of one stream alone, undamaged; NaN where it was not run."""
    return float(scores["arousal_ccc"].get(f"{stream} only", float("nan")))


def _remarks(page: Path) -> str:
    """What stands under the heading of the remarks, from an earlier page if there is one."""
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    return old[old.index(REMARKS) :] if REMARKS in old else f"{REMARKS}\n\n(nothing noted yet)\n"

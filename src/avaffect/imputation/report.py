"""The measurements of imputation as one page in Markdown, with its tables as CSV."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..comparison.markdown import number, table
from ..errors import DataError
from ..files import replacing
from ..text import read_text
from .comparison import FOLDS, LACKING
from .digits import KINDS, TEST
from .runs import Tables
from .systems import SYSTEMS

FIGURES = "imputation"
REFERENCE = "absent"
REMARKS = "## Remarks"


def write_report(out: Path, tables: Tables, command: str) -> Path:
    """Write ``imputation.md`` and the folder ``imputation/`` beside it.

    What a reader added by hand under the heading of remarks stays.

    Raises
    ------
    DataError
        If the folder cannot be written.
    """
    try:
        (out / FIGURES).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make {out / FIGURES} ({error.strerror}); give another --out") from error
    for name, frame in tables.items():
        with replacing(out / FIGURES / f"{name}.csv") as part:
            frame.round(4).to_csv(part, index=False)
    page = out / "imputation.md"
    parts = [_HEAD.format(command=command), _digits_text(tables)]
    if "streams" in tables:
        parts += [_streams_text(tables["streams"]), _errors_text(tables["errors"])]
    before = read_text(page) if page.is_file() else ""
    parts += [before[before.index(REMARKS) :].strip()] if REMARKS in before else []
    with replacing(page) as part:
        part.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return page


_HEAD = """# Imputation of a missing stream

What a stream that is missing might have been, guessed from the one that is there, by a mutually supervised
VAE (MEME, Joy et al. 2022, arXiv 2106.12570; `avaffect.imputation`). This page is written by

```text
{command}
```

Figures are means over runs ± their standard deviation."""


def _digits_text(tables: Tables) -> str:
    ways = [f"{a} to {b}" for a, b in (KINDS, KINDS[::-1])]
    rows = []
    for (share, singles), part in tables["digits"].groupby(["pairs", "singles"], sort=True):
        cells = [_spread(part[way]) for way in (*ways, "codes")]
        rows.append([f"{100 * float(str(share)):g} %", "used" if singles else "dropped", *cells])
    best = [_spread(tables["ceiling"][kind]) for kind in KINDS]
    seeds = tables["digits"]["seed"].nunique()
    head = ["pairs", "the others", *ways, "codes"]
    return f"""## Digits

Handwritten digits (scikit-learn's, 8 x 8) and printed ones (matplotlib's fonts, 16 x 16, turned and
shifted; test fonts are none of training), paired by class. Only a share of the training examples are pairs;
the others have one kind alone, and are used or dropped. {TEST} test digits of one kind are imputed as the
other. The figure is the share that a logistic regression on real images reads as the right class; chance is
0.1. It reads {best[0]} of real handwritten test digits and {best[1]} of real printed ones. "Codes": the
same regression on latent means. The published program has no such measure; its digits (MNIST, SVHN) and
sizes are others. Seeds: {seeds}.

{table(head, rows)}"""


def _streams_text(scores: pd.DataFrame) -> str:
    conditions = list(dict.fromkeys(scores["condition"]))
    parts = []
    for target in dict.fromkeys(scores["target"]):
        own = scores[scores["target"] == target]
        wide = own.pivot_table(index=["seed", "fold"], columns=["system", "condition"], values="ccc")
        rows = []
        for system in SYSTEMS:
            cells = []
            for condition in conditions:
                values, gain = wide[system, condition], wide[system, condition] - wide[REFERENCE, condition]
                cells.append(_spread(values) + ("" if system == REFERENCE else _paired(gain)))
            rows.append([f"`{system}`", *cells])
        parts.append(f"**{target.capitalize()}**\n\n{table(['system', *conditions], rows)}")
    joined, runs = "\n\n".join(parts), scores.groupby(["seed", "fold"]).ngroups
    return f"""## Streams of a feature store

In training {100 * LACKING:.0f} % of the recordings lack the first stream and as many the second. `dropped`:
a fusion trained on the complete recordings, and a network of each stream alone; the one that fits is used.
`absent`: one fusion, trained on all, with its learned vector in the place of what is missing. `imputed`:
one fusion behind the VAE. `linear`: behind ridge regressions from stream to stream instead. A run is a seed
and one of {FOLDS} folds of other people; networks and steps are the same for all. CCC pooled over the
recordings of a fold, tested whole and without either stream; in brackets the difference to `{REFERENCE}` in
the same run, and in how many runs it is above 0. Runs: {runs}.

{joined}"""


def _errors_text(errors: pd.DataFrame) -> str:
    streams = list(dict.fromkeys(errors["stream"]))
    rows = [
        [f"`{imputer}`", *(_spread(part.loc[part["stream"] == stream, "error"]) for stream in streams)]
        for imputer, part in errors.groupby("imputer", sort=False)
    ]
    return f"""**What the imputed features miss**: mean absolute error in standard deviations, on test ticks
that have both streams. `mean` is that of the training features.

{table(["imputer", *streams], rows)}"""


def _spread(values: pd.Series) -> str:
    return number(values.mean()) + (f" ± {number(values.std())}" if len(values) > 1 else "")


def _paired(gain: pd.Series) -> str:
    return f" [{number(gain.mean(), sign=True)}; {(gain > 0).sum()} of {len(gain)}]"

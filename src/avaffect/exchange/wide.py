"""A wide table for SPSS, R or Excel: one row a recording and person, one column for each moment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..arguments import checks_types
from ..errors import DataError
from ..files import replacing
from ..spec import TARGETS
from ..trace import Trace
from .summaries import summarise

MOST = 30_000  # columns; SPSS takes 32,767
_KEPT = (
    "file",
    "track",
    "person",
    "seconds",
    "face_share",
    "speech_share",
    "missing_share",
    "excluded_share",
)


@checks_types
def wide(traces: Sequence[Trace], *, step: float = 1.0) -> pd.DataFrame:
    """One row for each recording and person.

    Parameters
    ----------
    traces : sequence of Trace
    step : float
        Seconds of a moment.

    Returns
    -------
    (n, ...) pd.DataFrame
        What `avaffect.exchange.summarise` gives of the recording, then ``valence_00001``,
        ``valence_00002`` ... and the same of arousal: means over the first, second ... step; NaN where less
        than half of the step has a value, for no column beside them says how much a mean rests on (as that
        of `summarise` does). Names are letters, digits and "_", at most 64, as SPSS wants them.

    Raises
    ------
    DataError
        If the step is not positive, or there would be more than 30,000 columns.
    """
    if not 0 < step < np.inf:
        raise DataError(f"step={step:g}: expected seconds, more than 0")
    table = summarise(traces)
    figures = [name for name in map(str, table) if name.startswith(TARGETS)]
    longest = float(table["end"].max()) if len(table) else 0.0
    count = int(np.ceil(longest / step - 1e-9))
    if len(TARGETS) * count > MOST:
        raise DataError(f"{len(TARGETS) * count:,} columns are more than SPSS takes; give a longer --step")
    steps = summarise(traces, f"{step:f}s") if count else table.iloc[:0]
    columns: dict[str, np.ndarray] = {}
    for target in TARGETS:
        known = steps[f"{target}_seconds"] >= step / 2 - 1e-9
        values = steps[f"{target}_mean"].where(known)
        number = (steps["start"] / step).round().astype(int)
        keys = [steps["file"], steps["track"].fillna(-1).astype(int), number]
        grid = values.groupby(keys).first().unstack().reindex(columns=range(count))
        rows = pd.MultiIndex.from_arrays([table["file"], table["track"].fillna(-1).astype(int)])
        grid = grid.reindex(rows)
        columns |= {f"{target}_{k + 1:05d}": grid[k].to_numpy() for k in range(count)}
    moments = pd.DataFrame(columns, index=table.index)
    return table[[*_KEPT, *figures]].join(moments)


@checks_types
def write_wide(
    traces: Sequence[Trace], path: str | Path, *, step: float = 1.0, decimal_comma: bool = False
) -> Path:
    """Write the wide table as csv in UTF-8 with a byte order mark, by which SPSS and Excel know it.

    Parameters
    ----------
    traces : sequence of Trace
    path : path
    step : float
        Seconds of a moment.
    decimal_comma : bool
        For programs in languages that write 0,5: decimal commas, and semicolons between cells.

    Raises
    ------
    DataError
        As `wide`, or if the file cannot be written.
    """
    table = wide(traces, step=step).round(6)
    separator, decimal = (";", ",") if decimal_comma else (",", ".")
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, sep=separator, decimal=decimal, encoding="utf-8-sig")
    return Path(path)

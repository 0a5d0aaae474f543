"""The values of a table that rates one target: a gold standard, or the mean of several raters."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ...text import listed
from .table import LabelTable

_VALUES = ("value", "values", "rating", "ratings", "score", "label", "annotation", "mean")
_RATER = re.compile(r"(fm|ff|mm|mf|f|m|r|a|rater|annotator|ann|coder|observer|judge)_?\d+")


def has_values(names: Sequence[str]) -> bool:
    """Whether canonical names have a column of values, or of a rater."""
    return any(_is_gold(name) or name in _VALUES or _RATER.fullmatch(name) for name in names)


def single_values(table: LabelTable, target: str | None = None) -> NDArray[np.float64]:
    """The values of a table that rates one target, (n,).

    That is the gold standard; or the column that is named as the target or "value", "rating" and the like;
    or else the mean of the raters, one column each (FM1, rater_2). No other column is a label: a number of a
    segment is none.

    Raises
    ------
    DataError
        If there are no such columns, or nothing in them.
    """
    gold = [name for name in table.names if _is_gold(name) or name in (target, *_VALUES)]
    if gold:
        return table.column(min(gold, key=lambda name: (not _is_gold(name), name != target)))
    raters = [table.column(name) for name in table.names if _RATER.fullmatch(name)]
    rated = [values for values in raters if np.isfinite(values).any()]
    if not rated:
        raise DataError(
            f"{table.path}: no ratings; expected a column GoldStandard, or one a rater (FM1, rater1);"
            f" it has {listed(table.names)}"
        )
    return np.mean(rated, axis=0)


def _is_gold(name: str) -> bool:
    return name.startswith("gold")

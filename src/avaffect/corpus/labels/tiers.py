"""Tiers of ELAN (.eaf) and Praat (.TextGrid).

Valence and arousal are tiers of those names, and their annotations are numbers; an empty annotation is no
rating.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import DataError
from ...spec import TARGETS
from ...text import listed
from ...tiers import Span, tiers_of
from ..ratings import Ratings
from .options import LabelOptions
from .table import numbers


def read_tiers(path: Path, options: LabelOptions | None = None) -> dict[str, Ratings]:
    """Valence and arousal from an .eaf or .TextGrid file, on the file's own scale.

    Raises
    ------
    DataError
        If the file does not have the form that its ending names, has neither tier, or an annotation in one of
        them is not a number.
    """
    options = options or LabelOptions()
    tiers = tiers_of(path)
    named = {name.strip().lower(): spans for name, spans in tiers.items()}
    found = {target: _ratings(path, target, named[target], options) for target in TARGETS if target in named}
    if not found:
        raise DataError(f"{path}: no tier named valence or arousal; it has {listed(tiers) or 'none'}")
    return found


def _ratings(path: Path, tier: str, spans: list[Span], options: LabelOptions) -> Ratings:
    rated = [(begin, end, text.strip()) for begin, end, text in spans if text.strip()]
    rated.sort(key=lambda span: span[0])
    try:
        values = numbers([text for *_, text in rated], "annotation", path, options.decimal)
    except DataError as error:
        reason = error.__cause__ or error
        raise DataError(f"{path}: in tier {tier!r}, {reason}; its annotations must be numbers") from error
    begins = np.array([begin for begin, _, _ in rated], dtype=float)
    if any(end is None for _, end, _ in rated) or not rated:
        return Ratings(begins, values)
    return Ratings(begins, values, np.array([end for _, end, _ in rated], dtype=float))

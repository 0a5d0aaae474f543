"""The results of an evaluation: scores with intervals, and the numbers of frames behind them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from .bootstrap import MIN_UNITS, Estimate


@dataclass(frozen=True)
class TargetScore:
    """One target's scores.

    Attributes
    ----------
    pooled : dict of str to Estimate
        ``ccc``, ``pcc``, ``rmse``, ``sagr`` over all frames of all recordings together.
    per_recording : dict of str to Estimate
        The mean of the recordings' own scores, over recordings in which the score is defined.
    frames : int
        Frames that count: with a label of this target, and a prediction.
    unlabelled, unpredicted : int
        Frames without a label of this target, which never count, and labelled frames without a prediction,
        which count as `Report.missing` says.
    recordings : int
        Recordings whose own CCC is defined.
    """

    pooled: dict[str, Estimate]
    per_recording: dict[str, Estimate]
    frames: int
    unlabelled: int
    unpredicted: int
    recordings: int


@dataclass(frozen=True)
class Report:
    """Scores of one system on a set of recordings.

    Attributes
    ----------
    targets : dict of str to TargetScore
    mean_ccc : dict of str to Estimate
        Mean of the targets' CCC, ``pooled`` (the ABAW challenges' score) and ``per_recording``.
    recordings : (r, ...) pd.DataFrame
        Indexed by name: ``subject`` where given, ``labelled`` (share of the predicted time), and for each
        target ``*_frames``, ``*_ccc``, ``*_pcc``, ``*_rmse``, ``*_sagr``, ``*_ccc_lo``, ``*_ccc_hi``.
    unit : str
        What was resampled, ``recording`` or ``subject``.
    units, resamples, seed : int
        Number of recordings or subjects, number of resamples, and seed of the resamples.
    level : float
        Confidence level of the intervals, e.g. 0.95.
    missing : str
        What labelled frames without a prediction count as: ``exclude``, ``zero`` or ``mean``.
    notes : tuple of str
        What a reader of the scores should know, one line each.
    """

    targets: dict[str, TargetScore]
    mean_ccc: dict[str, Estimate]
    recordings: pd.DataFrame
    unit: str
    units: int
    resamples: int
    seed: int
    level: float
    missing: str
    notes: tuple[str, ...]

    @property
    def has_intervals(self) -> bool:
        """Whether there were enough units to resample."""
        return self.units >= MIN_UNITS

    def as_dict(self) -> dict[str, Any]:
        """The same as dicts and lists, for JSON; undefined values are None."""
        whole = {field.name: getattr(self, field.name) for field in fields(self)}
        whole["targets"] = {name: asdict(target) for name, target in self.targets.items()}
        whole["mean_ccc"] = {how: asdict(value) for how, value in self.mean_ccc.items()}
        whole["recordings"] = self.recordings.reset_index().to_dict("records")
        return dict(jsonable(whole))


@dataclass(frozen=True)
class Difference:
    """The difference between two systems' CCC.

    Attributes
    ----------
    first, second : float
        CCC of the two systems, over frames that both predict.
    difference : Estimate
        ``first - second``; the interval comes from resamples that both systems share.
    share_better : float
        Share of the resamples in which the first system has the higher CCC; NaN without intervals.
    """

    first: float
    second: float
    difference: Estimate
    share_better: float


@dataclass(frozen=True)
class Comparison:
    """A paired comparison of two systems: same recordings, same frames.

    Attributes
    ----------
    pooled, per_recording : dict of str to Difference
        By target, and ``mean`` of the targets' CCC.
    recordings : int
    frames : dict of str to int
        Frames that count, by target: those that both systems predict.
    notes : tuple of str
    """

    pooled: dict[str, Difference]
    per_recording: dict[str, Difference]
    recordings: int
    frames: dict[str, int]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as dicts and lists, for JSON; undefined values are None."""
        return dict(jsonable(asdict(self)))


def jsonable(value: Any) -> Any:
    """Values for JSON: NaN becomes None, NumPy's numbers become Python's."""
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value

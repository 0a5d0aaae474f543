"""What an evaluation reports: every figure with its interval and with how much it rests on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from .bootstrap import FEWEST, Estimate


@dataclass(frozen=True)
class TargetScore:
    """One target's scores.

    Attributes
    ----------
    pooled : dict of str to Estimate
        ``ccc``, ``pcc``, ``rmse``, ``sagr`` over all frames of all recordings together.
    per_recording : dict of str to Estimate
        The mean over recordings of each recording's own score, where that is defined.
    frames : int
        Frames that count.
    unlabelled, unpredicted : int
        Frames without a label, which never count, and labelled frames without a prediction, which count as
        `Report.missing` says.
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
        Mean of the targets' CCC, ``pooled`` (the ABAW challenges' figure) and ``per_recording``.
    recordings : (r, ...) pd.DataFrame
        Indexed by name: ``subject`` where given, and for each target ``*_frames``, ``*_ccc``, ``*_pcc``,
        ``*_rmse``, ``*_sagr``, ``*_ccc_lo``, ``*_ccc_hi``.
    unit : str
        What was resampled, ``recording`` or ``subject``.
    units, resamples, seed : int
    level : float
        Share of resamples in the intervals.
    missing : str
        What labelled frames without a prediction count as.
    notes : tuple of str
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
        return self.units >= FEWEST

    def as_dict(self) -> dict[str, Any]:
        """The same as plain dicts and lists, ready for JSON; what is not defined is None."""
        whole = {field.name: getattr(self, field.name) for field in fields(self)}
        whole["targets"] = {name: asdict(target) for name, target in self.targets.items()}
        whole["mean_ccc"] = {way: asdict(figure) for way, figure in self.mean_ccc.items()}
        whole["recordings"] = self.recordings.reset_index().to_dict("records")
        return dict(jsonable(whole))


@dataclass(frozen=True)
class Difference:
    """How much one system's CCC exceeds another's.

    Attributes
    ----------
    first, second : float
        The two CCC, over frames that both predict.
    difference : Estimate
        ``first - second``, its interval from resamples that both systems share.
    share_better : float
        Share of the resamples in which the first is better; NaN without intervals.
    """

    first: float
    second: float
    difference: Estimate
    share_better: float


@dataclass(frozen=True)
class Comparison:
    """Two systems on the same frames of the same recordings.

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
        """The same as plain dicts and lists, ready for JSON; what is not defined is None."""
        return dict(jsonable(asdict(self)))


def jsonable(value: Any) -> Any:
    """Plain JSON values: NaN becomes None, numpy's numbers Python's."""
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value

"""Evaluation: scores with intervals, paired comparison, post-processing, plots, challenge submissions."""

from __future__ import annotations

from .bootstrap import Estimate
from .compare import compare
from .match import Matched, Pairing, match
from .plots import draw_plots
from .read import read_labels, read_predictions, read_subjects
from .recording import Recording
from .report import Comparison, Difference, Report, TargetScore
from .score import score
from .smooth import Smoothing, clip
from .submission import validate_submission, write_submission
from .tables import PassedOver

__all__ = [
    "Comparison",
    "Difference",
    "Estimate",
    "Matched",
    "Pairing",
    "PassedOver",
    "Recording",
    "Report",
    "Smoothing",
    "TargetScore",
    "clip",
    "compare",
    "draw_plots",
    "match",
    "read_labels",
    "read_predictions",
    "read_subjects",
    "score",
    "validate_submission",
    "write_submission",
]

"""The calibration stage of a run: prediction intervals of the finished model."""

from __future__ import annotations

from pathlib import Path

from ..feature_cache import read_pools
from ..fit import Hook
from ..paired import SequenceCorruption
from ..recipe import Recipe
from ..result import is_done, save_result
from .calibrate import coverages, half_widths
from .module import held_out
from .stage import load_fusion


def folder_of(settings: Recipe) -> Path:
    """Where the stage leaves its result."""
    return settings.own / "calibration"


def calibrate(settings: Recipe, hook: Hook) -> None:
    """Interval half-widths on validation identities, their coverage on test identities."""
    folder = folder_of(settings)
    if is_done(folder):
        return
    model = load_fusion(settings)
    folder.mkdir(parents=True, exist_ok=True)
    pools = read_pools(settings, hook)
    usual = {
        use: held_out(
            pools[use],
            count=settings.calibration.sequences,
            ticks=settings.fusion.ticks[1],
            seed=settings.seed + 7,
            corruption=SequenceCorruption(),
        )
        for use in ("val", "test")
    }
    widths = half_widths(model, usual["val"], coverage=settings.calibration.coverage)
    figures = {"half_widths": widths, "coverage": coverages(model, usual["test"], widths)}
    save_result(folder, {}, figures)

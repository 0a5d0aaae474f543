"""The last stage of a run: put encoders, fusion and intervals together and write the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import nn

from .. import checkpoint
from .card import write_card
from .face import load_face
from .fit import Hook
from .fusion import calibration_stage
from .fusion import stage as fusion_stage
from .recipe import Recipe
from .result import load_figures
from .voice import load_voice


def export(settings: Recipe, _hook: Hook) -> None:
    """Write spec, weights and card to the recipe's `output`."""
    folders = {
        "face": settings.work / "face",
        "voice": settings.work / "voice",
        "fusion": fusion_stage.folder_of(settings),
        "calibration": calibration_stage.folder_of(settings),
    }
    figures = {stage: load_figures(folder) for stage, folder in folders.items()}
    spec = replace(
        fusion_stage.spec_of(settings),
        calibration=figures["calibration"]["half_widths"],
        metrics=flat(figures),
    )
    model = fusion_stage.load_fusion(settings, spec)
    encoders: dict[str, nn.Module] = {"visual": load_face(settings)[0], "audio": load_voice(settings)[0]}
    for name, encoder in model.encoders.items():
        encoder.load_state_dict(encoders[name].state_dict())
    checkpoint.save(model, settings.output, card=write_card(spec, settings, figures), half=True)


def flat(figures: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Nested figures as ``stage/key/...``: number; lists, and what has no value, are left out.

    >>> flat({"face": {"test": {"accuracy": 0.81234, "gain": [0.1]}}})
    {'face/test/accuracy': 0.8123}
    """
    found: dict[str, float] = {}
    for key, value in figures.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}/")
        elif isinstance(value, float) and math.isfinite(value):
            found[f"{prefix}{key}"] = round(value, 4)
    return found

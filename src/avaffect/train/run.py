"""One command from corpora to a model: face, voice, fusion, calibrate, export.

Each stage leaves its result in the recipe's `work` folder and is skipped when it is there; a stopped
stage goes on from its last checkpoint.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import torch
from lightning import seed_everything

from .fit import Hook
from .recipe import Recipe, read_recipe

log = logging.getLogger(__name__)

STAGES = ("face", "voice", "fusion", "calibrate", "export")


def run(
    recipe: str | Path,
    overrides: Sequence[str] = (),
    *,
    stages: Sequence[str] = STAGES,
    hook: Hook | None = None,
) -> Path:
    """Train what a recipe says; returns the folder of the finished model."""
    settings = read_recipe(recipe, overrides)
    torch.set_num_threads(settings.threads)
    settings.work.mkdir(parents=True, exist_ok=True)
    for stage in stages:
        log.info("stage %s", stage)
        seed_everything(settings.seed, verbose=False)
        _STAGE[stage](settings, hook or _silent)
    return settings.output


def _silent(stage: str, completed: int, total: int) -> None:
    del stage, completed, total


def _face(settings: Recipe, hook: Hook) -> None:
    from .face_stage import train_face

    train_face(settings, hook)


def _voice(settings: Recipe, hook: Hook) -> None:
    from .voice_stage import train_voice

    train_voice(settings, hook)


def _fusion(settings: Recipe, hook: Hook) -> None:
    from .fusion_stage import train_fusion

    train_fusion(settings, hook)


def _calibrate(settings: Recipe, hook: Hook) -> None:
    from .fusion_stage import calibrate

    calibrate(settings, hook)


def _export(settings: Recipe, hook: Hook) -> None:
    from .fusion_stage import export

    export(settings, hook)


_STAGE = {
    "face": _face,
    "voice": _voice,
    "fusion": _fusion,
    "calibrate": _calibrate,
    "export": _export,
}

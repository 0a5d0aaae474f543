"""One command from corpora to a model: face, voice, fusion, calibrate, export.

Each stage leaves its result in the recipe's `work` folder and is skipped when it is there; a stopped
stage goes on from its last checkpoint.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import torch
from lightning import seed_everything

from ..errors import DataError, nearest
from .fit import Hook
from .recipe import read_recipe

log = logging.getLogger(__name__)

_STAGES = {
    "face": ("face_stage", "train_face"),
    "voice": ("voice_stage", "train_voice"),
    "fusion": ("fusion_stage", "train_fusion"),
    "calibrate": ("fusion_stage", "calibrate"),
    "export": ("fusion_stage", "export"),
}  # name -> file, function
STAGES = tuple(_STAGES)


def run(
    recipe: str | Path,
    overrides: Sequence[str] = (),
    *,
    stages: Sequence[str] = STAGES,
    hook: Hook | None = None,
) -> Path:
    """Train what a recipe says.

    Parameters
    ----------
    recipe : path
        A YAML file, see `avaffect.train.recipe.Recipe`.
    overrides : sequence of str
        ``key.sub=value``, e.g. ``data=/path/to/corpora``.
    stages : sequence of str
        Which of `STAGES` to run, in their order; each needs the results of those before it.
    hook : callable, optional
        Called as ``hook(stage, completed, total)``.

    Returns
    -------
    Path
        The recipe's `output`: the folder of the finished model, for `avaffect.load`.

    Raises
    ------
    DataError
        If the recipe does not fit its schema, a stage is unknown, or a corpus is missing or not as expected.
    """
    for stage in stages:
        if stage not in _STAGES:
            raise DataError(f"unknown stage {stage!r}; {nearest(stage, STAGES)}")
    settings = read_recipe(recipe, overrides)
    torch.set_num_threads(settings.threads)
    settings.work.mkdir(parents=True, exist_ok=True)
    for stage in sorted(stages, key=STAGES.index):
        log.info("stage %s", stage)
        seed_everything(settings.seed, verbose=False)
        file, function = _STAGES[stage]
        # Imported when it is its turn: each stage brings what only it needs.
        getattr(import_module(f".{file}", __package__), function)(settings, hook or _silent)
    return settings.output


def _silent(stage: str, completed: int, total: int) -> None:
    del stage, completed, total

"""One command from corpora to a model: face, voice, fusion, calibrate, export; or from a feature store.

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
from .recipe import Recipe
from .recipe_file import as_recipe, read_yaml
from .sequence.recipe import StoreRecipe

log = logging.getLogger(__name__)

_STAGES = {
    "face": ("face", "train_face"),
    "voice": ("voice", "train_voice"),
    "fusion": ("fusion.stage", "train_fusion"),
    "calibrate": ("fusion.calibration_stage", "calibrate"),
    "export": ("export_stage", "export"),
    "sequence": ("sequence.stage", "train_sequence"),
}  # name -> file, function
STORE_STAGES = ("sequence",)
STAGES = tuple(stage for stage in _STAGES if stage not in STORE_STAGES)


def read(recipe: str | Path, overrides: Sequence[str] = ()) -> Recipe | StoreRecipe:
    """The recipe of a file: one with the key ``store`` trains from a feature store.

    Raises
    ------
    DataError
        If it does not fit its schema.
    """
    raw = read_yaml(recipe, overrides)
    return as_recipe(StoreRecipe, raw, recipe) if "store" in raw else as_recipe(Recipe, raw, recipe)


def stages_of(settings: Recipe | StoreRecipe) -> tuple[str, ...]:
    """Names of the stages that a recipe goes through, in order."""
    return STORE_STAGES if isinstance(settings, StoreRecipe) else STAGES


def run(
    recipe: str | Path,
    overrides: Sequence[str] = (),
    *,
    stages: Sequence[str] | None = None,
    hook: Hook | None = None,
) -> Path:
    """Train what a recipe says.

    Parameters
    ----------
    recipe : path
        A YAML file, see `avaffect.train.recipe.Recipe` and `avaffect.train.sequence.recipe.StoreRecipe`.
    overrides : sequence of str
        ``key.sub=value``, e.g. ``data=/path/to/corpora``.
    stages : sequence of str, optional
        Which of `stages_of` the recipe to run, in their order; each needs the results of those before it.
    hook : callable, optional
        Called as ``hook(stage, completed, total)``.

    Returns
    -------
    Path
        The recipe's `output`: the folder of the finished model.

    Raises
    ------
    DataError
        If the recipe does not fit its schema, a stage is unknown, or a corpus is missing or not as expected.
    """
    settings = read(recipe, overrides)
    known = stages_of(settings)
    chosen = known if stages is None else stages
    for stage in chosen:
        if stage not in known:
            raise DataError(f"unknown stage {stage!r}; {nearest(stage, known)}")
    torch.set_num_threads(settings.threads)
    if isinstance(settings, Recipe):
        settings.work.mkdir(parents=True, exist_ok=True)
    for stage in sorted(chosen, key=known.index):
        log.info("stage %s", stage)
        seed_everything(settings.seed, verbose=False)
        file, function = _STAGES[stage]
        # Imported when it is its turn: each stage brings what only it needs.
        getattr(import_module(f".{file}", __package__), function)(settings, hook or _silent)
    return settings.output


def _silent(stage: str, completed: int, total: int) -> None:
    del stage, completed, total

"""One command from a recipe to a model: train encoders and network, calibrate, export.

Each stage leaves its result in a folder of the recipe and is skipped when it is there; a stopped stage goes
on from its last checkpoint.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import torch
from lightning import seed_everything
from lightning.pytorch.utilities import rank_zero_only

from ..arguments import checks_types
from ..errors import DataError, nearest
from ..progress import Hook, silent
from .claims import check_output
from .recipe import CorpusRecipe, Recipe, read_recipe

log = logging.getLogger(__name__)

_STAGES = {
    "face": ("face", "train_face"),
    "adapt": ("adapt", "adapt_face"),
    "voice": ("voice", "train_voice"),
    "fusion": ("fusion", "train_network"),
    "calibration": ("export", "calibrate"),
    "export": ("export", "export"),
}  # name -> file, function
STAGES = tuple(_STAGES)
STORE_STAGES = ("fusion", "calibration", "export")
_ONE_PROCESS = ("calibration", "export")  # what one process does for all


@checks_types
def stages_of(recipe: Recipe) -> tuple[str, ...]:
    """Names of the stages that a recipe goes through, in order."""
    return STAGES if isinstance(recipe, CorpusRecipe) else STORE_STAGES


@checks_types
def run(
    recipe: str | Path,
    overrides: Sequence[str] = (),
    *,
    stages: Sequence[str] | None = None,
    hook: Hook = silent,
) -> Path:
    """Train what a recipe says.

    Every stage logs its epochs to the logger ``avaffect.train``, one line each.

    Parameters
    ----------
    recipe : path
        A YAML file, see `avaffect.train.Recipe`.
    overrides : sequence of str
        ``key.sub=value``, e.g. ``data=/path/to/corpora``.
    stages : sequence of str, optional
        Which of `stages_of` the recipe to run, in their order; each needs the results of those before it.
    hook : callable
        Called as ``hook(stage, completed, total)``.

    Returns
    -------
    Path
        The recipe's `output`: the folder of the finished model.

    Raises
    ------
    DataError
        If the recipe does not fit its schema, a stage is unknown, the data are missing or not as expected, or
        something else lies where the model is to lie.
    """
    settings = read_recipe(recipe, overrides)
    known = stages_of(settings)
    chosen = known if stages is None else stages
    for stage in chosen:
        if stage not in known:
            raise DataError(f"unknown stage {stage!r}; {nearest(stage, known)}")
    check_output(settings)
    torch.set_num_threads(settings.threads)
    for stage in sorted(chosen, key=known.index):
        if stage in _ONE_PROCESS and getattr(rank_zero_only, "rank", 0) != 0:
            continue
        log.info("stage %s", stage)
        seed_everything(settings.seed, verbose=False)
        file, function = _STAGES[stage]
        # Imported when it is its turn: each stage brings what only it needs.
        getattr(import_module(f".{file}", __package__), function)(settings, hook)
    return settings.output

"""What a stage leaves behind: weights and figures, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from ..errors import DataError
from ..files import replacing
from ..text import read_text
from .claims import FIGURES, check_claim, is_done
from .recipe import Recipe
from .selection import BEST
from .trainer import LAST

LARGEST_FIGURES = 50_000_000  # bytes
WEIGHTS = "weights.safetensors"


def save_result(folder: Path, modules: Mapping[str, nn.Module], figures: Mapping[str, Any]) -> None:
    """Write the modules' weights and, last, the figures, whose presence says that the stage is done.

    What the training kept there to go on after a stop is removed.
    """
    state: dict[str, Tensor] = {
        f"{name}.{key}": value.contiguous()
        for name, module in modules.items()
        for key, value in module.state_dict().items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / WEIGHTS) as part:
        part.write_bytes(save(state))
    with replacing(folder / FIGURES) as part:
        part.write_text(json.dumps(dict(figures), indent=2) + "\n", encoding="utf-8")
    for name in (LAST, f".{LAST}.part", BEST):
        (folder / name).unlink(missing_ok=True)


def load_result(
    recipe: Recipe, stage: str, modules: Mapping[str, nn.Module], *, part: str = ""
) -> dict[str, Any]:
    """Load the weights of a stage into the modules (evaluation mode) and return the figures.

    Parameters
    ----------
    part : str
        Which of the trainings of a stage that has several: a folder in that of the stage.

    Raises
    ------
    DataError
        If the stage is not done, or its folder is of other settings.
    """
    check_claim(recipe, stage)
    return load_from(recipe.folder(stage) / part, modules)


def load_from(folder: Path, modules: Mapping[str, nn.Module]) -> dict[str, Any]:
    """`load_result` from a folder, whatever its settings.

    Raises
    ------
    DataError
        If the folder holds no result, or that of other networks.
    """
    figures = load_figures(folder)
    try:
        state = load_file(folder / WEIGHTS)
    except (SafetensorError, OSError) as error:
        raise DataError(
            f"{folder / WEIGHTS} is damaged; remove {folder}, and the stage begins anew"
        ) from error
    for name, module in modules.items():
        prefix = f"{name}."
        own = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
        try:
            module.load_state_dict(own)
        except RuntimeError as error:
            raise DataError(
                f"{folder} is of a recipe with other networks: give another work=FOLDER, or remove it"
            ) from error
        module.eval()
    return figures


def load_figures(folder: Path) -> dict[str, Any]:
    """The figures of a stage.

    Raises
    ------
    DataError
        If the stage of this folder is not done.
    """
    if not is_done(folder):
        raise DataError(f"{folder} holds no result: run the stage {folder.name!r} first")
    path = folder / FIGURES
    try:
        figures = json.loads(read_text(path, "the figures of a stage", largest=LARGEST_FIGURES))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is damaged; remove {folder}, and the stage begins anew") from error
    if not isinstance(figures, dict):
        raise DataError(f"{path} is damaged; remove {folder}, and the stage begins anew")
    return figures

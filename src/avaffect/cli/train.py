"""`avaffect train`: a recipe and corpora in, a model out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ..errors import AvaffectError
from .progress import ProgressBars


def train(
    recipe: Annotated[Path, typer.Argument(help="A recipe (yaml).", show_default=False)],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(help="Replace what the recipe says: key=value or key.sub=value.", show_default=False),
    ] = None,
) -> None:
    """Train the model that a recipe describes.

    Needs `pip install 'avaffect[train]'`. Finished work is kept: started again after a stop, training goes on
    from the last finished epoch.

    Example: avaffect train recipes/hgrjca.default.yaml data=/path/to/corpora

    Example: avaffect train recipes/studyforrest/fusion.yaml store=features/forrest fusion.name=jca
    """
    try:
        from lightning.pytorch.utilities import rank_zero_only

        from ..train.run import read, run, stages_of
    except ModuleNotFoundError as error:
        raise AvaffectError(
            f"training needs {error.name}, which is not installed: pip install 'avaffect[train]'"
        ) from error
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    quiet = getattr(rank_zero_only, "rank", 0) != 0  # of several processes, one speaks
    folder = recipe
    for stage in stages_of(read(recipe, overrides or [])):
        with ProgressBars(unit="steps", quiet=quiet) as bars:
            folder = run(recipe, overrides or [], stages=[stage], hook=bars)
    Console(quiet=quiet).print(f"The model is in {escape(str(folder))}", highlight=False, soft_wrap=True)

"""`avaffect train`: a recipe and its data in, a model out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from ..errors import AvaffectError
from ..progress import Hook
from .printed import Console


def train(
    recipe: Annotated[Path, typer.Argument(help="A recipe (yaml).", show_default=False)],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(help="Replace what the recipe says: key=value or key.sub=value.", show_default=False),
    ] = None,
) -> None:
    """Train the model that a recipe describes.

    Needs `pip install 'avaffect[train]'`. Finished work is kept: started again after a stop, training goes on
    from the last finished epoch. Shows stage, epoch, loss and validation CCC as they come (on a terminal a
    bar, else a line an epoch), and the figures at the end.

    Example: avaffect train recipes/hgrjca.default.yaml data=/path/to/corpora

    Example: avaffect train recipes/studyforrest/fusion.yaml store=features/forrest fusion.name=jca
    """
    try:
        from lightning.pytorch.utilities import rank_zero_only

        from ..train import run
    except ModuleNotFoundError as error:
        raise AvaffectError(
            f"training needs {error.name}, which is not installed: pip install 'avaffect[train]'"
        ) from error
    quiet = getattr(rank_zero_only, "rank", 0) != 0  # of several processes, one speaks
    with display(quiet=quiet) as hook:
        folder = run(recipe, overrides or [], hook=hook)
    if quiet:
        return
    console = Console()
    for line in figures(folder):
        console.print(line, highlight=False)
    console.print(f"The model is in {escape(str(folder))}", highlight=False, soft_wrap=True)


def figures(folder: Path) -> list[str]:
    """The finished model's CCC on held-out data, a line each."""
    from ..model_folder import read_spec

    shown = [
        (name.removeprefix("fusion/"), value)
        for name, value in read_spec(folder).metrics.items()
        if name.startswith(("fusion/val/", "fusion/clean/fusion/", "fusion/corrupted/fusion/"))
    ]
    return [f"{name}: {value:.3f}" for name, value in shown]


@contextmanager
def display(*, quiet: bool = False) -> Iterator[Hook]:
    """Progress on stderr: bars where that is a terminal, else the lines of the log.

    Yields
    ------
    Hook
        For `avaffect.train.run`.
    """
    console = Console(stderr=True, quiet=quiet)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def hook(what: str, completed: float, total: float | None) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(escape(what), total=total, said="")
            bars.update(tasks[what], completed=completed, total=total or max(completed, 1.0))

        log = logging.getLogger("avaffect.train")
        handler = _Lines(console, bars, tasks)
        level, propagates = log.level, log.propagate
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False
        try:
            yield hook
        finally:
            log.removeHandler(handler)
            log.setLevel(level)
            log.propagate = propagates


class _Lines(logging.Handler):
    """What training logs: beside the bar of its stage, or as a line."""

    def __init__(self, console: Console, bars: Progress, tasks: dict[str, TaskID]) -> None:
        super().__init__()
        self.console, self.bars, self.tasks = console, bars, tasks

    def emit(self, record: logging.LogRecord) -> None:
        stage, _, rest = record.getMessage().partition(": ")
        if self.console.is_terminal and stage in self.tasks:
            self.bars.update(self.tasks[stage], said=escape(rest))
        else:
            self.console.print(escape(record.getMessage()), highlight=False, soft_wrap=True)

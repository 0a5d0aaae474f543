"""The progress bar of long work: on stderr, so that stdout stays for results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

Update = Callable[[float, float | None], None]


@contextmanager
def progress(label: str, unit: str = "s", *, quiet: bool = False) -> Iterator[Update]:
    """A bar with a label; yields the function that moves it, `update(done, total)` in ``unit``."""
    digits = ".1f" if unit == "s" else ".0f"
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn(f"{{task.completed:{digits}}}/{{task.total:{digits}}} {unit}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True, quiet=quiet)) as bar:
        task = bar.add_task(escape(label), total=1.0)

        def update(done: float, total: float | None) -> None:
            bar.update(task, completed=done, total=total or max(done, 1.0))

        yield update

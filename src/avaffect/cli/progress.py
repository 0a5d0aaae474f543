"""The progress bars of long work: on stderr, so that stdout stays for results."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Self

from rich.markup import escape
from rich.progress import BarColumn, Progress, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from .printed import Console


class ProgressBars:
    """A hook (`avaffect.progress.Hook`) that shows one bar for each thing it is told of.

    Use it as a context manager, so that the bars are taken off at the end.

    Parameters
    ----------
    unit : str
        What is counted: "s" for seconds of a recording.
    batch : str
        Name of the count that stands above the others, such as "files"; it counts whole things, and is not
        shown for a single one. When it moves on, the other bars are taken off.
    share : callable, optional
        Share of the batch that is done, which tells the time left better than the count does; what is done
        when it moves on is then taken off, and the other bars stay.
    quiet : bool
        Show nothing.

    Examples
    --------
    >>> with ProgressBars(batch="files", quiet=True) as hook:
    ...     hook("files", 0, 2)
    ...     hook("sessions/monday.mp4", 1.5, 60.0)
    ...     hook.rest()  # before something is printed
    """

    def __init__(
        self,
        *,
        unit: str = "s",
        batch: str = "",
        share: Callable[[], float] | None = None,
        quiet: bool = False,
    ) -> None:
        self.unit, self.batch, self.share = unit, batch, share
        self._console = Console(stderr=True, quiet=quiet)
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._of_batch: tuple[float, float] | None = None
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.rest()

    def __call__(self, what: str, completed: float, total: float | None) -> None:
        """Show how much is done; of a path, the last part is shown."""
        if what == self.batch:
            if total is None or total <= 1:
                return
            self._of_batch = completed, total
            self._drop_others()
        if self._bars is None:
            self._start()
        self._show(what, completed, total)

    def rest(self) -> None:
        """Leave the bars as they are, to print below them. The next call draws new ones."""
        if self._bars is not None:
            self._bars.stop()
        self._bars = None
        self._tasks.clear()

    def _drop_others(self) -> None:
        """Take the bars of what is done off: in a long batch they would fill the screen."""
        if self._bars is None:
            return
        done = [task.id for task in self._bars.tasks if self.share is None or task.finished]
        for what in [what for what, task in self._tasks.items() if what != self.batch and task in done]:
            self._bars.remove_task(self._tasks.pop(what))

    def _start(self) -> None:
        """A new display, the bar of the batch on top."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[amount]}"),
            _TimeLeft(self._left),
        )
        # Results are printed to stdout: they must not be led to the bars' console.
        self._bars = Progress(*columns, console=self._console, redirect_stdout=False)
        self._bars.start()
        if self._of_batch is not None:
            self._show(self.batch, *self._of_batch)

    def _show(self, what: str, completed: float, total: float | None) -> None:
        assert self._bars is not None
        unit = self.batch if what == self.batch else self.unit
        digits = ".1f" if unit == "s" else ".0f"
        whole = total or max(completed, 1.0)
        amount = f"{completed:{digits}}/{whole:{digits}} {unit}"
        if what not in self._tasks:
            name = escape(Path(what).name)
            self._tasks[what] = self._bars.add_task(name, total=whole, amount=amount, what=what)
        self._bars.update(self._tasks[what], completed=completed, total=whole, amount=amount)

    def _left(self, what: str) -> float | None:
        """Seconds left of the batch at the speed so far; None of anything else, and where it is not known."""
        share = self.share() if self.share is not None and what == self.batch else 0.0
        return (time.monotonic() - self._began) * (1 - share) / share if share > 0 else None


class _TimeLeft(TimeRemainingColumn):
    """The time left as a function tells it, otherwise by the bar's own speed."""

    def __init__(self, left: Callable[[str], float | None]) -> None:
        super().__init__()
        self._left = left

    def render(self, task: Task) -> Text:
        seconds = self._left(task.fields["what"])
        if seconds is None:
            return super().render(task)
        return Text(str(timedelta(seconds=round(seconds))), style="progress.remaining")

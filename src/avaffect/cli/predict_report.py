"""What `avaffect predict` says of its recordings, while it reads them and at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape

from ..errors import AvaffectError

if TYPE_CHECKING:
    from ..error_list import ErrorList
    from ..run.job import Outcome
    from .progress import ProgressBars


class Report:
    """Keeps what became of each recording, and prints it.

    Parameters
    ----------
    as_json : bool
        Print all results at the end as JSON, in place of each in words when it is done.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.skipped: list[Path] = []
        self.unread = 0
        self.failures: list[dict[str, str]] = []
        self.summaries: list[dict[str, Any]] = []
        self._console = Console()

    def add(self, source: Path, result: Outcome | AvaffectError, bars: ProgressBars) -> None:
        """Keep what became of a recording."""
        if isinstance(result, AvaffectError):
            text = str(result) if source.name in str(result) else f"{source}: {result}"
            self.failures.append({"file": str(source), "error": text})
            return
        outputs = [str(path) for path in result.outputs]
        self.summaries.append({**result.summary, "outputs": outputs})
        if not self.as_json:
            bars.rest()
            self._console.print(escape(result.description), highlight=False)
            self._console.print("Written: " + escape(", ".join(outputs)), highlight=False)

    def end(self, errors: ErrorList | None) -> None:
        """Print the results as JSON if that is wanted, and the failures; write the list of them."""
        if self.as_json:
            whole = {
                "results": self.summaries,
                "skipped": [str(path) for path in self.skipped],
                "errors": self.failures,
            }
            typer.echo(json.dumps(whole, indent=2))
        console = Console(stderr=True, soft_wrap=True)
        for failure in self.failures:
            console.print(f"[bold red]error:[/] {escape(failure['error'])}", highlight=False)
        if self.unread:
            console.print(f"ended at the first failure; not read: {self.unread} files")
        if errors is not None and self.failures:
            try:
                errors.write((failure["file"], failure["error"]) for failure in self.failures)
            except AvaffectError as error:
                console.print(f"the list of errors is missing: {escape(str(error))}", highlight=False)

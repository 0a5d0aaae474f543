"""What `avaffect predict` says of its recordings, while it reads them and at the end."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from ..address import Place
from ..errors import AvaffectError
from ..run.figures import COLUMNS
from ..run_table import RunTable
from .printed import Console, write_json

if TYPE_CHECKING:
    from ..outputs import Target
    from ..run.job import Left, Outcome
    from ..run.shard import Shard
    from .progress import ProgressBars

_SHOWN = 50  # rows of the summary that are printed

Row = dict[str, Any]


class Report:
    """Keeps what became of each recording, and prints it.

    Of one recording it is printed in words; of several, their table and the list of what failed are printed
    and written into the result folder. Both are in the order of the inputs, whichever was done first.

    Parameters
    ----------
    targets : sequence of Target
    out : Path or Address
        The result folder.
    shard : Shard or None
        Which part of the recordings is read: the tables are of this part, and their names say so.
    as_json : bool
        Print all results at the end as JSON.

    Attributes
    ----------
    error : str or None
        Why the whole run ended before its time.
    unread : int
        Recordings that are left then.
    """

    error: str | None = None
    unread: int = 0

    def __init__(
        self, targets: Sequence[Target], out: Place, *, shard: Shard | None = None, as_json: bool = False
    ) -> None:
        self.as_json = as_json
        self._many = len(targets) > 1
        self._place = {target.source: number for number, target in enumerate(targets)}
        self._rows: dict[Place, Row] = {}
        self._results: dict[Place, Row] = {}
        self._skipped: list[Place] = []
        self._errors: dict[Place, str] = {}
        taken = [path for target in targets for path in target.all_paths]
        part = f"-{shard.number}-of-{shard.count}" if shard else ""
        self._error_list = RunTable(out, f"errors{part}.csv", ("file", "error"), taken, keep=True)
        # Not csv: what reads all csv of the folder as results would take it for one.
        self._summary = RunTable(out, f"summary{part}.tsv", COLUMNS, taken, keep=True)
        self._console = Console()

    @property
    def failed(self) -> bool:
        """Whether any recording did."""
        return bool(self._errors)

    def skip(self, finished: Sequence[Left]) -> None:
        """Keep what was done by earlier runs."""
        for left in finished:
            self._skipped.append(left.target.source)
            self._rows[left.target.source] = _row(left.target.source, left.figures or {})

    def add(self, target: Target, result: Outcome | AvaffectError, bars: ProgressBars) -> None:
        """Keep what became of a recording."""
        source = target.source
        if self._many and not sys.stderr.isatty():  # a line a recording for a log; a terminal has moving bars
            bars.rest()
        if isinstance(result, AvaffectError):
            text = str(result) if source.name in str(result) else f"{source}: {result}"
            self._errors[source] = text
            self._rows[source] = _row(source, {"error": text})
            return
        outputs = [str(path) for path in result.outputs]
        self._results[source] = {**result.summary, "outputs": outputs}
        self._rows[source] = _row(source, result.figures)
        if not (self.as_json or self._many):
            bars.rest()
            self._console.print(escape(result.description), highlight=False)
            self._console.print("Written: " + escape(", ".join(outputs)), highlight=False)

    def end(self) -> None:
        """Print the results, and the failures; write the tables of a run on several recordings."""
        rows, errors = self._sorted(self._rows), self._sorted(self._errors)
        console = Console(stderr=True, soft_wrap=True)
        if self.as_json:
            failures = [{"file": str(source), "error": self._errors[source]} for source in errors]
            whole = {
                "results": [self._results[source] for source in self._sorted(self._results)],
                "skipped": [str(path) for path in self._skipped],
                "errors": failures,
                "error": self.error,
            }
            write_json(whole)
        elif self._many and rows:
            self._print([self._rows[source] for source in rows])
        for source in errors:
            console.print(f"[bold red]error:[/] {escape(self._errors[source])}", highlight=False)
        if self.unread:
            console.print(f"ended at the first failure; not read: {self.unread} files")
        try:
            if self._many or self._error_list.goes_on:
                self._error_list.write(((str(source), self._errors[source]) for source in errors), rows)
            if rows and (self._many or self._summary.goes_on):
                self._summary.write(list(self._rows[source].values()) for source in rows)
        except AvaffectError as error:
            console.print(f"the table of the run is missing: {escape(str(error))}", highlight=False)

    def _sorted(self, sources: Mapping[Place, Any]) -> list[Place]:
        return sorted(sources, key=self._place.__getitem__)

    def _print(self, rows: Sequence[Row]) -> None:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for number, heading in enumerate(
            ("recording", "seconds", "people", "valence", "arousal", "predicted")
        ):
            table.add_column(heading, justify="right" if number else "left", overflow="fold")
        for row in rows[:_SHOWN]:
            table.add_row(escape(row["file"]), *_cells(row))
        self._console.print(table)
        more = f"; {len(rows) - _SHOWN} more are" if len(rows) > _SHOWN else ""
        failed = f", {len(self._errors)} failed" if self._errors else ""
        self._console.print(
            f"{len(rows)} recordings{failed}{more} in {escape(str(self._summary.path))}",
            highlight=False,
            soft_wrap=True,
        )


def _row(source: Place, figures: Mapping[str, Any]) -> Row:
    return dict.fromkeys(COLUMNS) | {"file": str(source), **figures}


def _cells(row: Row) -> list[str]:
    if row["error"]:
        return ["failed", "", "", "", ""]
    if row["seconds"] is None:
        return [""] * 5
    means = [
        "" if (mean := row[f"{name}_mean"]) is None else f"{mean:+.2f}" for name in ("valence", "arousal")
    ]
    return [f"{row['seconds']:.1f}", str(row["people"]), *means, f"{100 * row['predicted_share']:.0f} %"]

"""A table of what was logged in training that a resumed run goes on with."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers.logger import Logger
from lightning.pytorch.utilities import rank_zero_only

from ..files import replacing


class MetricsTable(Logger):
    """A csv file with a row a step, in place of Lightning's `CSVLogger`, which deletes an earlier run's.

    A step that is logged drops every row behind it: those are of an epoch that a stopped run had begun and
    that is now trained again. The file is replaced atomically.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.rows: dict[int, dict[str, Any]] = {}
        if path.is_file():
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    self._add(int(row["step"]), {name: value for name, value in row.items() if value})

    @property
    def name(self) -> str:
        """As Lightning asks for it."""
        return self.path.stem

    @property
    def version(self) -> str:
        """One for all runs of a folder."""
        return ""

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """The recipe has them all."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Add to the row of a step."""
        at = max(self.rows, default=-1) + 1 if step is None else step
        self.rows = {known: row for known, row in self.rows.items() if known <= at}
        self._add(at, {"step": at, **metrics})

    @rank_zero_only
    def save(self) -> None:
        """Write the file; Lightning calls it whenever it has logged."""
        columns = list(dict.fromkeys(name for row in self.rows.values() for name in row))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self.path) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(self.rows.values())

    def _add(self, step: int, values: Mapping[str, Any]) -> None:
        self.rows.setdefault(step, {}).update(values)

"""Tables of a whole run in its result folder, such as the list of what failed."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from .files import replacing
from .result_names import key


class RunTable:
    """A table of a whole run in its result folder, under a name that is free there.

    Parameters
    ----------
    folder : Path
    name : str
        With the ending: ``.csv``, or ``.tsv`` for columns with tabs between.
    columns : sequence of str
        The first of them says which recording a row is of.
    taken : iterable of Path
        Names that are meant for something else.
    keep : bool
        The table goes on over several runs: rows of recordings that a run does not have stay. Else that of
        an earlier run is removed when this one begins.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        columns: Sequence[str],
        taken: Iterable[Path] = (),
        *,
        keep: bool = False,
    ) -> None:
        self.columns = tuple(columns)
        stem, ending = os.path.splitext(name)
        self.delimiter = "\t" if ending == ".tsv" else ","
        others = {key(os.path.abspath(path)) for path in taken}
        names = (f"{stem}{number}{ending}" for number in ("", *(f"_{k}" for k in range(2, 1000))))
        paths = (folder / each for each in names)
        self.path = next(p for p in paths if key(os.path.abspath(p)) not in others and self._is_free(p))
        self.earlier = self._read() if keep else []
        if not keep:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def write(self, rows: Iterable[Sequence[object]]) -> None:
        """Write the table, then the rows of earlier runs that are kept; None is an empty cell.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        rows = list(rows)
        own = {str(row[0]) for row in rows}
        rows += [row for row in self.earlier if row[0] not in own]
        with (
            replacing(self.path) as part,
            part.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file,
        ):
            csv.writer(file, delimiter=self.delimiter).writerows([self.columns, *rows])

    def _read(self) -> list[list[str]]:
        """The rows of an earlier run; none where they cannot be read."""
        try:
            with self.path.open(newline="", encoding="utf-8") as file:
                found = list(csv.reader(file, delimiter=self.delimiter))[1:]
        except (OSError, ValueError, csv.Error):
            return []
        return [row for row in found if len(row) == len(self.columns)]

    def _is_free(self, path: Path) -> bool:
        """No such file, or the table of an earlier run."""
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                return file.readline().strip() == self.delimiter.join(self.columns)
        except FileNotFoundError:
            return not path.is_symlink()
        except OSError:
            return False

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
    """A csv of a whole run in its result folder, named NAME.csv where that name is free.

    The table of an earlier run is removed when this one begins.

    Parameters
    ----------
    folder : Path
    name : str
        Without the ending.
    columns : sequence of str
    taken : iterable of Path
        Names that are meant for something else.
    """

    def __init__(self, folder: Path, name: str, columns: Sequence[str], taken: Iterable[Path] = ()) -> None:
        self.columns = tuple(columns)
        others = {key(os.path.abspath(path)) for path in taken}
        names = (f"{name}{number}.csv" for number in ("", *(f"_{k}" for k in range(2, 1000))))
        paths = (folder / each for each in names)
        self.path = next(p for p in paths if key(os.path.abspath(p)) not in others and self._is_free(p))
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def write(self, rows: Iterable[Sequence[object]]) -> None:
        """Write the table; None is an empty cell.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        with (
            replacing(self.path) as part,
            part.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file,
        ):
            csv.writer(file).writerows([self.columns, *rows])

    def _is_free(self, path: Path) -> bool:
        """No such file, or the table of an earlier run."""
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                return file.readline().strip() == ",".join(self.columns)
        except FileNotFoundError:
            return not path.is_symlink()
        except OSError:
            return False

"""The list of what failed in a run."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .files import replacing
from .result_names import key

_ERRORS = "errors"


class ErrorList:
    """The list of what failed in a run: a csv in the result folder, named errors.csv where that name is free.

    A list of an earlier run is removed when this one begins.

    Parameters
    ----------
    folder : Path
    what : str
        Heading of the first column; the second is "error".
    taken : iterable of Path
        Names that are meant for something else.
    """

    def __init__(self, folder: Path, what: str, taken: Iterable[Path] = ()) -> None:
        self._header = f"{what},error"
        self._what = what
        others = {key(os.path.abspath(path)) for path in taken}
        names = (f"{_ERRORS}{number}.csv" for number in ("", *(f"_{k}" for k in range(2, 1000))))
        paths = (folder / name for name in names)
        self.path = next(p for p in paths if key(os.path.abspath(p)) not in others and self._is_free(p))
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def write(self, errors: Iterable[tuple[str | Path, object]]) -> None:
        """Write the list.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        with (
            replacing(self.path) as part,
            part.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file,
        ):
            csv.writer(file).writerows([(self._what, "error"), *((str(w), str(e)) for w, e in errors)])

    def _is_free(self, path: Path) -> bool:
        """No such file, or a list of an earlier run."""
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                return file.readline().strip() == self._header
        except FileNotFoundError:
            return not path.is_symlink()
        except OSError:
            return False

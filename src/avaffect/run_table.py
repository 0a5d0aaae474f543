"""Tables of a whole run in its result folder, such as the list of what failed."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from .address import Address, Place, absolute
from .result_names import key
from .storage import exists, read_bytes, remove, write_bytes

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def _alone_in(folder: Place) -> Iterator[None]:
    """Wait until no other run writes its tables there; where a system or a store cannot tell, go on."""
    if fcntl is None or isinstance(folder, Address):
        yield
        return
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:  # it is not there yet
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


class RunTable:
    """A table of a whole run in its result folder, under a name that is free there.

    Parameters
    ----------
    folder : Path or Address
    name : str
        With the ending: ``.csv``, or ``.tsv`` for columns with tabs between.
    columns : sequence of str
        The first of them says which recording a row is of.
    taken : iterable of Path or Address
        Names that are meant for something else.
    keep : bool
        The table goes on over several runs: rows of recordings that a run does not have stay, also those of
        a run that goes on meanwhile. Else that of an earlier run is removed when this one begins.

    Attributes
    ----------
    path : Path or Address
    goes_on : bool
        Rows are kept, and there were some when this run began.
    """

    def __init__(
        self,
        folder: Place,
        name: str,
        columns: Sequence[str],
        taken: Iterable[Place] = (),
        *,
        keep: bool = False,
    ) -> None:
        self.columns = tuple(columns)
        stem, ending = os.path.splitext(name)
        self.delimiter = "\t" if ending == ".tsv" else ","
        others = {key(absolute(path)) for path in taken}
        names = (f"{stem}{number}{ending}" for number in ("", *(f"_{k}" for k in range(2, 1000))))
        paths = (folder / each for each in names)
        self.path = next(p for p in paths if key(absolute(p)) not in others and self._is_free(p))
        self.keep = keep
        self.goes_on = keep and bool(self._read())
        if not keep:
            remove(self.path)

    def write(self, rows: Iterable[Sequence[object]], own: Iterable[object] = ()) -> None:
        """Write the table, then the rows of other runs that are kept; None is an empty cell.

        A table without rows is none: one that is there is removed.

        Parameters
        ----------
        rows : iterable of sequences
        own : iterable
            Recordings of this run that may have no row: those of an earlier run are out of date.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        rows = list(rows)
        mine = {str(row[0]) for row in rows} | set(map(str, own))
        with _alone_in(self.path.parent):
            rows += [row for row in self._read() if row[0] not in mine] if self.keep else []
            if not rows:
                remove(self.path)
                return
            text = io.StringIO(newline="")
            csv.writer(text, delimiter=self.delimiter).writerows([self.columns, *rows])
            write_bytes(self.path, text.getvalue().encode("utf-8", "backslashreplace"))

    def _read(self) -> list[list[str]]:
        """The rows of an earlier run; none where they cannot be read."""
        try:
            text = io.StringIO(read_bytes(self.path).decode("utf-8"), newline="")
            found = list(csv.reader(text, delimiter=self.delimiter))[1:]
        except (OSError, ValueError, csv.Error):
            return []
        return [row for row in found if len(row) == len(self.columns)]

    def _is_free(self, path: Place) -> bool:
        """No such file, or the table of an earlier run."""
        try:
            first, _, _ = read_bytes(path).decode("utf-8", "replace").partition("\n")
            return first.strip() == self.delimiter.join(self.columns)
        except FileNotFoundError:
            return not exists(path)
        except OSError:
            return False

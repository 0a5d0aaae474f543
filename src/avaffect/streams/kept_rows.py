"""Rows that are added while a recording is read, and read again at its end, in little memory."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile, gettempdir

import numpy as np

from ..errors import DataError

_IN_MEMORY = 2**22
"""Bytes; what is more lies in a temporary file."""


class KeptRows:
    """Rows (n, d) float16, one after the other.

    >>> rows = KeptRows(2)
    >>> rows.add(np.ones((3, 2)))
    >>> rows.add(np.zeros((1, 2)))
    >>> len(rows), rows.lowest
    (4, 0.0)
    >>> rows.read(2, 4).tolist()
    [[1.0, 1.0], [0.0, 0.0]]

    Parameters
    ----------
    dim : int
        Values in a row.

    Attributes
    ----------
    lowest : float
        The smallest value so far; infinity before the first.
    """

    def __init__(self, dim: int) -> None:
        self.dim, self.lowest = dim, float("inf")
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - `close` closes it
        self._row = dim * np.dtype(np.float16).itemsize
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, rows: np.ndarray) -> None:
        """Add rows (n, d).

        Raises
        ------
        DataError
            If there is no room for the temporary file.
        """
        if not len(rows):
            return
        half = rows.astype(np.float16)
        self.lowest = min(self.lowest, float(half.min()))
        try:
            self._file.seek(self._count * self._row)
            self._file.write(half.tobytes())
        except OSError as error:
            raise DataError(
                f"{gettempdir()}: a temporary file cannot be written ({error.strerror}); "
                "free some space there, or set TMPDIR to another folder"
            ) from error
        self._count += len(rows)

    def read(self, first: int, last: int) -> np.ndarray:
        """Rows ``first`` to ``last``, as many of them as there are, float16."""
        self._file.seek(first * self._row)
        read = self._file.read(max(0, min(last, self._count) - first) * self._row)
        return np.frombuffer(read, np.float16).reshape(-1, self.dim)

    def blocks(self, size: int) -> Iterator[np.ndarray]:
        """All rows, ``size`` at a time."""
        return (self.read(first, first + size) for first in range(0, self._count, size))

    def close(self) -> None:
        """Let go of them."""
        self._file.close()

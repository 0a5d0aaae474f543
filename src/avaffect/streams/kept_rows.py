"""Rows that are added while a recording is read, and read again at its end, in little memory."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile, gettempdir
from weakref import finalize

import numpy as np

from ..errors import DataError

_IN_MEMORY = 2**22
"""Bytes; what is more lies in a temporary file."""


class KeptRows:
    """Rows (n, d), one after the other; a slice of them is an array.

    >>> rows = KeptRows(np.float16)
    >>> rows.add(np.ones((3, 2)))
    >>> rows.add(np.zeros((1, 2)))
    >>> rows.shape, rows.lowest
    ((4, 2), 0.0)
    >>> rows[2:4].tolist()
    [[1.0, 1.0], [0.0, 0.0]]

    Parameters
    ----------
    dtype : type
        Of the values.

    Attributes
    ----------
    dtype : np.dtype
    lowest : float
        The smallest value so far; infinity before the first.
    """

    def __init__(self, dtype: type[np.floating]) -> None:
        self.dtype, self.lowest = np.dtype(dtype), float("inf")
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - `close` closes it
        self._count = self._dim = 0
        self.close = finalize(self, self._file.close)
        """Let go of them; it happens by itself when nobody has them any more."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows, and of values in each; (0, 0) before the first."""
        return self._count, self._dim

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
        self._dim = rows.shape[1]
        kept = rows.astype(self.dtype, copy=False)
        self.lowest = min(self.lowest, float(kept.min(initial=np.inf)))
        try:
            self._file.seek(self._count * self._row)
            self._file.write(kept.tobytes())
        except OSError as error:
            raise DataError(
                f"{gettempdir()}: a temporary file cannot be written ({error.strerror}); "
                "free some space there, or set TMPDIR to another folder"
            ) from error
        self._count += len(rows)

    def __getitem__(self, place: slice) -> np.ndarray:
        """Rows of a slice without steps, as many of them as there are; read-only."""
        first, last, _ = place.indices(self._count)
        count = max(0, last - first)
        self._file.seek(first * self._row)
        read = self._file.read(count * self._row)
        return np.frombuffer(read, self.dtype).reshape(count, self._dim)

    def blocks(self, size: int) -> Iterator[np.ndarray]:
        """All rows, ``size`` at a time."""
        return (self[first : first + size] for first in range(0, self._count, size))

    @property
    def _row(self) -> int:
        """Bytes of a row."""
        return self._dim * self.dtype.itemsize

"""Reading .npz files that must hold certain arrays."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError


def read_npz(path: Path, keys: Sequence[str], *, optional: Sequence[str] = ()) -> dict[str, NDArray]:
    """Arrays of an archive, never unpickling anything.

    Raises
    ------
    DataError
        If the file is missing, no archive, lacks one of ``keys``, or holds pickled objects.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [key for key in keys if key not in archive.files]
            if missing:
                raise DataError(f"{path}: no {missing[0]!r} inside; it has {', '.join(archive.files[:12])}")
            return {key: archive[key] for key in (*keys, *optional) if key in archive.files}
    except (OSError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path}: not readable as an .npz of plain arrays ({' '.join(str(error).split())})"
        ) from error

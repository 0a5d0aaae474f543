"""Arrays of .npz files that somebody else wrote: plain, as large as the file says, of the shape asked for."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from numpy.lib import format as npy
from numpy.typing import NDArray

from .errors import DataError
from .schema import printable

LARGEST = 8_000_000_000
"""Bytes of all arrays of a file together, unpacked."""

_UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
)


@dataclass(frozen=True)
class Expected:
    """What an array is expected to be.

    Attributes
    ----------
    kinds : str
        Letters of `numpy.dtype.kind`: ``"f"`` floating, ``"iu"`` whole numbers, ``"b"`` bool, ``"U"`` text.
    shape : tuple of (int, str or None), optional
        Sizes of its axes: a number, any (None), or a name, whose size is the same wherever it stands. None:
        any shape.
    """

    kinds: str
    shape: tuple[int | str | None, ...] | None = None


NUMBERS = "fiub"


def read_npz(
    path: Path, arrays: Mapping[str, Expected], *, optional: Mapping[str, Expected] | None = None
) -> dict[str, NDArray]:
    """Arrays of an .npz file. Pickled objects are refused, since opening one can run any code.

    Parameters
    ----------
    path : Path
    arrays, optional : mapping of str to Expected
        Arrays that must be there, and arrays that may be.

    Raises
    ------
    DataError
        If the file is missing or no .npz, lacks one of ``arrays``, holds more than `LARGEST` bytes or pickled
        objects, or an array is of another kind or shape.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            inside = {name.removesuffix(".npy"): name for name in archive.namelist()}
            for key in arrays:
                if key not in inside:
                    raise DataError(
                        f"{path}: no {key!r} inside; it has {', '.join(map(printable, list(inside)[:12]))}"
                    )
            wanted = {key: each for key, each in {**arrays, **(optional or {})}.items() if key in inside}
            size = sum(archive.getinfo(inside[key]).file_size for key in wanted)
            if size > LARGEST:
                raise DataError(f"{path}: {size:,} bytes unpacked; expected {LARGEST:,} at most")
            found = {key: _read(archive, inside[key]) for key in wanted}
    except _UNREADABLE as error:
        raise DataError(
            f"{path}: not readable as an .npz of plain arrays ({' '.join(str(error).split())[:200]})"
        ) from error
    sizes: dict[str, int] = {}
    for key, each in wanted.items():
        if fault := _fault(found[key], each, sizes):
            raise DataError(f"{path}: {key}: {fault}")
    return found


def read_npy(path: Path, expected: Expected) -> NDArray:
    """The array of an .npy file, checked as those of an .npz file.

    Raises
    ------
    DataError
        If the file is missing or no .npy, holds pickled objects or another size than it declares, or the
        array is of another kind or shape.
    """
    try:
        with path.open("rb") as file:
            _check_size(file, path.stat().st_size, path.name)
            file.seek(0)
            found: NDArray = npy.read_array(file, allow_pickle=False)
    except _UNREADABLE as error:
        raise DataError(
            f"{path}: not readable as an .npy of a plain array ({' '.join(str(error).split())[:200]})"
        ) from error
    if fault := _fault(found, expected, {}):
        raise DataError(f"{path}: {fault}")
    return found


def names_in(path: Path) -> list[str]:
    """Names of the arrays of an .npz file.

    Raises
    ------
    DataError
        If it is none.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except _UNREADABLE as error:
        raise DataError(
            f"{path}: not readable as an .npz of plain arrays ({' '.join(str(error).split())[:200]})"
        ) from error


def _read(archive: zipfile.ZipFile, name: str) -> NDArray:
    """One array; what its header declares has to be there before memory is asked for."""
    with archive.open(name) as file:
        _check_size(file, archive.getinfo(name).file_size, name)
    with archive.open(name) as file:
        return npy.read_array(file, allow_pickle=False)


def _check_size(file: IO[bytes], size: int, name: str) -> None:
    """Check that an .npy file of so many bytes holds what its header declares."""
    version = npy.read_magic(file)
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = header(file)
    left = size - file.tell()
    count = 1
    for length in shape:
        count *= length
    if not dtype.hasobject and count * dtype.itemsize != left:
        raise ValueError(f"{name} declares {count:,} values, and holds {left:,} bytes")


def _fault(values: NDArray, expected: Expected, sizes: dict[str, int]) -> str:
    """What is wrong with an array; sizes that have a name are kept in ``sizes``."""
    if values.dtype.kind not in expected.kinds:
        return f"it holds {values.dtype}; expected {' or '.join(_KINDS[kind] for kind in expected.kinds)}"
    if expected.shape is None:
        return ""
    if values.ndim != len(expected.shape):
        return f"its shape is {values.shape}; expected {len(expected.shape)} axes"
    for place, (axis, length) in enumerate(zip(expected.shape, values.shape, strict=True)):
        wanted = sizes.setdefault(axis, length) if isinstance(axis, str) else axis
        if wanted not in (None, length):
            return f"its shape is {values.shape}; expected {wanted} on axis {place}"
    return ""


_KINDS = {"f": "floating point", "i": "whole numbers", "u": "whole numbers from 0", "b": "bool", "U": "text"}

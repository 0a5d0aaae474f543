"""The orientation that a camera writes into a photograph: EXIF, tag 0x0112 (CIPA DC-008)."""

from __future__ import annotations

import struct

_ORIENTATION, _SHORT = 0x0112, 3
_MOST_ENTRIES = 512

# By the tag's value, what `avaffect.media.picture.Decoded` has: where the stored right and down are shown.
_MATRICES = {
    1: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),  # mirrored
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),  # upside down, mirrored
    5: (0, 1, 1, 0),  # on its side, mirrored
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),  # on the other side, mirrored
    8: (0, -1, 1, 0),
}


def exif_orientation(head: bytes) -> tuple[int, int, int, int] | None:
    """The orientation in the first bytes of a JPEG or PNG file; None if they hold none.

    >>> tiff = b"II*\\0" + struct.pack("<IHHHIHH", 8, 1, 0x0112, 3, 1, 5, 0)
    >>> exif_orientation(b"\\xff\\xd8\\xff\\xe1\\0\\x22Exif\\0\\0" + tiff)
    (0, 1, 1, 0)
    """
    for mark in (b"Exif\0\0", b"eXIf"):
        at = head.find(mark)
        if at >= 0:
            return _MATRICES.get(_tag(head[at + len(mark) :]))
    return None


def _tag(tiff: bytes) -> int:
    """The value of the tag in the first directory of a TIFF header; 0 if it is not there."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 0
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for entry in range(min(count, _MOST_ENTRIES)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * entry)
            if (tag, kind) == (_ORIENTATION, _SHORT):
                return int(value)
    except struct.error:  # cut off, or damaged
        return 0
    return 0

"""Reading a text file that someone else wrote, whatever its encoding."""

from __future__ import annotations

import codecs
import stat
from collections.abc import Iterable
from pathlib import Path

from .errors import DataError

MAX_BYTES = 512 * 2**20
"""A larger file is refused before any of it is read: no table of labels is that long."""

# The mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_bytes(path: Path, limit: int | None = None) -> bytes:
    """A file's bytes, at most the first ``limit`` of them.

    Raises
    ------
    DataError
        If it is not there, may not be read, is a folder, a device or a pipe, or is larger than `MAX_BYTES`.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            what = "a folder" if stat.S_ISDIR(about.st_mode) else "a device or a pipe"
            raise DataError(f"cannot read {path}: it is {what}; give a file")
        if limit is None and about.st_size > MAX_BYTES:
            raise DataError(
                f"cannot read {path}: it has {about.st_size:,} bytes, a text has at most {MAX_BYTES:,}"
            )
        with path.open("rb") as file:
            return file.read(MAX_BYTES if limit is None else limit)
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read ({reason}); check its name and permissions") from error


def read_text(path: Path, limit: int | None = None) -> str:
    """A text file's content, at most of its first ``limit`` bytes.

    The encoding is what its byte order mark says (UTF-8, UTF-16, UTF-32); without one it is UTF-8, or
    Windows-1252 if it is no UTF-8.

    Raises
    ------
    DataError
        As `read_bytes`, or if it is no text.
    """
    raw = read_bytes(path, limit)
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    text = _decoded(raw, encoding, whole=limit is None)
    if text is None or "\0" in text:
        raise DataError(f"cannot read {path}: it holds no text; expected a text file")
    return text


def one_line(text: str, limit: int = 40) -> str:
    """The begin of a text for a message, without line breaks.

    >>> one_line("a\\n  b"), one_line("a" * 50, 5)
    ('a b', 'aaaaa...')
    """
    joined = " ".join(text[: 4 * limit].split())
    return joined if len(joined) <= limit else f"{joined[:limit]}..."


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names in one line; of many, the first ones.

    >>> listed(["a", "b"]), listed("abcdefghij", 3)
    ('a, b', 'a, b, c and 7 more')
    """
    found = [one_line(name) for name in names]
    more = len(found) - most
    return ", ".join(found[:most]) + (f" and {more} more" if more > 0 else "")


def _decoded(raw: bytes, encoding: str | None, *, whole: bool) -> str | None:
    for name in (encoding,) if encoding else ("utf-8", "cp1252", "latin-1"):
        try:
            # The end of a part may lie within a character.
            return codecs.getincrementaldecoder(name)().decode(raw, final=whole)
        except (UnicodeDecodeError, UnicodeError):
            continue
    return None

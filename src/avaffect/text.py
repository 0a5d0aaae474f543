"""Reading a text file that someone else wrote, whatever its encoding."""

from __future__ import annotations

import codecs
import stat
from collections.abc import Iterable
from pathlib import Path

from .errors import AvaffectError, DataError, advice

MAX_BYTES = 512 * 2**20
"""A larger file is refused: no table of labels is that long."""

# The mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx, ods, docx and other archives; xls, doc


def read_bytes(
    path: Path,
    what: str = "",
    *,
    head: int | None = None,
    largest: int = MAX_BYTES,
    error: type[AvaffectError] = DataError,
) -> bytes:
    """A file's bytes, within bounds.

    Parameters
    ----------
    path : Path
    what : str
        What the file is, for messages: ``"the recipe"``.
    head : int, optional
        Read at most so many bytes, of a file of any size.
    largest : int
        A file of more bytes is refused.
    error : type of AvaffectError
        What is raised.

    Raises
    ------
    AvaffectError
        If it is not there, may not be read, is a folder, a device or a pipe, or is too large.
    """
    cannot = _cannot_read(what)
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            kind = "a folder" if stat.S_ISDIR(about.st_mode) else "a device or a pipe"
            raise error(f"{path}: {cannot}: it is {kind}; give a file")
        with path.open("rb") as file:
            raw = file.read(largest + 1 if head is None else head)
    except OSError as fault:
        raise error(f"{path}: {cannot} ({fault.strerror or fault}); {advice(fault)}") from fault
    except ValueError as fault:  # a name with a NUL in it
        raise error(f"{str(path)!r}: {cannot} ({fault}); check its name") from fault
    if head is None and len(raw) > largest:
        raise error(f"{path}: {cannot}: it is larger than {largest:,} bytes, so it is something else")
    return raw


def read_text(
    path: Path,
    what: str = "",
    *,
    head: int | None = None,
    largest: int = MAX_BYTES,
    error: type[AvaffectError] = DataError,
) -> str:
    """A text file's content; with ``head``, of at most so many of its first bytes.

    The encoding is what its byte order mark says (UTF-8, UTF-16, UTF-32); without one it is UTF-8, or
    Windows-1252 if it is no UTF-8. The parameters are those of `read_bytes`.

    Raises
    ------
    AvaffectError
        As `read_bytes`, or if it is no text.
    """
    raw = read_bytes(path, what, head=head, largest=largest, error=error)
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    text = _decoded(raw, encoding, whole=head is None)
    if text is not None and "\0" not in text:
        return text
    cannot = _cannot_read(what)
    if raw.startswith(_OFFICE):
        raise error(f"{path}: {cannot}: it is an office file or an archive; save it as text, a table as csv")
    raise error(f"{path}: {cannot}: it holds no text; expected a text file")


def first_line(text: str) -> str:
    """The first line of a text, whatever ends it.

    >>> first_line("a,b\\r1,2\\r"), first_line("")
    ('a,b', '')
    """
    return next(iter(text.splitlines()), "")


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


def _cannot_read(what: str) -> str:
    return f"cannot read {what}" if what else "cannot be read"


def _decoded(raw: bytes, encoding: str | None, *, whole: bool) -> str | None:
    for name in (encoding,) if encoding else ("utf-8", "cp1252", "latin-1"):
        try:
            # The end of a part may lie within a character.
            return codecs.getincrementaldecoder(name)().decode(raw, final=whole)
        except (UnicodeDecodeError, UnicodeError):
            continue
    return None

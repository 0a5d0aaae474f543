"""Text files of others: any encoding, within bounds, and each mistake is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from avaffect.errors import ModelError
from avaffect.text import read_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x"
    path.write_bytes("für\n".encode(encoding))
    assert read_text(path) == "für\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\x80", "it holds no text"),
        (b"a\0b", "it holds no text"),
        (b"a" * 11, "it is larger than 10 bytes"),
        (b"PK\x03\x04\0\0", "it is an office file or an archive"),
    ],
)
def test_text_that_is_none(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=f"{path}: cannot read the thing: {message}"):
        read_text(path, "the thing", largest=10, error=ModelError)


def test_the_head_of_a_file_of_any_size(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes("aü".encode() * 100)
    assert read_text(path, head=5, largest=10) == "aüa"  # the next character is cut


@pytest.mark.parametrize("name", ["none", "/dev/zero", ".", "a\0b", "x" * 300])
def test_files_that_cannot_be_read(name: str) -> None:
    with pytest.raises(ModelError, match="cannot read the thing") as caught:
        read_text(Path(name), "the thing", error=ModelError)
    assert "\n" not in str(caught.value)

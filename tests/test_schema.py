"""What others wrote is read within bounds, and each mistake is one short line."""

from __future__ import annotations

from pathlib import Path

import pytest

from avaffect.errors import DataError
from avaffect.schema import LARGEST_TEXT, read_text, short


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\x80", "not text in UTF-8"),
        (b"a" * (LARGEST_TEXT + 1), "larger than 1,000,000 bytes"),
    ],
)
def test_text_that_is_none(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"{path}: cannot read the thing.*{message}"):
        read_text(path, DataError, "the thing")


@pytest.mark.parametrize("name", ["none", "/dev/zero", ".", "a\0b", "x" * 300])
def test_files_that_cannot_be_read(name: str) -> None:
    with pytest.raises(DataError, match="cannot read the thing") as caught:
        read_text(Path(name), DataError, "the thing")
    assert "\n" not in str(caught.value)


def test_values_are_short_in_messages() -> None:
    nested: list[object] = ["a" * 1000]
    for _ in range(50):
        nested = [nested] * 10
    circle: list[object] = []
    circle.append(circle)
    for value in (nested, circle, "x\ny" * 1000, 10**5000, {"a": {"b": {"c": {"d": 1}}}}, None):
        assert len(short(value)) <= 200
        assert "\n" not in short(value)

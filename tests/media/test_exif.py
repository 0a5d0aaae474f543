"""Photographs stand as their EXIF says, mirrored ones too; Pillow is the reference."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avaffect.media import frames, picture
from avaffect.media.exif import exif_orientation
from avaffect.media.picture import orientation, upright

Image = pytest.importorskip("PIL.Image")
ImageOps = pytest.importorskip("PIL.ImageOps")


def photo(value: int, kind: str = "JPEG") -> bytes:
    """A photograph of four colours, 96 x 64 as stored, with an orientation in its EXIF."""
    stored = np.zeros((64, 96, 3), np.uint8)
    stored[:32, :48], stored[:32, 48:], stored[32:, :48] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "a maker", value
    file = io.BytesIO()
    Image.fromarray(stored).save(file, kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))
    return file.getvalue()


@pytest.mark.parametrize("value", range(1, 9))
def test_each_orientation_of_a_file(tmp_path: Path, value: int) -> None:
    content = photo(value)
    (tmp_path / "photo.jpg").write_bytes(content)
    (frame,) = frames(tmp_path / "photo.jpg")
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    assert frame.image.shape == (*expected.size[::-1], 3)
    assert np.abs(frame.image.astype(int) - np.asarray(expected)).mean() < 5


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("value", range(1, 9))
def test_each_orientation_of_an_image(value: int, kind: str) -> None:
    content = photo(value, kind)
    stored = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    matrix = exif_orientation(content)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    np.testing.assert_array_equal(upright(stored, matrix), np.asarray(expected))


def test_without_exif_the_rotation_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(frame: object) -> dict:
        raise ValueError("no such kind")

    frame = SimpleNamespace(rotation=90)
    monkeypatch.setattr(picture, "SideDataContainer", unknown)
    assert orientation(frame, lambda: None) == (0, -1, 1, 0)
    assert orientation(frame, lambda: (0, 1, 1, 0)) == (0, 1, 1, 0)
    monkeypatch.setattr(picture, "SideDataContainer", lambda frame: {})
    assert orientation(frame, lambda: (0, 1, 1, 0)) is None


@given(st.binary(max_size=60))
def test_damaged_exif_is_none_or_an_orientation(content: bytes) -> None:
    for mark in (b"Exif\0\0II*\0", b"eXIfMM\0*"):
        for directory in (b"", struct.pack("<IH", 8, 65535), struct.pack(">IH", 2**31, 1)):
            found = exif_orientation(mark + directory + content)
            assert found is None or sorted(map(abs, found)) == [0, 0, 1, 1]

"""An .npz file is what was asked for, or one line says what it is."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avaffect.errors import DataError
from avaffect.npz import Expected, names_in, read_npy, read_npz

WANTED = {"x": Expected("f", ("n", 2)), "y": Expected("iu", ("n",))}


def test_what_fits_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    arrays = {"x": np.ones((3, 2)), "y": np.arange(3), "z": np.zeros(1)}
    np.savez_compressed(path, **arrays)
    found = read_npz(path, WANTED, optional={"z": Expected("f"), "none": Expected("f")})
    assert found.keys() == arrays.keys() == set(names_in(path))
    for name, values in arrays.items():
        np.testing.assert_array_equal(found[name], values)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.ones((3, 2))}, "no 'y' inside; it has x"),
        ({"x": np.ones((3, 2)), "y": np.ones(3)}, "y: it holds float64; expected whole numbers"),
        ({"x": np.ones((3, 2)), "y": np.arange(4)}, r"y: its shape is \(4,\); expected 3 on axis 0"),
        ({"x": np.ones((3, 1)), "y": np.arange(3)}, r"x: its shape is \(3, 1\); expected 2 on axis 1"),
        ({"x": np.ones(3), "y": np.arange(3)}, r"x: its shape is \(3,\); expected 2 axes"),
        ({"x": np.array([{}]), "y": np.arange(3)}, "not readable as an .npz of plain arrays"),
    ],
)
def test_what_does_not(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=message):
        read_npz(tmp_path / "a.npz", WANTED)


def test_sizes_that_are_declared_only(tmp_path: Path) -> None:
    """A header of 100 bytes that asks for 8 TB."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 2)}"
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
        archive.writestr("y.npy", b"")
    with pytest.raises(DataError, match="x.npy declares 2,000,000,000,000 values, and holds 0 bytes"):
        read_npz(tmp_path / "a.npz", WANTED)


def test_more_than_any_corpus_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed(tmp_path / "a.npz", x=np.ones((5000, 2)), y=np.arange(5000))
    monkeypatch.setattr("avaffect.npz.LARGEST", 100_000)
    with pytest.raises(DataError, match="bytes unpacked; expected 100,000 at most"):
        read_npz(tmp_path / "a.npz", WANTED)


@given(data=st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_byte_changed_gives_arrays_or_a_line(tmp_path: Path, data: st.DataObject) -> None:
    path, fault = tmp_path / "a.npz", ""
    np.savez_compressed(path, x=np.ones((3, 2)), y=np.arange(3))
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    rest = content[place + data.draw(st.integers(0, 4)) :]
    path.write_bytes(content[:place] + data.draw(st.binary(max_size=4)) + rest)
    try:
        read_npz(path, WANTED)
    except DataError as error:
        fault = str(error)
    assert "\n" not in fault


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones((3, 2)), None),
        (np.ones((2, 2)), r"its shape is \(2, 2\); expected 3 on axis 0"),
        (np.ones((3, 2), int), "it holds int64; expected floating point"),
        (np.array([{}]), "not readable as an .npy of a plain array"),
    ],
)
def test_one_array(tmp_path: Path, array: np.ndarray, message: str | None) -> None:
    path = tmp_path / "a.npy"
    np.save(path, array)
    if message is None:
        np.testing.assert_array_equal(read_npy(path, Expected("f", (3, 2))), array)
        return
    with pytest.raises(DataError, match=message):
        read_npy(path, Expected("f", (3, 2)))


@pytest.mark.parametrize("change", [lambda raw: raw[:-8], lambda raw: raw[:20], lambda raw: raw + b"x" * 8])
def test_an_array_of_another_size_than_declared(tmp_path: Path, change) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.ones((3, 2)))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DataError, match="not readable as an .npy of a plain array"):
        read_npy(path, Expected("f", (3, 2)))

"""Rows come back as they were, from memory and from the disk."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.errors import DataError
from avaffect.streams import kept_rows
from avaffect.streams.kept_rows import KeptRows


@pytest.fixture(params=[2**22, 64], ids=["memory", "disk"])
def rows(request, monkeypatch):
    monkeypatch.setattr(kept_rows, "_IN_MEMORY", request.param)
    rows = KeptRows(np.float16)
    yield rows
    rows.close()


def test_rows_come_back(rows):
    given = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float16)
    for part in np.split(given, [1, 1, 7, 30]):
        rows.add(part)
    assert len(rows) == 50
    assert rows.lowest == given.min()
    np.testing.assert_array_equal(rows[5:20], given[5:20])
    np.testing.assert_array_equal(rows[45:99], given[45:])
    assert rows[60:70].shape == (0, 3)
    rows.add(given[:4])  # after it was read
    np.testing.assert_array_equal(np.concatenate([*rows.blocks(8)]), np.concatenate([given, given[:4]]))


def test_a_full_disk_is_told(rows, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rows, "_file", type("File", (), {"seek": full, "close": lambda _: None})())
    with pytest.raises(DataError, match=r"No space left on device.*TMPDIR"):
        rows.add(np.ones((2, 3)))

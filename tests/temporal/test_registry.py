"""Temporal models by name: what all of them must do."""

from __future__ import annotations

import pytest
import torch

from avaffect.errors import ModelError
from avaffect.temporal import create_temporal, list_temporal

NAMES = ["blstm", "tcn"]


def test_names() -> None:
    assert list_temporal() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_shape_batch_and_autocast(name: str) -> None:
    torch.manual_seed(0)
    model = create_temporal(name, 6, 8).eval()
    x = torch.randn(3, 11, 6)
    mask = torch.rand(3, 11) > 0.3
    y = model(x, mask)
    assert y.shape == (3, 11, 8)
    torch.testing.assert_close(model(x[1:2], mask[1:2]), y[1:2])
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(model(x, mask).float(), y, rtol=0.1, atol=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_export(name: str) -> None:
    """Batch and time stay open, also behind a recurrence."""
    model = create_temporal(name, 6, 8).eval()
    shape = {0: torch.export.Dim("batch"), 1: torch.export.Dim("time", min=2)}
    given = (torch.randn(3, 7, 6), torch.rand(3, 7) > 0.3)
    program = torch.export.export(model, given, dynamic_shapes=(shape, shape)).module()
    other = (torch.randn(2, 12, 6), torch.rand(2, 12) > 0.3)
    torch.testing.assert_close(program(*other), model(*other))


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ModelError, match="'blsmt'; did you mean 'blstm'"):
        create_temporal("blsmt", 4, 4)
    with pytest.raises(ModelError, match="no option 'level'; did you mean 'levels'"):
        create_temporal("tcn", 4, 4, level=3)

"""Networks that a file asks for are counted before memory is asked for."""

from __future__ import annotations

import pytest
import torch

from avaffect.construction import constructing
from avaffect.encoder import create_encoder
from avaffect.errors import ModelError
from avaffect.fusion import create_fusion
from avaffect.temporal import create_temporal


def test_what_fits_is_as_without() -> None:
    torch.manual_seed(0)
    free = create_temporal("tcn", 8, 8)
    torch.manual_seed(0)
    with constructing("x", largest=10_000):
        bound = create_temporal("tcn", 8, 8)
    for ours, theirs in zip(free.parameters(), bound.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: create_temporal("tcn", 8, 8, levels=10**9), "a network of more than"),
        (lambda: create_temporal("tcn", 8, 10**9, levels=1), "a network of more than"),
        (lambda: create_temporal("blstm", 8, 10**9), "a network of more than"),
        (lambda: create_encoder("face", dim=2 * 10**9), "a network of more than"),
        (lambda: create_encoder("face", widths=[]), "does not take these options: IndexError"),
        (lambda: create_encoder("face", dropout=3), "does not take these options: ValueError"),
        (lambda: create_encoder("face", widths="ab"), "widths: Input should be a valid array"),
        (lambda: create_temporal("tcn", 8, 8, levels="4"), "levels: Input should be a valid integer"),
        (lambda: create_fusion("hgrjca", dims=DIMS, iterations=10**9), "iterations=.*expected 100 or less"),
        (lambda: create_fusion("hgrjca", dims=DIMS, iterations=True), "iterations: Input should be a valid"),
        (lambda: create_fusion("hgrjca", dims=DIMS, share_steps="no"), "share_steps: Input should be a val"),
        (lambda: create_fusion("transformer", dims=DIMS, layers=10**9), "a network of more than"),
        (lambda: create_fusion("jca", dims=DIMS, name=3), "no network can be built.*TypeError"),
    ],
)
def test_what_does_not_fit(build, message) -> None:
    with pytest.raises(ModelError, match=f"a spec: .*{message}") as caught, constructing("a spec"):
        build()
    assert "\n" not in str(caught.value)


DIMS = {"audio": 8, "visual": 8}

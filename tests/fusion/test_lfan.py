"""Leader-follower attention against its equation."""

from __future__ import annotations

import pytest

from . import reference_others as others
from .cases import THREE, build
from .equations import compare


@pytest.mark.parametrize("leader", ["audio", "text"])
def test_lfan(leader: str) -> None:
    def expected(w, x, masks):
        features, received = others.lfan(w, x, masks, leader=leader, width=32, heads=2)
        own = features[:, : THREE[leader]]
        own[~masks[leader]] = w[f"absent.{leader}"]
        return {"features": features, "modality": received}

    compare(build("lfan", {"leader": leader}, THREE), expected)

"""Dense joint co-attention against its equation."""

from __future__ import annotations

import pytest

from . import reference_others as others
from .cases import WINDOW, build
from .equations import compare, joined


@pytest.mark.parametrize("query", ["linear", "joint"])
@pytest.mark.parametrize("mixing", ["feature", "time"])
def test_coattention(mixing: str, query: str) -> None:
    window = WINDOW if mixing == "time" else None

    def expected(w, x, masks):
        attended = others.coattention(w, x, masks, layers=2, window=window is not None)
        return {"features": joined(w, attended, masks)}

    compare(build("coattention", {"layers": 2, "mixing": mixing, "window": window, "query": query}), expected)

"""The plain transformer against its equation."""

from __future__ import annotations

from . import reference_others as others
from .cases import THREE, build
from .equations import compare, joined


def test_transformer() -> None:
    def expected(w, x, masks):
        tokens = others.transformer(w, x, masks, width=12, layers=2, heads=4)
        return {"features": joined(w, tokens, masks)}

    compare(build("transformer", {}, THREE), expected)

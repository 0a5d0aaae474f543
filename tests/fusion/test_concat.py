"""Concatenation against its equation."""

from __future__ import annotations

from .cases import THREE, build
from .equations import compare, joined


def test_concat() -> None:
    compare(build("concat", {}, THREE), lambda w, x, masks: {"features": joined(w, x, masks)})

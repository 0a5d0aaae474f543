"""Cross-attention against its equation."""

from __future__ import annotations

import pytest

from . import reference_others as others
from .cases import build
from .equations import compare, joined


@pytest.mark.parametrize("normalise", [True, False])
def test_ca(normalise: bool) -> None:
    def expected(w, x, masks):
        return {"features": joined(w, others.ca(w, x, masks, normalise=normalise), masks)}

    compare(build("ca", {"normalise": normalise}), expected)

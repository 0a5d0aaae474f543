"""Late fusion against its equation."""

from __future__ import annotations

from . import reference_others as others
from .cases import THREE, build
from .equations import compare


def test_late() -> None:
    compare(build("late", {}, THREE), lambda w, x, masks: {"features": others.late(w, x, masks)})

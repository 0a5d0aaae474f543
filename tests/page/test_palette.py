"""The page has the colours of plots and overlay."""

from __future__ import annotations

import re
from pathlib import Path

from avaffect import palette, serve

SCRIPT = Path(serve.__file__).parent / "page" / "js" / "palette.js"


def test_people_have_the_same_colours_as_in_plots() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    for name in ("PEOPLE", "BRIGHT"):
        found = re.search(rf"{name} = \[(.*?)\]", text)
        assert found is not None
        assert tuple(re.findall(r"#\w{6}", found[1])) == getattr(palette, name)

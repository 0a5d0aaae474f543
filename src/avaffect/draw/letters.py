"""Which font has a letter: ours, or one of the system, as for a Chinese name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import matplotlib
from matplotlib.ft2font import FT2Font, StyleFlags

_FOLDER = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
# matplotlib brings DejaVu Sans with it, so that every machine has the same font.
OWN, OWN_BOLD = (str(_FOLDER / f"DejaVuSans{weight}.ttf") for weight in ("", "-Bold"))

_PLAINEST = ("sans", "gothic", "hei")  # words in the names of fonts that go with ours


class SystemFont(NamedTuple):
    """A font of the system: its file, and what its family is called."""

    path: str
    family: str


_found: dict[str, SystemFont | None] = {}  # of each letter that was looked for


@cache
def letters_in(path: str) -> frozenset[str]:
    """All letters of a font."""
    return frozenset(map(chr, FT2Font(path).get_charmap()))


def fonts_of(text: Iterable[str]) -> dict[str, SystemFont]:
    """A font of the system for each letter of a text that ours lacks and one has; as few fonts as may be."""
    lacking = {letter for letter in text if letter.isprintable()} - letters_in(OWN)
    if unknown := lacking - _found.keys():
        _found.update(dict.fromkeys(unknown) | _search(unknown))
    return {letter: font for letter in lacking if (font := _found[letter]) is not None}


def can_write(text: str) -> bool:
    """Whether our font, or one of the system, has every letter of a text.

    >>> can_write("Zoé"), can_write("\\U0010fffd")
    (True, False)
    """
    return set(text) - letters_in(OWN) <= fonts_of(text).keys()


def strangeness(path: str) -> tuple[bool, str]:
    """An order of fonts: those first whose names say that they go with ours."""
    return not any(word in path.lower() for word in _PLAINEST), path


def _search(letters: set[str]) -> dict[str, SystemFont]:
    from matplotlib.font_manager import findSystemFonts  # reads a list of all fonts

    left, found = set(letters), dict[str, SystemFont]()
    for path in sorted(findSystemFonts(), key=strangeness):
        try:
            font = FT2Font(path)
        except (OSError, RuntimeError):  # one that cannot be read is as good as none
            continue
        if not font.scalable or font.style_flags & (StyleFlags.BOLD | StyleFlags.ITALIC):
            continue
        has = {letter for letter in left if font.get_char_index(ord(letter))}
        found |= dict.fromkeys(has, SystemFont(path, font.family_name))
        left -= has
        if not left:
            break
    return found

"""Fonts of the system for letters that matplotlib's own lacks, such as those of a Chinese file name."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, findSystemFonts, fontManager
from matplotlib.ft2font import FT2Font, StyleFlags
from matplotlib.text import Text

_PLAINEST = ("sans", "gothic", "hei")  # words in the names of fonts that go with ours


@contextmanager
def letters_of(figure: Figure) -> Iterator[None]:
    """In the block, a figure's texts are drawn with all letters that the system has, others as boxes."""
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    lacking = frozenset("".join(text.get_text() for text in texts)) - _own()
    if families := _families(frozenset(letter for letter in lacking if letter.isprintable())):
        for text in texts:
            text.set_fontfamily(list(dict.fromkeys([*text.get_fontfamily(), *families])))
    log = logging.getLogger("matplotlib.font_manager")
    level = log.level
    log.setLevel(logging.ERROR)  # few of the system's fonts have our weights
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
            yield
    finally:
        log.setLevel(level)


@cache
def _own() -> frozenset[str]:
    """The letters of the font that is used as a rule."""
    return frozenset(map(chr, FT2Font(findfont("DejaVu Sans")).get_charmap()))


@cache
def _families(letters: frozenset[str]) -> list[str]:
    """Families of fonts that have these letters between them, as many of them as there are."""
    left, families = set(letters), list[str]()
    for path in sorted(findSystemFonts(), key=_strangeness) if left else []:
        try:
            font = FT2Font(path)
        except (OSError, RuntimeError):  # one that cannot be read is as good as none
            continue
        if not font.scalable or font.style_flags & (StyleFlags.BOLD | StyleFlags.ITALIC):
            continue
        has = {letter for letter in left if font.get_char_index(ord(letter))}
        if has:
            fontManager.addfont(path)
            families.append(font.family_name)
            left -= has
        if not left:
            break
    return families


def _strangeness(path: str) -> tuple[bool, str]:
    """An order of fonts: those first whose names say that they go with ours."""
    return not any(word in path.lower() for word in _PLAINEST), path

"""Figures with letters that matplotlib's own font lacks, such as those of a Chinese file name."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.text import Text

from .letters import SystemFont, fonts_of, strangeness


@contextmanager
def letters_of(figure: Figure) -> Iterator[None]:
    """In the block, a figure's texts are drawn with all letters that the system has, others as boxes."""
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    needed = set(fonts_of("".join(text.get_text() for text in texts)).values())
    if families := [_family(font) for font in sorted(needed, key=lambda font: strangeness(font.path))]:
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
def _family(font: SystemFont) -> str:
    """The name of a font's family, which matplotlib knows from now on."""
    fontManager.addfont(font.path)
    return font.family

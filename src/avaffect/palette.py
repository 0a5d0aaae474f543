"""Colours of plots and overlay: told apart by colour-blind readers, the same person the same colour."""

from __future__ import annotations

from collections.abc import Sequence

Rgb = tuple[int, int, int]  # red, green, blue, 0 to 255

# Okabe & Ito (2008), "Color Universal Design", without black and the yellow that vanishes on white.
PEOPLE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
# the same hues, light enough for text on the overlay's dark panels
BRIGHT = ("#4FB0E8", "#FF8A3C", "#2FCB9E", "#F0A5D0", "#9AD6F7", "#FFC04D")
# What a prediction rests on: none is a person's, and colour-blind readers tell them apart.
SOURCES = {"face+voice": "#8A4FD0", "face": "#8FA63A", "voice": "#B02A4C"}
NOBODY = "#595959"
INK = "#222222"
FAINT = "#8A8A8A"
RULE = "#DDDDDD"


def person_colour(track: int | None, tracks: Sequence[int], *, bright: bool = False) -> str:
    """A person's colour as #rrggbb: by place among ``tracks``; grey for nobody in view.

    >>> person_colour(7, [3, 7]), person_colour(None, [3, 7])
    ('#D55E00', '#595959')
    """
    if track is None:
        return "#A5A5A5" if bright else NOBODY
    return (BRIGHT if bright else PEOPLE)[tracks.index(track) % len(PEOPLE)]


def rgb(colour: str) -> Rgb:
    """#rrggbb as three numbers from 0 to 255.

    >>> rgb("#0072B2")
    (0, 114, 178)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)

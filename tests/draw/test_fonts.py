"""Letters that the usual font lacks: from a font of the system; else plots have boxes and frames numbers."""

import logging
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib import font_manager, get_data_path
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread
from PIL import ImageFont

from avaffect.draw import Moment, draw_overlay, letters, text_raster
from avaffect.draw.figure import Plot, save
from avaffect.draw.overlay_layout import Layout, called
from avaffect.draw.text_raster import text_mask

# The mathematics font that matplotlib brings has letters which its usual one lacks, as a Chinese font has.
OTHER = Path(get_data_path()) / "fonts" / "ttf" / "STIXGeneral.ttf"
NONE = (np.nan, np.nan, np.nan)
LETTER = "\U0001d400"


@pytest.fixture
def system(monkeypatch):
    """A function that says which fonts the system has."""

    def has(*paths: Path) -> None:
        monkeypatch.setattr(font_manager, "findSystemFonts", lambda: list(map(str, paths)))
        monkeypatch.setattr(letters, "_found", {})
        text_mask.cache_clear()

    yield has
    text_mask.cache_clear()


def drawn(text: str, path: Path) -> np.ndarray:
    figure = Plot(figsize=(2, 1), dpi=50)
    FigureCanvasAgg(figure)
    figure.text(0.1, 0.5, text, weight="bold")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save(figure, path)
    return imread(path) if path.suffix == ".png" else np.zeros(0)


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_letters_that_no_font_has_are_drawn_silently(tmp_path, system, caplog, ending):
    system()
    with caplog.at_level(logging.WARNING):
        drawn("\u65e5\u672c\u8a9e.mp4", tmp_path / f"plot.{ending}")
    assert not caplog.records


def test_a_font_of_the_system_that_has_the_letters_is_used(tmp_path, system, caplog):
    assert LETTER not in letters.letters_in(letters.OWN)
    system()
    without = drawn(LETTER, tmp_path / "without.png")
    system(tmp_path / "broken.ttf", OTHER)
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    with caplog.at_level(logging.WARNING):
        found = drawn(LETTER, tmp_path / "with.png")
    assert not caplog.records
    assert (found != without).any()


def test_fonts_are_not_looked_for_where_none_is_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: pytest.fail("looked for"))
    text_mask("sample.mp4 \u00e9 \u2026", 12, True)
    drawn("sample.mp4 \u00e9", tmp_path / "plot.png")


@pytest.mark.parametrize("bold", [False, True])
def test_a_text_on_a_frame_has_each_letter_from_a_font_that_has_it(system, bold):
    system(OTHER)
    mask = text_mask(f"A{LETTER}b", 40, bold)
    own, other = (ImageFont.truetype(path, 40) for path in (letters.OWN_BOLD if bold else letters.OWN, OTHER))
    begin = round(own.getlength("A"))
    end = round(own.getlength("A") + other.getlength(LETTER))
    for part, font, letter in (
        (mask[:, :begin], own, "A"),
        (mask[:, begin:end], other, LETTER),
        (mask[:, end:], own, "b"),
    ):
        alone = np.array(font.getmask(letter)).reshape(font.getmask(letter).size[::-1])
        assert abs(int(part.sum()) - int(alone.sum())) < 0.02 * alone.sum()
    assert mask.shape[0] == text_mask("Ab", 40, bold).shape[0]


def test_higher_letters_of_other_fonts_are_cut_off_within_the_line(system, monkeypatch):
    system(OTHER)
    small, big = ImageFont.truetype(letters.OWN, 20), ImageFont.truetype(OTHER, 80)
    monkeypatch.setattr(text_raster, "_font", lambda path, _size: big if path == str(OTHER) else small)
    mask, row = text_mask(LETTER, 20, False), sum(small.getmetrics())
    assert mask.shape[0] == row
    assert (mask[:10] > 0).any()


def test_a_name_that_no_font_can_write_is_a_number(system):
    one = Moment(track=7, slot=0, valence=NONE, arousal=NONE, box=np.array([200, 100, 300, 200.0]))
    layout, grey = Layout(640, 360), np.full((360, 640, 3), 128, np.uint8)
    named = replace(one, name=f"Ana {LETTER}")
    system()
    assert layout.tag_text(named) == "7"
    np.testing.assert_array_equal(draw_overlay(grey, [named]), draw_overlay(grey, [one]))
    system(OTHER)
    assert layout.tag_text(named) == f"Ana {LETTER}"
    assert (draw_overlay(grey, [named]) != draw_overlay(grey, [one])).any()


def test_wide_letters_are_fewer(monkeypatch):
    monkeypatch.setattr("avaffect.draw.overlay_layout.can_write", lambda _name: True)
    one = Moment(track=7, slot=0, valence=NONE, arousal=NONE)
    for name, shown in (
        ("王小明", "王小明"),
        ("山田太郎山田太郎", "山田…太郎"),
        ("Maximiliane", "Maximiliane"),
    ):
        assert called(replace(one, name=name), "7", 12) == shown

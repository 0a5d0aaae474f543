"""Letters that the usual font lacks: from a font of the system, silently boxes where there is none."""

import logging
import warnings
from pathlib import Path

import numpy as np
import pytest
from matplotlib import get_data_path
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread

from avaffect.draw import fonts
from avaffect.draw.figure import Plot, save

# The mathematics font that matplotlib brings has letters which its usual one lacks, as a Chinese font has.
OTHER = Path(get_data_path()) / "fonts" / "ttf" / "STIXGeneral.ttf"
LETTER = "\U0001d400"


@pytest.fixture
def system(monkeypatch):
    """A function that says which fonts the system has."""

    def has(*paths: Path) -> None:
        monkeypatch.setattr(fonts, "findSystemFonts", lambda: list(map(str, paths)))
        fonts._families.cache_clear()

    yield has
    fonts._families.cache_clear()


def drawn(letters: str, path: Path) -> np.ndarray:
    figure = Plot(figsize=(2, 1), dpi=50)
    FigureCanvasAgg(figure)
    figure.text(0.1, 0.5, letters, weight="bold")
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
    assert LETTER not in fonts._own()
    system()
    without = drawn(LETTER, tmp_path / "without.png")
    system(tmp_path / "broken.ttf", OTHER)
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    with caplog.at_level(logging.WARNING):
        found = drawn(LETTER, tmp_path / "with.png")
    assert not caplog.records
    assert (found != without).any()


def test_fonts_are_not_looked_for_where_none_is_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "findSystemFonts", lambda: pytest.fail("looked for"))
    drawn("sample.mp4 \u00e9", tmp_path / "plot.png")

"""The plain figure for a paper."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from avaffect.draw import plot_courses
from avaffect.errors import DataError
from avaffect.trace import Edits


def test_people_span_and_size_are_chosen(make_trace, tmp_path):
    trace = make_trace(4.0, people=3).edited(Edits({2: "Ana"}))
    figure = plot_courses(trace, tmp_path / "x.png", people=["Ana", 3], span=(1.0, 3.0), size=(100, 60))
    valence, arousal = figure.axes
    assert [line.get_gid() for line in valence.lines if " " in str(line.get_gid())] == [
        "valence 2",
        "valence 3",
    ]
    assert arousal.get_xlim() == (1.0, 3.0)
    x, y = next(line for line in arousal.lines if line.get_gid() == "arousal 3").get_data()
    np.testing.assert_allclose(y, trace.track(3).table["arousal"])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Ana", "person 3"]
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.size == pytest.approx((100 / 25.4 * 300, 60 / 25.4 * 300), abs=1)


def test_the_same_trace_gives_the_same_vector_file(make_trace, tmp_path):
    for ending in ("svg", "pdf"):
        files = [tmp_path / f"{k}.{ending}" for k in (1, 2)]
        for file in files:
            plot_courses(make_trace(1.0), file)
        assert files[0].read_bytes() == files[1].read_bytes()


def test_a_moving_mean_is_one_of_values_and_interval(make_trace):
    trace = make_trace(4.0)
    x, y = plot_courses(trace, smooth=0.2).axes[0].lines[0].get_data()
    expected = np.convolve(trace.table["valence"], np.ones(5) / 5, mode="valid")
    # of five rows, centred on a row's start: half a row earlier than on its middle
    assert np.abs(y[5:-5] - np.interp(x[5:-5] - 0.02, x[2:-2], expected)).max() < 5e-3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"people": []}, "people names nobody; give numbers or names"),
        ({"people": [7]}, "nobody is called 7; known: 1"),
        ({"span": (3.0, 2.0)}, "span=3-2: expected seconds within 0 to 2"),
        ({"size": (10.0, 60.0)}, "size=10x60: expected 40 to 1000 millimetres"),
    ],
)
def test_what_does_not_fit_is_refused(make_trace, options, said):
    with pytest.raises(DataError, match=said):
        plot_courses(make_trace(2.0), **options)


def test_a_name_means_all_who_have_it(make_trace):
    trace = make_trace(4.0, people=3).edited(Edits({1: "Ana", 3: "Ana"}))
    figure = plot_courses(trace, people=["Ana"])
    drawn = [str(line.get_gid()) for line in figure.axes[0].lines]
    assert [gid for gid in drawn if gid.startswith("valence")] == ["valence 1", "valence 3"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Ana (1)", "Ana (3)"]

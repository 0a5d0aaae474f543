"""The plot: what its axes hold is what the table holds."""

from __future__ import annotations

import cv2
import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from avaffect.draw import plot
from avaffect.draw.panels import DENSE
from avaffect.errors import DataError
from avaffect.palette import SOURCES
from avaffect.spec import TARGETS, VAGUE
from avaffect.trace import Edits, Trace


def line(figure: Figure, target: str, track: int | None):
    (found,) = (
        drawn for axes in figure.axes for drawn in axes.lines if drawn.get_gid() == f"{target} {track}"
    )
    return np.asarray(found.get_xdata(), float), np.asarray(found.get_ydata(), float)


def labels(figure: Figure) -> list[str]:
    return [axes.get_label() for axes in figure.axes]


def texts(figure: Figure) -> str:
    everything = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    return "\n".join(text.get_text() for text in everything)


def test_the_lines_are_the_tables_columns(make_trace):
    trace = make_trace(3.0, people=2)
    figure = plot(trace)
    for track in (1, 2):
        for target in ("valence", "arousal"):
            x, y = line(figure, target, track)
            rows = trace.track(track).table
            np.testing.assert_array_equal(y, rows[target])
            np.testing.assert_array_equal(x, rows.index.get_level_values("start"))
    axes = figure.axes[labels(figure).index("valence")]
    assert axes.get_ylim() == (-1, 1)
    assert axes.get_xlim() == pytest.approx((0, 3))


def test_the_bands_are_the_intervals(make_trace):
    trace = make_trace(1.0)
    figure = plot(trace)
    axes = figure.axes[labels(figure).index("arousal")]
    (band,) = axes.collections
    outline = band.get_paths()[0].vertices
    for row in (0, 7, 24):
        time = trace.table.index.get_level_values("start")[row]
        heights = outline[np.isclose(outline[:, 0], time), 1]
        assert heights.min() == pytest.approx(trace.table["arousal_lo"].iloc[row])
        assert heights.max() == pytest.approx(trace.table["arousal_hi"].iloc[row])
    assert "90 % intervals" in texts(figure)
    assert "not a feeling" in texts(figure)


def test_lines_break_where_a_value_or_a_row_is_missing(made):
    start, end = made.times(2.0)
    rows = made.person(start, end)
    made.blank(rows, slice(10, 15), "valence")
    rows = rows.drop(rows.index[30:40])
    x, y = line(plot(Trace(rows)), "valence", 1)
    assert np.isnan(y[10:15]).all()
    assert len(y) == 40 + 1
    assert (x[30], np.isnan(y[30])) == (pytest.approx(1.2), True)  # where the last row before it ends
    assert np.isfinite(np.delete(y, [*range(10, 15), 30])).all()


def test_strips_show_what_the_prediction_rests_on_and_what_was_available(make_trace, made):
    trace = make_trace(1.0)
    rests = ["face"] * 5 + [None] * 10 + ["voice"] * 10
    trace.table["source"] = pd.array(rests, dtype="string")
    figure = plot(trace)
    names = labels(figure)
    assert names[2:5] == ["rests on", "face seen", "speech"]
    shown = {}
    for patch in figure.axes[names.index("rests on")].patches:
        values, edges, _ = patch.get_data()
        shown[matplotlib.colors.to_hex(patch.get_facecolor()).upper()] = edges[:-1][values == 1]
    assert shown[SOURCES["face"]][[0, -1]] == pytest.approx([0.0, 0.2], abs=1 / 1200)
    assert shown[SOURCES["voice"]][[0, -1]] == pytest.approx([0.6, 1.0], abs=1 / 1200)
    assert len(shown[SOURCES["face+voice"]]) == 0
    words = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert words == ["face and voice", "face alone", "voice alone"]


def test_several_people_have_one_strip_each(make_trace):
    trace = make_trace(1.0, people=4).edited(Edits({2: "Bo $x$"}))
    names = labels(plot(trace))
    assert names[2:7] == ["person 1", "Bo \\$x\\$", "person 3", "person 4", "speech"]


def test_the_path_and_its_mean(make_trace):
    trace = make_trace(2.0)
    figure = plot(trace)
    axes = figure.axes[labels(figure).index("plane 1")]
    (path,) = (c for c in axes.collections if len(c.get_paths()) == len(trace) - 1)
    corners = np.array([segment.vertices[0] for segment in path.get_paths()])
    np.testing.assert_allclose(corners, trace.table[["valence", "arousal"]].to_numpy()[:-1])
    (mean,) = (drawn for drawn in axes.lines if drawn.get_gid() == "mean 1")
    assert mean.get_xdata()[0] == pytest.approx(trace.table["valence"].mean())
    assert mean.get_ydata()[0] == pytest.approx(trace.table["arousal"].mean())
    assert {"pleasant", "unpleasant", "activated", "calm"} <= {t.get_text() for t in axes.texts}


def test_a_long_recording_gets_a_moving_mean(made):
    start, end = made.times(200.0)
    figure = plot(Trace(made.person(start, end)))
    assert len(start) > DENSE
    axes = figure.axes[labels(figure).index("valence")]
    x, y = line(figure, "valence", 1)
    assert len(x) == len(y) == len(start)
    thick = [drawn for drawn in axes.lines if drawn.get_linewidth() == 2.0]
    assert len(thick) == 1
    assert np.ptp(thick[0].get_ydata()) < np.ptp(y)
    assert "moving mean over 3 s" in texts(figure)
    assert axes.get_shared_x_axes().joined(axes, figure.axes[labels(figure).index("speech")])


def test_at_most_four_are_shown_and_it_says_so(made):
    start, end = made.times(1.0)
    parts = [made.person(start[3 * k :], end[3 * k :], track=k + 1, seed=k) for k in range(6)]
    table = pd.concat(parts).sort_values("start", kind="stable")
    figure = plot(Trace(table))
    assert [name for name in labels(figure) if name.startswith("plane")] == [
        "plane 1", "plane 2", "plane 3", "plane 4",
    ]  # fmt: skip
    assert "the 4 of 6 people seen longest" in texts(figure)


def test_without_any_prediction_it_says_why(made):
    rows = made.person(*made.times(1.0), track=None)
    made.blank(rows, slice(None), "face", "attended", "valence", "arousal", "voiced")
    figure = plot(Trace(rows))
    assert "no prediction: no face and no sound" in texts(figure)
    assert not any(np.isfinite(line(figure, target, None)[1]).any() for target in ("valence", "arousal"))


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_few_frames_are_seen_as_dots(made, frames):
    rows = made.person(*made.times(frames / 25))
    figure = plot(Trace(rows))
    axes = figure.axes[labels(figure).index("valence")]
    assert np.sum(axes.lines[0].get_markevery()) == frames


def test_the_picture_is_1600_by_900_and_the_global_state_untouched(make_trace, tmp_path):
    before = dict(matplotlib.rcParams)
    trace = make_trace(1.0, file="a$b$_[x]^.mp4")  # letters that mean something to a formula
    plot(trace, tmp_path / "p.png", title=None)
    picture = cv2.imread(str(tmp_path / "p.png"))
    assert picture.shape == (900, 1600, 3)
    assert picture.std() > 10
    assert dict(matplotlib.rcParams) == before
    assert list(tmp_path.iterdir()) == [tmp_path / "p.png"]


def test_titles(make_trace):
    trace = make_trace(0.4)
    assert "interview.mp4" in texts(plot(trace))
    assert "hgrjca.default" in texts(plot(trace))
    assert "Session 3" in texts(plot(trace, title="Session 3"))


def test_recordings_of_one_name_in_two_folders_have_two_titles(make_trace):
    first, second = (texts(plot(make_trace(0.2, file=f"study/{k}/P01.mp4"))) for k in "AB")
    assert "A/P01.mp4" in first
    assert "B/P01.mp4" in second


def test_a_name_that_cannot_be_printed_is_drawn_all_the_same(make_trace, tmp_path):
    plot(make_trace(0.2, file="b\x07\na.mp4"), tmp_path / "p.png")
    assert (tmp_path / "p.png").stat().st_size > 10_000


def test_a_notebook_shows_the_plot(make_trace):
    shown = plot(make_trace(0.4))._repr_png_()
    assert cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_COLOR).shape == (900, 1600, 3)


def test_a_short_path_is_seen_through_its_mean(made):
    """The mean is a ring: in its middle is the path, not the mark."""
    rows = made.person(*made.times(1.0))
    made.blank(rows, slice(None), "valence_", "arousal_")
    rows["valence"], rows["arousal"] = np.linspace(0.28, 0.32, 25), 0.3
    figure = plot(Trace(rows))
    axes = figure.axes[labels(figure).index("plane 1")]
    (mean,) = (drawn for drawn in axes.lines if drawn.get_gid() == "mean 1")
    figure.canvas.draw()
    x, y = axes.transData.transform((0.3, 0.3)).round().astype(int)
    middle = np.asarray(figure.canvas.buffer_rgba())[900 - y - 1 : 900 - y + 2, x, :3] / 255
    path = middle[middle.sum(axis=1).argmin()]
    assert path.min() < 0.6  # not the page
    assert np.abs(path - matplotlib.colors.to_rgb(mean.get_markeredgecolor())).max() > 0.15  # nor the mark


def test_no_words_touch_each_other(made):
    """The texts of the busiest plot, as drawn, are apart."""
    start, end = made.times(2.0)
    parts = [made.person(start[3 * k :], end[3 * k :], track=k + 1, seed=k) for k in range(6)]
    figure = plot(Trace(pd.concat(parts).sort_values("start", kind="stable"), meta=made.META))
    figure.canvas.draw()
    shown = [t for t in figure.texts if t.get_text()]
    for axes in figure.axes:
        shown += [t for t in [*axes.texts, axes.yaxis.label, axes.xaxis.label] if t.get_text()]
    boxes = [(t.get_text(), t.get_window_extent()) for t in shown if t.get_visible()]
    assert len(boxes) > 30
    for k, (name, box) in enumerate(boxes):
        assert box.x0 >= 0, name
        assert box.x1 <= 1600, name
        for other, second in boxes[k + 1 :]:
            across = min(box.x1, second.x1) - max(box.x0, second.x0)
            down = min(box.y1, second.y1) - max(box.y0, second.y0)
            assert min(across, down) < 2, f"{name!r} and {other!r}"


def test_intervals_as_wide_as_a_blind_guess_are_told_within_the_picture(make_trace):
    trace = make_trace(2.0)
    for target in TARGETS:
        trace.table[f"{target}_lo"], trace.table[f"{target}_hi"] = -1.0, 1.0
    figure = plot(trace)
    figure.canvas.draw()
    (caption,) = (text for text in figure.texts if "Shaded" in text.get_text())
    assert f"Intervals of valence and arousal are {VAGUE}." in caption.get_text()
    assert caption.get_window_extent().x1 <= 1600


def test_what_it_cannot_plot(make_trace, tmp_path):
    both = Trace.concat([make_trace(0.2, file="a"), make_trace(0.2, file="b")])
    with pytest.raises(DataError, match="has 2 files"):
        plot(both)
    with pytest.raises(DataError, match="is empty"):
        plot(Trace(both.table.iloc[:0]))
    with pytest.raises(DataError, match="give an ending out of"):
        plot(make_trace(0.2), tmp_path / "p.gif3")
    with pytest.raises(DataError, match="no folder"):
        plot(make_trace(0.2), tmp_path / "absent" / "p.png")

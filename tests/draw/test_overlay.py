"""The overlay: inside its own places only, at every size, and telling what the figures are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avaffect.draw import Moment, draw_overlay
from avaffect.draw.overlay_layout import DOCKS, Layout
from avaffect.draw.overlay_panel import GATE_INDENT, speech_label
from avaffect.draw.text_raster import put_text, text_width
from avaffect.errors import DataError

SIZES = [(160, 120), (176, 144), (360, 288), (640, 360), (360, 640), (1920, 1080), (3840, 2160)]


def moment(width: int, height: int, **changes) -> Moment:
    given = Moment(
        track=1, slot=0, valence=(0.3, 0.1, 0.5), arousal=(-0.4, -0.6, -0.1),
        box=np.array([0.55, 0.15, 0.8, 0.6]) * [width, height, width, height],
        voiced=0.9, attended=(0.2, 0.8),
        path=np.stack([np.linspace(-1.2, 1.2, 40), np.sin(np.linspace(0, 9, 40))], axis=1),
    )  # fmt: skip
    return replace(given, **changes)


def picture(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def allowed(layout: Layout, people: list[Moment], dock: str, time: float) -> np.ndarray:
    """Where drawing may have changed something, (h, w) bool."""
    mask = np.zeros((layout.height, layout.width), bool)

    def open_up(x1, y1, x2, y2):
        mask[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)] = True

    open_up(*layout.clock(time, dock))
    for one in people:
        if one.slot < layout.slots:
            open_up(*layout.panel(one.slot, dock))
        if one.box is not None:
            x1, y1, x2, y2 = (round(float(v)) for v in one.box)
            edge = layout.line
            open_up(x1 - edge, y1 - edge, x2 + edge + 1, y1 + edge + 1)
            open_up(x1 - edge, y2 - edge, x2 + edge + 1, y2 + edge + 1)
            open_up(x1 - edge, y1 - edge, x1 + edge + 1, y2 + edge + 1)
            open_up(x2 - edge, y1 - edge, x2 + edge + 1, y2 + edge + 1)
            open_up(*layout.tag(one))
    return mask


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_nothing_changes_outside_panels_and_boxes(size):
    image, layout = picture(*size), Layout(*size)
    people = [moment(*size), moment(*size, track=2, slot=1, box=np.array([5.0, 5, 30, 40]))]
    people.append(moment(*size, track=33, slot=layout.slots))
    for dock in DOCKS if size[0] < 1000 else DOCKS[:1]:
        before = image.copy()
        out = draw_overlay(image, people, dock=dock, time=3723.4)
        np.testing.assert_array_equal(image, before)
        assert (out.shape, out.dtype) == (image.shape, np.uint8)
        changed = (out != image).any(axis=2)
        assert changed.any()
        assert not (changed & ~allowed(layout, people, dock, 3723.4)).any()


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_clock_is_whole_and_shows_the_time(size):
    image, layout = np.full((size[1], size[0], 3), 128, np.uint8), Layout(*size)
    for dock in DOCKS:
        x1, y1, x2, y2 = layout.clock(83.4, dock)
        assert 0 <= x1 < x2 <= size[0]
        assert 0 <= y1 < y2 <= size[1]
        assert (y1 > size[1] / 2) == dock.startswith("top")
        shown = [draw_overlay(image, [], dock=dock, time=t)[y1:y2, x1:x2] for t in (83.41, 83.49, 83.51)]
        assert (shown[0] == shown[1]).all()
        assert (shown[0] != shown[2]).any()
    assert (draw_overlay(image, []) == image).all()


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_names_of_the_gates_end_before_their_bars(size):
    font = Layout(*size).font
    for name in ("voice uses face", "face uses voice", "voice counts"):
        assert text_width(name, max(font - 2, 8)) < GATE_INDENT * font


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_panels_lie_in_the_picture_side_by_side(size):
    layout = Layout(*size)
    for dock in DOCKS:
        taken = np.zeros(size[::-1], int)
        for slot in range(layout.slots):
            x1, y1, x2, y2 = layout.panel(slot, dock)
            assert 0 <= x1 < x2 <= size[0]
            assert 0 <= y1 < y2 <= size[1]
            assert (x2 - x1, y2 - y1) == layout.size  # whole, not cut off
            taken[y1:y2, x1:x2] += 1
        assert taken.max() == 1


def test_a_box_partly_or_wholly_outside_is_harmless():
    for box in ([-50, -50, 30, 30], [600, 300, 700, 500], [2000, 2000, 2100, 2100], [-90, -90, -10, -10]):
        one = moment(640, 360, box=np.array(box, float))
        assert draw_overlay(picture(640, 360), [one]).shape == (360, 640, 3)


def change(a: Moment, b: Moment, size=(640, 360)) -> int:
    """How many pixels of a panel differ between two moments."""
    grey = np.full((size[1], size[0], 3), 128, np.uint8)
    return int((draw_overlay(grey, [a]) != draw_overlay(grey, [b])).any(axis=2).sum())


@pytest.mark.parametrize(
    "what",
    [
        {"valence": (0.31, 0.1, 0.5)},
        {"valence": (0.3, 0.0, 0.5)},
        {"arousal": (0.4, 0.1, 0.6)},
        {"voiced": 0.1},
        {"voiced": np.nan},
        {"attended": (0.3, 0.8)},
        {"attended": (0.2, np.nan)},
        {"share": (0.2, 0.8)},
        {"path": np.empty((0, 2))},
        {"track": None},
        {"colour": (255, 0, 0)},
    ],
    ids=lambda w: next(iter(w)),
)
def test_every_figure_shows(what):
    one = moment(640, 360, box=None)
    assert change(one, replace(one, **what)) > 5


def test_the_bar_grows_with_the_value_to_its_side():
    grey = np.full((360, 640, 3), 128, np.uint8)
    nan = float("nan")
    red = (255, 0, 0)

    def reds(value: float) -> np.ndarray:
        one = Moment(1, 0, (value, nan, nan), (nan, nan, nan), colour=red)
        x1, y1, x2, y2 = Layout(640, 360).panel(0, "bottom left")
        panel = draw_overlay(grey, [one])[y1:y2, x1 : x1 + 11 * Layout(640, 360).font]
        bar = panel[2 * 12 : 4 * 12]  # the valence row, left of its number and of the circumplex
        return np.flatnonzero((bar == red).all(axis=2).any(axis=0))

    small, large, negative = reds(0.2), reds(0.9), reds(-0.9)
    assert small.max() < large.max()
    assert negative.max() <= small.min() + 1
    assert len(large) == pytest.approx(len(negative), abs=2)
    assert len(reds(nan)) == 0


def test_without_a_face_the_panel_says_voice_only():
    grey = np.full((360, 640, 3), 128, np.uint8)
    badge = np.array([240, 190, 80])

    def has_badge(one: Moment) -> bool:
        return bool((draw_overlay(grey, [one]) == badge).all(axis=2).sum() > 100)

    assert has_badge(moment(640, 360, box=None))
    assert not has_badge(moment(640, 360))
    nan = (np.nan,) * 3
    assert not has_badge(moment(640, 360, box=None, valence=nan, arousal=nan))


def test_only_pictures_of_bytes():
    for wrong in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)):
        with pytest.raises(DataError, match="uint8 picture"):
            draw_overlay(wrong, [])


def test_text_lies_where_it_is_put():
    for align, span in (("left", (50, 90)), ("right", (10, 50)), ("centre", (30, 70))):
        image = np.zeros((40, 100, 3), np.uint8)
        put_text(image, "valid", (50, 20), 12, (255, 255, 255), align=align)
        rows, columns = np.nonzero(image[..., 0])
        assert span[0] <= columns.min() + 1
        assert columns.max() - 1 <= span[1]
        assert columns.max() - columns.min() <= text_width("valid", 12)
        assert (rows.min() + rows.max()) / 2 == pytest.approx(20, abs=3)


def test_text_beyond_the_edge_is_cut():
    image = np.zeros((10, 20, 3), np.uint8)
    for x, y in ((-30, 5), (15, 5), (5, -6), (5, 14), (500, 500), (-500, -500)):
        put_text(image, "+0.25", (x, y), 12, (255, 255, 255))
    assert image.any()


@pytest.mark.parametrize(
    ("voiced", "speaking", "expected"),
    [
        (np.nan, np.nan, "no sound"),
        (0.1, np.nan, "silence"),
        (0.9, np.nan, "speech"),
        (0.9, 0.8, "speaks"),
        (0.9, 0.2, "listens"),
    ],
)
def test_it_says_who_speaks(voiced, speaking, expected):
    assert speech_label(moment(640, 360, voiced=voiced, speaking=speaking)) == expected

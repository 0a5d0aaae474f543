"""What is shown at each frame: paths that break at gaps, panels that stay where they are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from avaffect.draw.moments import Moments
from avaffect.draw.overlay_layout import Layout
from avaffect.trace import Trace

SIZE = (320, 240)


def test_the_path_is_the_last_two_seconds_and_breaks_at_gaps(made):
    start, end = made.times(6.0)
    rows = made.person(start, end)
    moments = Moments(Trace(rows.drop(rows.index[60:90])))  # away from 2.4 to 3.6 s
    at = {k: moments.at(k, start[k]) for k in range(150)}
    np.testing.assert_allclose(at[55][0].path, rows[["valence", "arousal"]].iloc[5:56])
    assert at[70] == []
    first = at[95][0].path  # 1.8 to 3.8 s: rows 45 to 59, a break, rows 90 to 95
    assert len(first) == 15 + 1 + 6
    assert np.flatnonzero(np.isnan(first).any(axis=1)).tolist() == [15]
    assert len(at[149][0].path) == 51


def test_panels_keep_their_places(made):
    start, end = made.times(6.0)
    parts = [
        made.person(start[:50], end[:50], track=1),
        made.person(start, end, track=2, seed=1),
        made.person(start[60:], end[60:], track=3, seed=2, first_frame=60),  # 1 has left for good
        made.person(start[100:], end[100:], track=4, seed=3, first_frame=100),
    ]
    moments = Moments(Trace(pd.concat(parts).sort_values("start", kind="stable")))
    slots = [{m.track: m.slot for m in moments.at(k, start[k])} for k in range(150)]
    assert slots[10] == {1: 0, 2: 1}
    assert slots[55] == {2: 1}
    assert slots[60] == {2: 1, 3: 0}
    assert slots[120] == {2: 1, 3: 0, 4: 2}


def test_a_panel_waits_a_moment_for_someone_who_comes_back(made):
    start, end = made.times(6.0)
    away = np.r_[0:50, 65:150]  # 0.6 s
    parts = [
        made.person(start, end, track=1).iloc[away],
        made.person(start[55:], end[55:], track=2, seed=1, first_frame=55),
    ]
    moments = Moments(Trace(pd.concat(parts).sort_values("start", kind="stable")))
    slots = [{m.track: m.slot for m in moments.at(k, start[k])} for k in range(150)]
    assert slots[40] == {1: 0}
    assert slots[60] == {2: 1}
    assert slots[70] == {1: 0, 2: 1}


def test_panels_avoid_faces(made):
    rows = made.person(*made.times(1.0))
    layout = Layout(*SIZE)

    def best_dock(rows):
        moments = Moments(Trace(rows))
        return layout.best_dock(moments.boxes, moments.panels)

    for dock in ("top left", "bottom left", "top right", "bottom right"):
        x1, y1, x2, y2 = layout.panel(0, dock)
        for name, value in zip(("face_x1", "face_y1", "face_x2", "face_y2"), (x1, y1, x2, y2), strict=True):
            rows[name] = float(value)
        assert best_dock(rows) != dock
    made.blank(rows, slice(None), "face")
    assert best_dock(rows) == "bottom left"


def test_nobody_without_a_prediction_has_no_panel(made):
    rows = made.person(*made.times(0.4), track=None)
    made.blank(rows, slice(0, 5), "valence", "arousal")
    moments = Moments(Trace(rows))
    assert moments.at(2, 0.08) == []
    (voice,) = moments.at(7, 0.28)
    assert (voice.track, voice.slot) == (None, 0)


def test_nobody_takes_no_place_from_somebody(made):
    start, end = made.times(0.4)
    nobody = made.person(start[:4], end[:4], track=None)
    made.blank(nobody, slice(None), "valence", "arousal")
    somebody = made.person(start[4:], end[4:], first_frame=4)
    moments = Moments(Trace(pd.concat([nobody, somebody])))
    assert [[m.slot for m in moments.at(k, start[k])] for k in range(10)] == [[]] * 4 + [[0]] * 6


def test_only_panels_that_are_there_push_others_away(made):
    """Nobody in view without a prediction needs no panel; people who follow each other share one."""
    start, end = made.times(2.0)
    nobody = made.person(start[:10], end[:10], track=None)
    made.blank(nobody, slice(None), "valence", "arousal")
    one = made.person(start[10:25], end[10:25], track=1, first_frame=10)
    two = made.person(start[25:], end[25:], track=2, first_frame=25)
    assert Moments(Trace(pd.concat([nobody, one, two]))).panels == 1
    assert Moments(Trace(nobody)).panels == 0
    assert Moments(Trace(nobody)).at(2, 0.08) == []

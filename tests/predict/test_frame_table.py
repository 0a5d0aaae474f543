"""From ticks to rows: intervals by what was there, and none where none is known."""

from dataclasses import replace

import numpy as np

from avaffect.predict.frame_table import Reading, half_widths, person_rows
from avaffect.streams.timeline import Timeline

BOTH = {"audio": np.array([True, True, False, False]), "visual": np.array([True, False, True, False])}
CALIBRATION = {
    "audio+visual": {"valence": 0.1, "arousal": 0.2},
    "audio": {"valence": 0.5, "arousal": 0.3},
    "visual": {"valence": 0.2, "arousal": 0.4},
}


def test_the_interval_is_that_of_what_was_available(debug_spec):
    spec = replace(debug_spec, calibration=CALIBRATION)
    widths = half_widths(spec, BOTH)
    np.testing.assert_allclose(widths[:, 0], [0.1, 0.5, 0.2, 0.5])
    np.testing.assert_allclose(widths[:, 1], [0.2, 0.3, 0.4, 0.4])


def test_what_is_unclear_widens_the_interval_of_its_condition(debug_spec):
    curve = ((-1.0, 0.3), (0.0, 0.0))
    widening = {"visual": {"detail": {"valence": curve, "arousal": curve}}}
    spec = replace(debug_spec, calibration=CALIBRATION, widening=widening)
    plain = half_widths(spec, BOTH)
    np.testing.assert_allclose(half_widths(spec, BOTH, {"detail": np.zeros(4)}), plain)
    np.testing.assert_allclose(half_widths(spec, BOTH, {"detail": np.full(4, np.nan)}), plain)
    unclear = half_widths(spec, BOTH, {"detail": np.full(4, -1.0), "snr": np.zeros(4)})
    np.testing.assert_allclose(unclear[[0, 1, 3]], plain[[0, 1, 3]])
    np.testing.assert_allclose(unclear[2], np.hypot(plain[2], 0.3))


def test_without_calibration_there_is_no_interval(debug_spec):
    spec = replace(debug_spec, calibration={})
    reading = Reading(np.zeros((4, 2)), BOTH, {})
    columns = person_rows(reading, spec, Timeline(12.5), np.array([0.05, 0.1]), None)
    np.testing.assert_allclose(columns["valence"], 0.0)
    assert np.isnan(columns["valence_lo"]).all()
    assert np.isnan(columns["attended_audio"]).all()
    assert np.isnan(columns["voiced"]).all()


def test_each_kind_of_gate_has_columns_of_its_own(debug_spec):
    timeline = Timeline(12.5)
    for kind, absent in (("attended", "share"), ("share", "attended")):
        gates = {f"{kind}.audio": np.array([0.1, 0.2, 0.3, 0.4]), f"{kind}.visual": np.full(4, 0.9)}
        reading = Reading(np.zeros((4, 2)), BOTH, gates)
        columns = person_rows(reading, debug_spec, timeline, timeline.centres(4), None)
        np.testing.assert_allclose(columns[f"{kind}_audio"], [0.1, np.nan, np.nan, np.nan])
        np.testing.assert_allclose(columns[f"{kind}_visual"], [0.9, np.nan, np.nan, np.nan])
        assert np.isnan(columns[f"{absent}_audio"]).all()
        assert np.isnan(columns[f"{absent}_visual"]).all()


def test_what_a_prediction_rests_on(debug_spec):
    timeline = Timeline(12.5)
    reading = Reading(np.zeros((4, 2)), BOTH, {})
    columns = person_rows(reading, debug_spec, timeline, timeline.centres(4), None)
    assert columns["source"].tolist() == ["face+voice", "voice", "face", None]


def test_intervals_stay_inside_the_range_and_a_long_absence_is_nan(debug_spec):
    spec = replace(debug_spec, calibration=CALIBRATION)
    ticks = 40
    there = np.zeros(ticks, dtype=bool)
    there[:5] = there[-5:] = True
    reading = Reading(np.full((ticks, 2), 0.95), {"audio": there, "visual": there}, {})
    pts = Timeline(12.5).centres(ticks)
    columns = person_rows(reading, spec, Timeline(12.5), pts, None)
    assert columns["valence_hi"][0] == 1.0
    assert np.isnan(columns["valence"][5:-5]).all()
    assert np.isfinite(columns["valence"][there]).all()


def test_between_two_sights_of_a_face_nothing_is_made_up(debug_spec):
    timeline = Timeline(12.5)
    there = {"audio": np.array([True] + [False] * 2 + [True]), "visual": np.array([True] * 4)}
    reading = Reading(np.full((4, 2), 0.5), there, {"attended.visual": np.full(4, 0.9)}, first=10)
    seen = np.array([True, False, False, False])
    pts = timeline.centres(14)[10:]
    columns = person_rows(reading, debug_spec, timeline, pts, None, seen)
    np.testing.assert_allclose(columns["valence"], [0.5, np.nan, np.nan, 0.5])
    np.testing.assert_allclose(columns["attended_visual"], [0.9, np.nan, np.nan, np.nan])

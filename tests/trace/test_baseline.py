"""Values relative to a person's own neutral."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from avaffect.errors import DataError
from avaffect.trace import Trace


@pytest.fixture
def two(made):
    """Two people for 4 s; the second is in view from second 2 on."""
    start, end = made.times(4.0)
    late = start >= 2
    parts = [made.person(start, end), made.person(start[late], end[late], track=2, seed=1)]
    return Trace(pd.concat(parts).sort_values(["start", "track"], kind="stable"))


def test_values_less_the_persons_mean_in_the_span(two):
    relative = two.relative_to([(0, 1), (3, 3.6, 2)])
    for number, (low, high) in ((1, (0, 1)), (2, (3, 3.6))):
        table = relative.track(number).table
        within = table[table["pts"].between(low, high - 0.001)]
        for target in ("valence", "arousal"):
            expected = table[target] - within[target].mean()
            np.testing.assert_allclose(table[f"{target}_rel"], expected, atol=1e-12)
    pd.testing.assert_frame_equal(
        relative.table.drop(columns=["valence_rel", "arousal_rel"]),
        two.table.drop(columns=["valence_rel", "arousal_rel"]),
    )


def test_rows_weigh_by_their_seconds_within_the_spans(made):
    start = np.array([0.0, 1.0, 3.0])
    trace = Trace(made.person(start, np.array([1.0, 3.0, 4.0])))
    value = trace.table["valence"].to_numpy()
    mean = (0.5 * value[0] + 2 * value[1] + 0.25 * value[2]) / 2.75
    found = trace.relative_to([(0.5, 2), (1.5, 3.25)]).table
    np.testing.assert_allclose(found["valence"] - found["valence_rel"], mean)


def test_whoever_is_not_in_the_span_has_no_relative_value(two, tmp_path):
    relative = two.relative_to([(0, 1)])
    assert relative.track(1).table["valence_rel"].notna().all()
    assert relative.track(2).table[["valence_rel", "arousal_rel"]].isna().all(axis=None)
    first, second = relative.summary()["people"]
    assert first["valence_rel"]["mean"] == pytest.approx(relative.track(1).table["valence_rel"].mean())
    assert second["valence_rel"] is None
    assert "against the baseline: valence" in relative.describe()
    assert "against the baseline" not in two.describe()
    again = [getattr(relative, f"to_{kind}")(tmp_path / f"t.{kind}") for kind in ("csv", "parquet", "jsonl")]
    for path in again:
        from avaffect import read_trace

        np.testing.assert_allclose(
            read_trace(path).table["valence_rel"], relative.table["valence_rel"], atol=1e-6
        )


def test_of_a_voice_only_speech_counts_that_may_be_theirs(made):
    start, end = made.times(2.0)
    rows = made.person(start, end, track=None)
    made.blank(rows, slice(None), "face", "speaking")
    rows["source"] = "voice"
    rows["voiced"] = np.where(np.arange(len(rows)) < 10, 0.2, 0.9)
    found = Trace(rows).relative_to([(0, 1)]).table
    expected = rows["valence"].to_numpy()[10:25].mean()
    np.testing.assert_allclose(found["valence"] - found["valence_rel"], expected)


def test_a_voice_without_a_face_beside_people_is_nobodys(two, made):
    start, end = made.times(4.0)
    voice = made.person(start, end, track=None, seed=2)
    made.blank(voice, slice(None), "face")
    voice["source"] = "voice"
    table = pd.concat([two.table, voice]).sort_values(["start", "track"], kind="stable")
    found = Trace(table).relative_to([(0, 1)])
    assert found.track(None).table["valence_rel"].isna().all()
    assert found.track(1).table["valence_rel"].notna().all()


@pytest.mark.parametrize(
    ("span", "message"),
    [
        ((5, 6), r"clips/interview.mp4: the baseline 5-6 s is outside of the recording, which lasts 4.00 s"),
        ((0, 60), "is outside"),
        ((2, 1), "is no span"),
        ((0, 1, 7), "is of person 7; it has 1, 2"),
        ((0, 1, 2), "there is no face and no voice of person 2"),
    ],
)
def test_spans_that_hold_nobody_are_refused(two, span, message):
    with pytest.raises(DataError, match=message):
        two.relative_to([span])
    two.relative_to([(3, 4.4)])  # a length that was rounded is none of these


def test_a_span_without_a_prediction_is_refused(made):
    rows = made.person(*made.times(2.0))
    made.blank(rows, slice(0, 25), "valence", "arousal", "face")
    with pytest.raises(DataError, match="there is no face and no voice of anybody"):
        Trace(rows).relative_to([(0, 1)])

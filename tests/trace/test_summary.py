"""Figures and words, against plain NumPy on tables with known gaps."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from avaffect.spec import VAGUE
from avaffect.trace import Trace
from avaffect.trace.describe import MEANING
from avaffect.trace.summary import summarise


def test_level_and_spread_at_an_even_rate(make_trace):
    trace = make_trace(4.0)
    (one,) = summarise(trace.table, trace.meta).people
    x = trace.table["arousal"].to_numpy()
    assert one.arousal.mean == pytest.approx(x.mean())
    assert one.arousal.sd == pytest.approx(x.std())
    assert (one.arousal.min, one.arousal.max) == (x.min(), x.max())
    assert one.arousal.range == pytest.approx(np.ptp(x))
    width = trace.table["arousal_hi"] - trace.table["arousal_lo"]
    assert one.arousal.interval == pytest.approx(width.mean())
    assert one.speech_share == pytest.approx((trace.table["voiced"] >= 0.5).mean())


@pytest.mark.parametrize(("reach", "vague"), [(0.85, False), (0.95, True)])
def test_intervals_as_wide_as_a_blind_guess_are_told(make_trace, reach, vague):
    trace = make_trace(2.0)
    for end, sign in (("lo", -1), ("hi", 1)):  # cut off at the ends of the scale, as they are written
        trace.table[f"valence_{end}"] = np.clip(trace.table["valence"] + sign * reach, -1, 1)
    (one,) = summarise(trace.table, trace.meta).people
    assert (one.valence.vague, one.arousal.vague) == (vague, False)
    assert one.valence.reach == pytest.approx(reach)  # what is cut off makes no interval look narrow
    assert one.valence.interval < 2 * reach
    assert f"interval about ±{reach:.2f}" in trace.describe()
    assert trace.describe().count(VAGUE) == vague
    without = trace.table.assign(arousal_lo=np.nan, arousal_hi=np.nan)
    json.dumps(summarise(without, trace.meta).as_dict(), allow_nan=False)


def test_rows_weigh_by_the_seconds_they_cover(made):
    # one second at 10 Hz with valence 0, then one second in a single row with valence 0.6
    start = np.append(np.arange(10) / 10, 1.0)
    rows = made.person(start, np.append(start[1:], 2.0))
    made.blank(rows, slice(None), "valence_")
    rows["valence"] = [0.0] * 10 + [0.6]
    made.blank(rows, np.arange(11) < 10, "face_")
    (one,) = summarise(rows, {}).people
    assert one.valence.mean == pytest.approx(0.3)
    assert one.valence.sd == pytest.approx(0.3)
    assert one.face_share == pytest.approx(0.5)
    assert one.seconds_seen == pytest.approx(1.0)


def test_missing_time_is_told_by_reason(made):
    start, end = made.times(1.0, rate=10)
    rows = made.person(start, end)
    rows["voiced"] = 0.9
    made.blank(rows, slice(0, 4), "face", "valence", "arousal", "speaking")
    rows.loc[rows["frame"] == 3, "speaking"] = 0.1
    rows.loc[rows["frame"] == 0, "voiced"] = np.nan
    rows.loc[rows["frame"] == 1, "voiced"] = 0.1
    made.blank(rows, slice(9, 10), "valence", "arousal")
    (one,) = summarise(rows, {}).people
    assert one.missing_share == pytest.approx(0.5)
    assert one.missing == pytest.approx(
        {
            "no face and no sound": 0.1,
            "no face and no speech": 0.1,
            "no face and a voice that may be another's": 0.1,
            "no face and another's voice": 0.1,
            "face too unclear": 0.1,
        }
    )


def test_what_the_model_does_not_use_is_no_reason(made):
    rows = made.person(*made.times(1.0, rate=10))
    rows["voiced"] = 0.9
    made.blank(rows, slice(0, 4), "face", "valence", "arousal", "speaking")
    (voice,) = summarise(rows, {"streams": ["audio"]}).people
    assert voice.missing == pytest.approx({"too little speech": 0.4})
    (face,) = summarise(rows, {"streams": ["visual"]}).people
    assert face.missing == pytest.approx({"no face": 0.4})


def test_the_share_of_the_speech_that_is_their_own(made):
    rows = made.person(*made.times(1.0, rate=10))
    rows["voiced"], rows["speaking"] = 0.9, [0.9] * 3 + [0.1] * 2 + [np.nan] * 5
    (one,) = summarise(rows, {}).people
    assert one.speaking_share == pytest.approx(0.6)
    assert one.told_share == pytest.approx(0.5)
    assert "speech in 100 % of the time, 60 % of it theirs" in Trace(rows).describe()
    assert "60 % of it theirs where that can be told (50 % of the time)" in Trace(rows).describe()
    rows["voiced"] = [0.9] * 5 + [0.1] * 5
    assert "speech in 50 % of the time, 60 % of it theirs\n" in Trace(rows).describe()
    rows["speaking"] = np.nan
    (one,) = summarise(rows, {}).people
    assert one.speaking_share is None
    assert "theirs" not in Trace(rows).describe()


def test_the_summary_is_json_and_covers_every_file_and_person(make_trace):
    both = Trace.concat([make_trace(1.0, file="a.mp4"), make_trace(1.0, people=2, file="b.mp4")])
    summary = json.loads(json.dumps(both.summary(), allow_nan=False))
    assert [(p["file"], p["track"]) for p in summary["people"]] == [
        ("a.mp4", 1), ("b.mp4", 1), ("b.mp4", 2),
    ]  # fmt: skip
    assert summary["duration"] == pytest.approx(2.0)


def test_what_the_predictions_rest_on(made):
    rows = made.person(*made.times(4.0))
    voice = made.person(*made.times(1.0), track=None)
    rows["source"] = ["face"] * 75 + ["face+voice"] * 25
    voice["source"] = "voice"
    trace = Trace(pd.concat([rows, voice]).sort_values(["start", "track"], kind="stable"))
    first, nobody = trace.summary()["people"]
    assert first["source"] == pytest.approx({"face+voice": 0.25, "face": 0.75})
    assert nobody["source"] == pytest.approx({"voice": 1.0})
    assert "1 person and a voice without a face, 4.0 s" in trace.describe()
    assert "predicted from face and voice for 25 %, the face alone for 75 % of the time" in trace.describe()


def test_words_for_a_pleasant_calm_person(make_trace, made):
    trace = make_trace(2.0)
    made.blank(trace.table, slice(None), "valence_", "arousal_")
    trace.table["valence"], trace.table["arousal"] = 0.2, -0.5
    text = Trace(trace.table, meta=made.META).describe()
    assert "interview.mp4: 1 person, 2.0 s (model hgrjca.default)" in text
    assert "Person 1: in view 2.0 of 2.0 s" in text
    assert "mildly pleasant, calm" in text
    assert "valence  mean +0.20, from +0.20 to +0.20" in text
    assert text.endswith(MEANING)


def test_the_intervals_level_is_the_models(make_trace):
    trace = make_trace(1.0)
    assert "90 % interval" in trace.describe()
    assert "80 % interval" in Trace(trace.table, meta={"coverage": 0.8}).describe()


def test_words_where_there_is_nothing_to_predict(made):
    rows = made.person(*made.times(1.0), track=None)
    made.blank(rows, slice(None), "face", "attended", "valence", "arousal", "voiced")
    text = Trace(rows).describe()
    assert "nobody in view" in text
    assert "no sound" in text
    assert "no prediction for 100 % of the time: no face and no sound" in text
    assert "mean" not in text


def test_a_voice_alone_is_called_a_voice(made):
    rows = made.person(*made.times(1.0), track=None, file="message.wav")
    made.blank(rows, slice(None), "face", "attended_visual")
    rows["frame"] = pd.array([pd.NA] * len(rows), dtype="Int64")
    text = Trace(rows).describe()
    assert "message.wav: nobody in view" in text
    assert "  Voice: 1.0 s, speech in" in text


def test_a_single_picture_has_figures(make_trace, made):
    rows = made.person(np.array([0.0]), np.array([0.0]))
    (one,) = summarise(rows, {}).people
    assert one.valence.mean == pytest.approx(rows["valence"].iloc[0])
    assert one.face_share == 1.0
    assert one.valence.interval == pytest.approx(0.4)

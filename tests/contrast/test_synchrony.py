"""Cross-correlation of two people, against pandas and on courses whose lag is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from avaffect import synchrony
from avaffect.contrast import draw_synchrony
from avaffect.contrast.dyads import in_words, over_recordings, pair_of
from avaffect.contrast.synchrony import cross_correlation
from avaffect.errors import DataError
from avaffect.trace import Edits, Trace

RATE = 4.0


def smooth(random, seconds, rate=10.0):
    """A slow course, (n,)."""
    noise = random.normal(0, 1, round(seconds * rate) + 40)
    kernel = np.hanning(31)
    return 0.5 * np.convolve(noise, kernel / np.sqrt((kernel**2).sum()), mode="same")[20:-20]


@pytest.fixture
def person(made):
    """``person(values)``: a trace of one person with this valence, 10 rows a second."""

    def make(values, track=1, file="talk.mp4"):
        rows = made.person(*made.times(len(values) / 10, rate=10), track=track, file=file)
        made.blank(rows, slice(None), "valence_", "arousal")
        rows["valence"] = np.clip(values, -1, 1)
        rows["source"] = "face"
        return Trace(rows, meta=made.META)

    return make


def test_cross_correlation_is_pandas_correlation_of_shifted_series():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(2, 90))
    x[[3, 4, 40]], y[[10, 88]] = np.nan, np.nan
    found = cross_correlation(x, y, 12)
    expected = [pd.Series(x).corr(pd.Series(y).shift(-k)) for k in range(-12, 13)]
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("lag", [0.0, 1.5, -2.0])
def test_who_follows_and_by_how_much(person, lag):
    random = np.random.default_rng(1)
    base = smooth(random, 140)
    shift = round(lag * 10)
    one, two = base[100:1300], base[100 - shift : 1300 - shift] + 0.1 * smooth(random, 120)
    found = synchrony(person(one), person(two, track=2))["valence"]
    assert found.lag == pytest.approx(lag, abs=0.26)
    assert found.peak > 0.8
    assert found.p < 0.02
    assert found.chance < found.peak
    assert found.seconds == pytest.approx(120, abs=1)
    words = " ".join(in_words(found))
    assert ("at the same time" in words) if lag == 0 else (f"person {2 if lag > 0 else 1} " in words)


def test_unrelated_courses_are_found_related_no_more_often_than_by_chance(person):
    random = np.random.default_rng(2)
    found = [
        synchrony(person(smooth(random, 120)), person(smooth(random, 120), track=2))["valence"].p
        for _ in range(24)
    ]
    # of 24, one is expected below 0.05; more than 5 with probability 0.001
    assert sum(p <= 0.05 for p in found) <= 5
    assert np.mean(found) == pytest.approx(0.5, abs=0.2)


def test_a_common_drift_alone_is_no_relation(person):
    random = np.random.default_rng(3)
    drift = np.linspace(-0.4, 0.4, 1200)
    a, b = (drift + 0.1 * smooth(random, 120) for _ in range(2))
    assert np.corrcoef(a, b)[0, 1] > 0.8
    assert abs(synchrony(person(a), person(b, track=2))["valence"].at_once) < 0.5


def test_a_short_recording_tells_nothing_of_chance(person):
    random = np.random.default_rng(4)
    x = smooth(random, 30)
    found = synchrony(person(x), person(x, track=2))["valence"]
    assert found.peak == pytest.approx(1.0)
    assert np.isnan([found.p, found.chance]).all()
    assert found.as_dict()["p"] is None
    assert "too short to tell what chance would give" in " ".join(in_words(found))


def test_of_a_second_in_common_there_is_no_correlation(person):
    random = np.random.default_rng(4)
    x = smooth(random, 9)
    found = synchrony(person(x), person(-x, track=2))["valence"]
    assert np.isnan([found.peak, found.lag, found.at_once]).all()
    assert in_words(found) == [
        "valence: too little to correlate: 9 s that both have, at least 10 s are needed"
    ]
    still = person(np.full(200, 0.5))
    assert in_words(synchrony(still, person(smooth(random, 20), track=2))["valence"]) == [
        "valence: nothing to correlate: one of the two does not change"
    ]


def test_pairs_without_a_correlation_are_none_of_the_interval(person):
    random = np.random.default_rng(8)

    def pair(seconds):
        x = smooth(random, seconds)
        return synchrony(person(x), person(x, track=2))

    found = [*(pair(70) for _ in range(4)), *(pair(5) for _ in range(2))]
    overall, notes = over_recordings(found)
    assert np.isnan(overall["valence"].low)
    assert notes == ["no intervals: 4 pairs, at least 5 are needed"]


def test_one_voice_for_both_is_told(person):
    random = np.random.default_rng(5)
    traces = [person(smooth(random, 70), track=k) for k in (1, 2)]
    for trace in traces:
        trace.table["source"] = trace.table["source"].mask(trace.table["pts"] < 28, "face+voice")
    found = synchrony(*traces)
    assert found["valence"].shared_voice == pytest.approx(0.4, abs=0.01)
    assert "40 % of the time both rest on the one voice" in " ".join(in_words(found["valence"]))
    assert found["arousal"].seconds == 0
    assert np.isnan(found["arousal"].peak)


def test_gaps_are_left_out(person):
    random = np.random.default_rng(6)
    x = smooth(random, 120)
    y = x.copy()
    y[300:500] = np.nan
    found = synchrony(person(x), person(y, track=2))["valence"]
    assert found.seconds == pytest.approx(100, abs=0.5)
    assert found.peak > 0.99


def test_several_pairs_have_an_interval_over_pairs(person):
    random = np.random.default_rng(7)
    found = []
    for _ in range(6):
        x = smooth(random, 70)
        found.append(synchrony(person(x), person(x + 0.3 * smooth(random, 70), track=2)))
    overall, notes = over_recordings(found)
    each = np.array([one["valence"].at_once for one in found])
    assert overall["valence"].value == pytest.approx(each.mean())
    assert each.min() <= overall["valence"].low < overall["valence"].high <= each.max()
    assert notes == ["intervals of 6 pairs tend to be too narrow"]
    assert over_recordings(found[:3])[1] == ["no intervals: 3 pairs, at least 5 are needed"]


def test_what_is_no_pair_is_refused(make_trace):
    with pytest.raises(DataError, match="synchrony is of one person each"):
        synchrony(make_trace(2.0, people=2), make_trace(2.0))


def test_numbers_of_one_name_are_one_person(person):
    random = np.random.default_rng(9)
    ana, ben = smooth(random, 60), smooth(random, 60)
    late = person(ana, track=3).table
    early, late = late[late["pts"] < 30].assign(track=1), late[late["pts"] >= 31]
    rows = pd.concat([early, late, person(ben, track=2).table]).astype({"track": "Int64"})
    rows = rows.sort_index(level=["start", "end"], kind="stable", sort_remaining=False)
    trace = Trace(rows, meta=person(ana).meta).edited(Edits({1: "Ana", 3: "Ana"}))
    one, other = pair_of(trace, "Ana", "2")
    found = synchrony(one, other)["valence"]
    assert found.names == ("Ana", "person 2")
    assert found.seconds == pytest.approx(59, abs=0.5)
    assert synchrony(*pair_of(trace, "3", "2"))["valence"].names == ("Ana (3)", "person 2")
    with pytest.raises(DataError, match="Ana and 3 are one person"):
        pair_of(trace, "Ana", "3")
    together = trace.edited(Edits({2: "Ana", 3: "Ben"}))
    with pytest.raises(DataError, match=r"at once for 30\.0 s.*1 and 2 are called Ana"):
        pair_of(together, "Ana", "Ben")


def test_without_a_correlation_there_is_no_plot(person, tmp_path):
    x = smooth(np.random.default_rng(4), 9)
    with pytest.raises(DataError, match="no plot: valence: too little to correlate: 9 s"):
        draw_synchrony(synchrony(person(x), person(-x, track=2)), tmp_path / "x.png")
    assert not list(tmp_path.iterdir())
    with pytest.raises(DataError, match=r"max_lag=0\.1: expected at least one step, 0\.25 s"):
        synchrony(person(x), person(-x, track=2), max_lag=0.1)

"""Two groups, against scipy and plain NumPy."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from avaffect import compare
from avaffect.contrast import cases_of, draw_groups
from avaffect.errors import DataError
from avaffect.trace import Edits, Span, Trace


@pytest.fixture
def group(made):
    """``group(name, levels)``: a recording for each level, in a folder of that name."""

    def make(name, levels, *, people=1):
        traces = []
        for k, level in enumerate(levels):
            rows = made.person(*made.times(6.0, rate=10), seed=k, file=f"{name}/P{k:02d}.mp4")
            spread = rows["valence"] - rows["valence"].mean()
            rows["valence"] = np.clip(level + 0.3 * spread, -1, 1)
            rows["valence_lo"], rows["valence_hi"] = rows["valence"] - 0.0, rows["valence"] + 0.0
            traces.append(Trace(rows, meta=made.META))
        return traces

    return make


LEVELS = np.array([0.10, 0.32, -0.05, 0.21, 0.18, 0.44, 0.02, 0.27])
OTHERS = np.array([-0.20, 0.05, -0.31, 0.12, -0.08, 0.01, -0.15])


def means(traces, target="valence"):
    return np.array([trace.table[target].mean() for trace in traces])


def statistic(comparison, target="valence", measure="mean"):
    (found,) = (s for s in comparison.statistics if (s.target, s.measure) == (target, measure))
    return found


def test_means_difference_and_effect(group):
    one, two = group("calm", LEVELS), group("stress", OTHERS)
    found = statistic(compare(one, two))
    x, y = means(one), means(two)
    assert (found.first.value, found.second.value) == pytest.approx((x.mean(), y.mean()))
    assert found.difference.value == pytest.approx(x.mean() - y.mean())
    t = stats.ttest_ind(x, y).statistic  # Cohen's d is the t of equal variances without the sizes
    assert found.effect == pytest.approx(t * np.sqrt(1 / len(x) + 1 / len(y)))
    sd = statistic(compare(one, two), "arousal", "sd").first.value
    assert sd == pytest.approx(np.mean([trace.table["arousal"].std(ddof=0) for trace in one]))


def test_intervals_resample_recordings_as_scipy_does(group):
    one, two = group("calm", LEVELS), group("stress", OTHERS)
    found = statistic(compare(one, two, resamples=20_000))

    def difference(a, b, axis=-1):
        return a.mean(axis) - b.mean(axis)

    options = {"n_resamples": 20_000, "method": "percentile", "rng": np.random.default_rng(5)}
    expected = stats.bootstrap((means(one), means(two)), difference, vectorized=True, **options)
    assert (found.difference.low, found.difference.high) == pytest.approx(
        tuple(expected.confidence_interval), abs=0.006
    )
    expected = stats.bootstrap((means(one),), np.mean, vectorized=True, **options).confidence_interval
    assert (found.first.low, found.first.high) == pytest.approx(tuple(expected), abs=0.006)


def test_more_frames_do_not_make_intervals_narrower(group, made):
    short, others = group("calm", LEVELS), group("stress", OTHERS)
    long = [Trace(_stretched(trace.table)) for trace in short]
    few, many = (statistic(compare(x, others)).difference for x in (short, long))
    assert (few.low, few.high) == pytest.approx((many.low, many.high), abs=1e-9)


def _stretched(table):
    """Every row as ten rows of a tenth of its length."""
    rows = table.reset_index()
    rows = rows.loc[rows.index.repeat(10)].reset_index(drop=True)
    part, length = np.arange(len(rows)) % 10, (rows["end"] - rows["start"]) / 10
    rows["start"] += part * length
    rows["end"] = rows["start"] + length
    return rows.set_index(["file", "start", "end"])


def test_pairs_have_the_same_name_and_are_resampled_together(group):
    one, two = group("calm", LEVELS), group("stress", OTHERS)
    comparison = compare(one, two, paired=True, resamples=20_000)
    found, x, y = statistic(comparison), means(one)[:7], means(two)
    assert found.difference.value == pytest.approx((x - y).mean())
    assert found.effect == pytest.approx(stats.ttest_rel(x, y).statistic / np.sqrt(7))
    assert "d_z" in comparison.effect_text
    options = {"n_resamples": 20_000, "method": "percentile", "rng": np.random.default_rng(5)}
    expected = stats.bootstrap((x - y,), np.mean, vectorized=True, **options).confidence_interval
    assert (found.difference.low, found.difference.high) == pytest.approx(tuple(expected), abs=0.006)
    assert "left out, without a partner: calm/P07.mp4" in comparison.notes
    assert any("intervals of 7 pairs tend to be too narrow" in note for note in comparison.notes)


def test_people_of_one_recording_are_resampled_together(made, make_trace):
    both = [make_trace(3.0, people=2, file=f"a{k}.mp4") for k in range(6)]
    others = [make_trace(3.0, people=2, file=f"b{k}.mp4") for k in range(6)]
    found = statistic(compare(both, others, people="all"))
    assert found.counts == (12, 12)
    # all recordings are alike, their two people are not: nothing is left to resample
    assert (found.first.low, found.first.high) == pytest.approx((found.first.value,) * 2)


def test_too_few_recordings_have_no_interval_and_it_is_said(group):
    comparison = compare(group("calm", LEVELS[:3]), group("stress", OTHERS), names=("calm", "stress"))
    found = statistic(comparison)
    assert np.isnan([found.first.low, found.difference.low]).all()
    assert np.isfinite(found.second.low)
    assert "calm: no intervals: 3 recordings, at least 5 are needed" in comparison.notes
    assert np.isnan(comparison.courses["valence"][0].low).all()


def test_a_recording_without_a_prediction_is_no_unit(group, made):
    rows = made.person(*made.times(4.0), track=None, file="stress/P00.mp4")
    made.blank(rows, slice(None), "face", "valence", "arousal", "voiced", "speaking")
    empty = Trace(rows, meta=made.META)
    calm, stress = group("calm", LEVELS[:5]), group("stress", OTHERS[:5])
    for paired, size in ((False, 4), (True, 4)):
        found = compare(calm, [empty, *stress[1:]], names=("calm", "stress"), paired=paired)
        assert len(found.cases[1]) == size
        assert "left out, without any prediction: stress/P00.mp4" in found.notes
        assert not any("too narrow" in note for note in found.notes if "stress" in note)
        assert np.isnan(statistic(found).difference.low)
    with pytest.raises(DataError, match=r"stress: there is no prediction in stress/P00\.mp4"):
        compare(calm, [empty], names=("calm", "stress"))


def test_courses_are_means_over_steps(group):
    one, two = group("calm", LEVELS), group("stress", OTHERS)
    first, second = compare(one, two).courses["valence"]
    assert first.each.shape == (8, 12)  # steps of half a second
    by_hand = np.array([trace.table["valence"].to_numpy().reshape(12, 5).mean(axis=1) for trace in one])
    np.testing.assert_allclose(first.each, by_hand)
    np.testing.assert_allclose(first.mean, by_hand.mean(axis=0))
    assert (first.low < first.mean).all()
    assert (second.mean < second.high).all()


def test_excluded_spans_and_chosen_people_count(make_trace):
    traces = [make_trace(4.0, people=2, file=f"a{k}.mp4") for k in range(2)]
    traces[0] = traces[0].edited(Edits({2: "Ana"}, excluded=(Span(0, 2, 2),)))
    (case,) = cases_of(traces, "Ana")
    rows = traces[0].track(2).table
    assert case.value("mean", "valence") == pytest.approx(rows["valence"].iloc[50:].mean())
    assert case.seconds == pytest.approx(2.0)
    assert [c.person.track for c in cases_of(traces, 2)] == [2, 2]
    with pytest.raises(DataError, match="no recording has a person 'Ann'; did you mean 'Ana'"):
        cases_of(traces, "Ann")


def test_what_was_edited_is_said(group):
    calm = group("calm", LEVELS[:3])
    calm[1] = calm[1].edited(Edits(excluded=(Span(0, 2),)))
    comparison = compare(calm, group("stress", OTHERS[:3]))
    assert "edited: calm/P01.mp4" in comparison.notes
    told = comparison.people().set_index("file")["edits"]
    assert told["calm/P01.mp4"] == Edits.of(calm[1].meta, "calm/P01.mp4").told()
    assert (told.drop("calm/P01.mp4") == "").all()


def test_as_json_and_tables(group):
    comparison = compare(group("calm", LEVELS[:3]), group("stress", OTHERS))
    told = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))
    assert told["statistics"][0]["first"]["low"] is None
    assert told["people"][0]["file"] == "calm/P00.mp4"
    assert len(comparison.people()) == 10
    assert comparison.table()["difference"].iloc[0] == statistic(comparison).difference.value


def test_a_recording_belongs_to_one_group(group):
    one = group("calm", LEVELS)
    with pytest.raises(DataError, match="calm/P00.mp4 is in both groups"):
        compare(one, one)
    with pytest.raises(DataError, match="no two recordings have one name"):
        compare(one[:1], group("stress", OTHERS)[1:2], paired=True)


def test_a_plot_says_of_which_group_there_is_no_mean(group):
    apart = group("apart", LEVELS[:3])
    parts = [
        Trace(one.table[(one.table["pts"] >= 2 * k) & (one.table["pts"] < 2 * k + 2)], meta=one.meta)
        for k, one in enumerate(apart)
    ]
    said = [
        text.get_text() for text in draw_groups(compare(parts, group("calm", LEVELS), names=("x", "y"))).texts
    ]
    assert any(
        "No thick line of x: never have half of its people a value at the same time." in s for s in said
    )
    whole = draw_groups(compare(apart, group("calm", LEVELS)))
    assert not any("No thick line" in text.get_text() for text in whole.texts)


def test_why_there_is_nobody_is_told_and_what_was_asked_is_not_proposed(made):
    rows = made.person(*made.times(2.0), track=None, file="voice.wav")
    voice = Trace(rows, meta=made.META)
    assert [case.person.track for case in cases_of([voice])] == [None]
    for traces, people, said in (
        ([], "main", "no recordings to compare"),
        ([voice.table.iloc[:0]], "main", "no recordings to compare"),
        ([voice], "all", "nobody is in view in voice.wav; people 'main' takes the voice"),
        ([voice], "mian", "no recording has a person 'mian'; did you mean 'main'?"),
        ([voice], 3, "no recording has a person 3; known: all, main"),
    ):
        with pytest.raises(DataError) as error:
            cases_of([one if isinstance(one, Trace) else Trace(one) for one in traces], people)
        assert said in str(error.value)

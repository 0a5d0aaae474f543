"""Smoothing against a frame-by-frame reference; gaps, edges and time."""

from dataclasses import replace

import numpy as np
import pytest

from avaffect.errors import DataError
from avaffect.evaluate import Recording, Smoothing, clip


@pytest.fixture
def noisy(timed):
    random = np.random.default_rng(0)
    start = np.cumsum(random.uniform(0.02, 0.06, 200))  # a variable frame rate
    values = np.clip(np.sin(start)[:, None] * [0.5, -0.3] + 0.1 * random.standard_normal((200, 2)), -1, 1)
    return timed(values, start=start)


def slow(recording, smoothing):
    """Each frame on its own: its window, then numpy's mean or polynomial."""
    start, out = recording.start, np.full_like(recording.values, np.nan)
    for column, x in enumerate(recording.values.T):
        for i in np.flatnonzero(np.isfinite(x)):
            back, ahead = (1, 0) if smoothing.causal else (0.5, 0.5)
            late = (
                start > start[i] - smoothing.window
                if smoothing.causal
                else start >= start[i] - 0.5 * smoothing.window
            )
            inside = late & (start <= start[i] + ahead * smoothing.window + 1e-12)
            first, last = i, i
            while first > 0 and inside[first - 1] and np.isfinite(x[first - 1]):
                first -= 1
            while last < len(x) - 1 and inside[last + 1] and np.isfinite(x[last + 1]):
                last += 1
            t, v = start[first : last + 1] - start[i], x[first : last + 1]
            if smoothing.kind == "box":
                out[i, column] = v.mean()
            elif len(v) > smoothing.order:
                out[i, column] = np.polyval(np.polyfit(t, v, smoothing.order), 0)
            else:
                out[i, column] = x[i]
    return out


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("text", ["box:0.5", "savgol:0.6:2", "savgol:0.9:3"])
def test_smoothing_is_what_it_says(noisy, text, causal):
    values = noisy.values.copy()
    values[60:70, 0] = np.nan
    values[120, 1] = np.nan
    recording = replace(noisy, values=values)
    smoothing = Smoothing.parse(text, causal=causal)
    np.testing.assert_allclose(smoothing(recording).values, slow(recording, smoothing), atol=1e-8)


@pytest.mark.parametrize("text", ["box:2.0", "savgol:2.0"])
@pytest.mark.parametrize("causal", [False, True])
def test_a_gap_is_never_bridged(timed, text, causal):
    values = np.zeros((100, 2))
    values[50:55] = np.nan
    values[55:] = 1.0
    found = Smoothing.parse(text, causal=causal)(timed(values)).values
    assert np.isnan(found[50:55]).all()
    np.testing.assert_allclose(found[:50], 0.0, atol=1e-9)
    np.testing.assert_allclose(found[55:], 1.0, atol=1e-9)


def test_missing_rows_are_a_gap_too(timed):
    start = np.arange(40) / 25
    start[20:] += 0.2
    recording = timed(np.repeat([[0.0], [1.0]], 20, axis=0) * np.ones(2), start=start)
    recording = replace(recording, end=start + 0.04)
    assert set(np.unique(Smoothing("box", 1.0)(recording).values)) == {0.0, 1.0}


@pytest.mark.parametrize("text", ["box:0.8", "savgol:0.8"])
def test_causal_smoothing_does_not_look_ahead(noisy, text):
    later = noisy.values.copy()
    later[100:] = 0.9
    changed = replace(noisy, values=later)
    trailing, centred = Smoothing.parse(text, causal=True), Smoothing.parse(text)
    np.testing.assert_array_equal(trailing(changed).values[:100], trailing(noisy).values[:100])
    assert (centred(changed).values[:100] != centred(noisy).values[:100]).any()


def test_ends_are_cut_not_padded(timed):
    constant = timed(np.full((50, 2), 0.7))
    for text in ("box:1.0", "savgol:1.0"):
        np.testing.assert_allclose(Smoothing.parse(text)(constant).values, 0.7, atol=1e-9)


def test_an_even_rate_has_an_exact_window(timed):
    pulse = np.zeros((101, 2))
    pulse[50] = 1.0
    centred = Smoothing("box", 0.8)(timed(pulse)).values[:, 0]
    assert np.flatnonzero(centred > 1e-9).tolist() == list(range(40, 61))
    trailing = Smoothing("box", 0.8, causal=True)(timed(pulse)).values[:, 0]
    assert np.flatnonzero(trailing > 1e-9).tolist() == list(range(50, 70))
    assert trailing[50:70] == pytest.approx(1 / 20)


def test_a_polynomial_passes_unchanged(timed):
    t = np.arange(80) / 25
    values = np.stack([0.1 - 0.2 * t + 0.05 * t**2, 0.3 * t - 0.5], axis=1)
    np.testing.assert_allclose(Smoothing("savgol", 1.0)(timed(values)).values, values, atol=1e-9)


def test_smoothing_says_what_it_does():
    assert str(Smoothing("box", 1.5, causal=True)) == "box of 1.5 s, trailing (causal)"
    assert "not causal: looks 0.4 s ahead" in str(Smoothing("savgol", 0.8))


@pytest.mark.parametrize("text", ["box", "box:a", "box:1:2", "savgol:1:2:3", "savgol:1:b"])
def test_other_forms_are_refused(text):
    with pytest.raises(DataError, match="write box:1.0 or savgol:1.0:2"):
        Smoothing.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bax:1", "did you mean 'box'"),
        ("box:-1", "positive"),
        ("box:nan", "positive"),
        ("savgol:1:9", "order 0 to 5"),
    ],
)
def test_other_settings_are_refused(text, message):
    with pytest.raises(DataError, match=message):
        Smoothing.parse(text)


def test_frames_without_times_need_a_rate():
    recording = Recording("a", np.zeros((10, 2)), frame=np.arange(10))
    with pytest.raises(DataError, match="--frame-rate"):
        Smoothing("box", 1.0)(recording)
    assert Smoothing("box", 1.0)(recording.timed(25.0)).values.shape == (10, 2)
    with pytest.raises(DataError, match="positive"):
        recording.timed(0.0)


def test_clip_counts_what_it_changed(timed):
    (found,), changed = clip([timed(np.array([[1.2, 0.5], [-1.4, np.nan]]))])
    assert changed == 2
    np.testing.assert_array_equal(found.values, [[1.0, 0.5], [-1.0, np.nan]])

"""One channel from many: no voice is lost to silent, opposite or many channels."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.media.mixdown import Mixdown

RATE = 16000


def voice(seconds=2.0, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)


def mixed(channels, names=None, piece=400):
    samples = np.stack(channels, axis=1)
    mixdown = Mixdown(names or [""] * len(channels), RATE)
    parts = [mixdown(samples[at : at + piece]) for at in range(0, len(samples), piece)]
    return np.concatenate(parts), mixdown.cancelled


def power(samples):
    return float(np.square(samples).mean())


def test_unrelated_and_equal_channels_are_averaged():
    for left, right in ((voice(), voice(seed=1)), (voice(), voice())):
        out, cancelled = mixed([left, right])
        np.testing.assert_allclose(out, (left + right) / 2, atol=1e-7)
        assert cancelled == 0


@pytest.mark.parametrize("gain", [1.0, 0.9])
def test_opposite_channels_leave_the_louder_one(gain):
    out, cancelled = mixed([voice(), -gain * voice()])
    np.testing.assert_array_equal(out, voice())
    assert cancelled == pytest.approx(2.0)


def test_channels_that_turn_opposite_are_heard_on():
    right = np.concatenate([voice(2.0), -voice(4.0)[2 * RATE :]])
    out, cancelled = mixed([voice(4.0)[: len(right)], right])
    assert power(out[-RATE:]) > 0.5 * power(voice())
    assert 1.5 < cancelled < 2.0


@pytest.mark.parametrize("count", [2, 8, 64])
@pytest.mark.parametrize("at", [0, -1])
def test_one_voice_among_silent_channels_keeps_its_level(count, at):
    channels = [np.zeros(2 * RATE, np.float32)] * count
    channels[at] = voice()
    out, _ = mixed(channels)
    np.testing.assert_allclose(out, voice(), atol=1e-6)


def test_many_unrelated_channels_are_not_taken_for_opposite():
    _, cancelled = mixed([voice(seed=k) for k in range(64)])
    assert cancelled == 0


def test_the_centre_leads_and_bass_is_left_out():
    names = ["FL", "FR", "FC", "LFE", "BL", "BR"]
    centre, bass = voice(), 5 * voice(seed=1)
    quiet = [0.1 * voice(seed=k) for k in (2, 3, 4, 5)]
    out, _ = mixed([quiet[0], quiet[1], centre, bass, quiet[2], quiet[3]], names)
    assert np.corrcoef(out, centre)[0, 1] > 0.95
    assert abs(np.corrcoef(out, bass)[0, 1]) < 0.05


def test_silence_stays_silence():
    out, cancelled = mixed([np.zeros(RATE, np.float32)] * 3)
    assert not out.any()
    assert cancelled == 0


@pytest.mark.parametrize("seconds", [0, 1 / 50])
def test_what_opposite_channels_share_below_speech_hides_nothing(seconds):
    """An offset, or the hum of the mains, louder than the voice."""
    time = np.arange(2 * RATE) / RATE
    low = 0.3 * (np.sin(2 * np.pi * time / seconds) if seconds else np.ones_like(time)).astype(np.float32)
    out, cancelled = mixed([low + voice(), low - voice()])
    assert cancelled == pytest.approx(2.0)
    np.testing.assert_array_equal(out, low + voice())


def test_a_channel_of_an_offset_alone_is_silent():
    out, _ = mixed([voice(), np.full(2 * RATE, 0.3, np.float32)])
    np.testing.assert_array_equal(out, voice())

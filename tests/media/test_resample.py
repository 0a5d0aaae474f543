"""Resampling keeps a tone a tone, in time and in height."""

import numpy as np
import pytest

from avaffect.errors import MediaError
from avaffect.media.resample import resample


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_a_tone_stays_the_tone_that_it_was(rate):
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)
    expected = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    out = resample(tone, rate)
    assert abs(len(out) - 16000) <= 1
    middle = slice(1000, 15000)
    np.testing.assert_allclose(out[middle], expected[middle], atol=0.01)


def test_what_cannot_be_resampled_is_said():
    with pytest.raises(MediaError, match="one channel"):
        resample(np.zeros((2, 100)), 44100)
    with pytest.raises(MediaError, match="whole number"):
        resample(np.zeros(100), 0)
    with pytest.raises(MediaError, match="NaN"):
        resample(np.array([np.nan]), 44100)

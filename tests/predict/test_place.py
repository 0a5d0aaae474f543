"""What is said means the same whenever in a recording it is said."""

from pathlib import Path

import numpy as np
import pytest

import avaffect
from avaffect import media

# hgrjca.open has learnt from 22 voices: the window in which a sentence lies still tells with it.
APART = {"audio.default": 0.1, "hgrjca.default": 0.1, "jca.default": 0.1, "hgrjca.open": 0.4}
SAMPLE = Path(__file__).parents[2] / "examples" / "sample.mp4"
RATE = 16_000


@pytest.fixture(scope="module")
def voice():
    samples, _, _ = media.read_audio(SAMPLE)
    return samples[: 3 * RATE]


@pytest.mark.parametrize("name", APART)
def test_a_voice_reads_the_same_wherever_in_a_recording_it_is(name, voice):
    predictor = avaffect.load(name)

    def means(seconds):
        before = np.random.default_rng(0).normal(0, 3e-4, round(seconds * RATE))
        samples = np.concatenate([before, voice]).astype(np.float32)
        table = predictor.process_signal(samples=samples, sample_rate=RATE).table
        said = table[table.pts >= seconds - 1e-6]
        return said[["valence", "arousal"]].mean().to_numpy()

    alone = means(0)
    for seconds in (1, 2, 3, 4, 5, 7, 10):
        np.testing.assert_allclose(means(seconds), alone, atol=APART[name], err_msg=f"{seconds} s later")


@pytest.mark.parametrize("name", APART)
def test_a_voice_that_goes_on_is_read_evenly(name, voice):
    """A sentence said ten times over: what is read of it does not come and go with windows of the encoder."""
    table = avaffect.load(name).process_signal(samples=np.tile(voice, 10), sample_rate=RATE).table
    by_sentence = table.groupby((table.pts // 3).astype(int))[["valence", "arousal"]].mean()
    assert (by_sentence.iloc[1:-1].max() - by_sentence.iloc[1:-1].min()).max() < APART[name]

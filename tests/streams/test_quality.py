"""How clear a face and a voice are, and what that adds to the intervals."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from avaffect.media.sound import SAMPLE_RATE
from avaffect.streams.quality import HIGHEST_SNR, added_squares, face_detail, voice_snr
from avaffect.voice import frame_level, log_mel

FACE = cv2.resize(data.astronaut()[0:220, 110:330], (112, 112), interpolation=cv2.INTER_AREA)


def small(side: int) -> np.ndarray:
    return cv2.resize(cv2.resize(FACE, (side, side), interpolation=cv2.INTER_AREA), (112, 112))


def test_detail_falls_as_a_face_gets_smaller_or_blurred() -> None:
    sizes = face_detail(np.stack([FACE, small(64), small(32), small(16)]))
    assert (np.diff(sizes) < -0.1).all()
    blurs = face_detail(np.stack([cv2.GaussianBlur(FACE, (0, 0), s) for s in (0.5, 1, 2, 4, 8)]))
    assert (np.diff(blurs) < -0.03).all()


def test_detail_depends_on_neither_light_nor_contrast_nor_colour() -> None:
    dark = (FACE * 0.4 + 20).round().astype(np.uint8)
    clear, darker = face_detail(np.stack([FACE, dark]))
    assert darker == pytest.approx(clear, abs=0.05)
    assert face_detail(FACE[None, ..., 1])[0] == clear  # gray is the green channel


def test_a_crop_that_shows_nothing_has_detail_0() -> None:
    assert face_detail(np.full((2, 112, 112), 7, np.uint8)).tolist() == [0, 0]
    assert face_detail(np.zeros((0, 112, 112, 3), np.uint8)).shape == (0,)


def levels(snr: float | None, seconds: int = 8) -> np.ndarray:
    """Of tones of half a second with pauses of half a second, in white noise so many dB below them."""
    rng = np.random.default_rng(0)
    time = np.arange(seconds * SAMPLE_RATE) / SAMPLE_RATE
    tone = 0.1 * np.sin(2 * np.pi * 440 * time) * (time % 1 < 0.5)
    noise = 0.0 if snr is None else rng.standard_normal(len(time)) * 0.1 / np.sqrt(2) * 10 ** (-snr / 20)
    return frame_level(log_mel((tone + noise).astype(np.float32)))


def test_snr_is_that_of_the_sound_within_the_bands() -> None:
    for snr in (30, 20, 10):
        found = voice_snr(levels(snr), 100.0, 100, 12.5)
        assert found.shape == (100,)
        # Where the noise is rare by chance it seems lower; the bands do not weigh all frequencies alike.
        assert np.median(found) == pytest.approx(snr, abs=8)
    means = [voice_snr(levels(snr), 100.0, 100, 12.5).mean() for snr in (30, 20, 10, 0)]
    assert (np.diff(means) < -5).all()


def test_snr_of_digital_silence_has_an_end_and_follows_the_recording() -> None:
    assert voice_snr(levels(None), 100.0, 100, 12.5).max() == HIGHEST_SNR
    halves = np.concatenate([levels(30, 20), levels(5, 20)])
    found = voice_snr(halves, 100.0, 500, 12.5)
    assert found[:150].mean() > found[-150:].mean() + 15


@pytest.mark.parametrize(("frames", "ticks"), [(0, 0), (0, 5), (3, 1), (7, 2), (801, 100), (800, 101)])
def test_snr_has_the_length_that_is_asked_for(frames: int, ticks: int) -> None:
    found = voice_snr(np.linspace(-5, 0, frames, dtype=np.float32), 100.0, ticks, 12.5)
    assert found.shape == (ticks,)
    assert np.isnan(found).all() == (not frames)


def test_what_is_added_is_interpolated_and_summed_in_squares() -> None:
    curves = {
        "detail": {"valence": ((-1.0, 0.4), (0.0, 0.0)), "arousal": ((-1.0, 0.2), (0.0, 0.0))},
        "snr": {"valence": ((0.0, 0.3),), "arousal": ((0.0, 0.0),)},
    }
    quality = {"detail": np.array([-2.0, -0.5, 1.0, np.nan]), "snr": np.full(4, 9.0)}
    added = added_squares(curves, quality, ("valence", "arousal"), 4)
    np.testing.assert_allclose(added[:, 0], [0.16 + 0.09, 0.04 + 0.09, 0.09, 0.09])
    np.testing.assert_allclose(added[:, 1], [0.04, 0.01, 0, 0])
    assert not added_squares(curves, {}, ("valence", "arousal"), 4).any()

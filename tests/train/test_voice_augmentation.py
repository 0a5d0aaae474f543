"""Augmentation of clips: the mask follows, levels and speed are as drawn."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.train.voice_augmentation import VoiceAugmentation, add_noise, random_crop

NONE = VoiceAugmentation(speed=0, room=0, microphone=0, band_limit=0, noise=0, babble=0)


@pytest.mark.parametrize("seed", range(6))
def test_the_mask_follows_the_voice(seed):
    voiced = np.zeros(100, bool)
    voiced[30:60] = True
    sound = np.repeat(voiced, 160).astype(np.float32) * 0.5
    rng = np.random.default_rng(seed)
    piece, mask = random_crop(
        sound, voiced, 256, rng, VoiceAugmentation(speed=0.1, room=0, microphone=0, band_limit=0)
    )
    assert piece.shape == (256 * 160,)
    assert mask.any()
    level = np.abs(piece.reshape(256, 160)).mean(axis=1)
    inside, outside = mask & (level > 0.4), ~mask & (level < 0.1)
    assert (inside | outside).sum() >= 252  # but for a frame at each edge


def test_an_untouched_cut_is_the_clip():
    sound = np.random.default_rng(0).standard_normal(48000).astype(np.float32)
    piece, _ = random_crop(sound, np.ones(300, bool), 100, np.random.default_rng(3), NONE)
    start = min(range(0, 32001, 160), key=lambda i: np.abs(sound[i : i + 160] - piece[:160]).sum())
    np.testing.assert_allclose(piece, sound[start : start + 16000], atol=1e-5)


def test_speed_moves_the_pitch():
    tone = np.sin(2 * np.pi * 1000 * np.arange(48000) / 16000).astype(np.float32)
    found = set()
    for seed in range(8):
        augmentation = VoiceAugmentation(speed=0.2, room=0, microphone=0, band_limit=0)
        piece, _ = random_crop(tone, np.ones(300, bool), 100, np.random.default_rng(seed), augmentation)
        found.add(round(np.abs(np.fft.rfft(piece)).argmax() * 16000 / len(piece)))
    assert min(found) < 950
    assert max(found) > 1050
    assert all(780 <= pitch <= 1270 for pitch in found)


def test_noise_is_as_loud_as_was_drawn():
    voiced = np.arange(200) < 100
    sound = np.repeat(voiced, 160).astype(np.float32)
    ratios = []
    for seed in range(40):
        noisy = add_noise(
            sound, voiced, [], np.random.default_rng(seed), VoiceAugmentation(noise=1, babble=0)
        )
        ratios.append(-np.log10(np.mean((noisy - sound) ** 2)))
    assert 0.29 < min(ratios) < 1.0
    assert 3.8 < max(ratios) < 4.51

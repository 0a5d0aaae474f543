"""Features for the pools: what is intact, what is corrupted, and on which scale the labels are."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avaffect.encoder.face import FaceNet
from avaffect.encoder.voice import VoiceNet
from avaffect.train.face import FaceHeads
from avaffect.train.feature_extraction import add_masking_noise, extract_faces, extract_voices
from avaffect.train.voice_clips import AnalysedClip, analyse_clips
from avaffect.voice import LogMel

from .conftest import utterance
from .test_face import faces_of


def test_masking_noise_is_from_5_db_below_to_10_db_above_the_voice() -> None:
    voiced = np.arange(200) < 100
    sound = np.repeat(voiced, 160).astype(np.float32)  # power 1 where voiced
    decibels = []
    for seed in range(60):
        noise = add_masking_noise(sound, voiced, np.random.default_rng(seed)) - sound
        decibels.append(10 * np.log10(np.mean(noise**2)))
    assert min(decibels) == pytest.approx(-5, abs=1)
    assert max(decibels) == pytest.approx(10, abs=1)
    assert min(decibels) > -5.1
    assert max(decibels) < 10.1


def test_faces_have_views_and_ratings_are_brought_to_the_proxies() -> None:
    torch.manual_seed(0)
    net, heads = FaceNet(dim=16, widths=(8, 16)).eval(), FaceHeads(16)
    with torch.no_grad():
        heads.proxy_scale += 1.0
        heads.proxy_shift += 0.25
    corpora = [faces_of(7, rated=False), faces_of(5, rated=True)]
    seen: list[tuple[str, float, float | None]] = []

    def hook(what: str, completed: float, total: float | None) -> None:
        seen.append((what, completed, total))

    found = extract_faces(net, heads, corpora, views=3, seed=0, hook=hook)
    assert found.intact.shape == found.corrupted.shape == (12, 3, 16)
    assert seen == [("face features", 7, 12), ("face features", 12, 12)]
    np.testing.assert_array_equal(found.affect[:7], corpora[0].corpus.valence_arousal)
    rated = np.clip(2 * corpora[1].corpus.valence_arousal + 0.25, -1, 1)
    np.testing.assert_allclose(found.affect[7:], rated, rtol=1e-6)
    again = extract_faces(net, heads, corpora, views=3, seed=0, hook=hook)
    np.testing.assert_array_equal(again.corrupted, found.corrupted)


def test_clips_are_trimmed_to_their_speech_and_kept_by_speaker() -> None:
    torch.manual_seed(0)
    net = VoiceNet(dim=16, widths=(4, 8, 8)).eval()
    clips = [utterance(speaker="a"), utterance(speaker="a", emotion="sadness"), utterance(speaker="bb")]
    seen: list[float] = []
    asked: list[str] = []

    def encoder_of(item: AnalysedClip) -> VoiceNet:
        asked.append(item.clip.speaker)
        return net

    found = extract_voices(
        encoder_of,
        LogMel(),
        analyse_clips(clips),
        views=2,
        seed=0,
        hook=lambda what, completed, total: seen.append(completed),
    )
    assert asked == ["a"] * 4 + ["bb"] * 2
    assert {speaker: len(own) for speaker, own in found.items()} == {"a": 4, "bb": 2}
    assert seen == [1, 3]
    for clip in (clip for own in found.values() for clip in own):
        assert clip.intact.shape == clip.corrupted.shape == (len(clip.active), 16)
        assert clip.active[0]
        assert clip.active[-1]
        assert np.abs(clip.intact - clip.corrupted).max() > 1e-3
    np.testing.assert_allclose(found["a"][2].affect, clips[1].valence_arousal, rtol=1e-6)

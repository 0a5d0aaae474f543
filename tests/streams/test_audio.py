"""The audio stream: blocks onto one clock, gaps kept as gaps."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from avaffect.media import AudioBlock
from avaffect.model import AffectModel
from avaffect.runtime.torch import TorchRuntime
from avaffect.spec import Component
from avaffect.streams.audio import audio_stream
from avaffect.streams.timeline import Timeline
from avaffect.streams.timing import Timing

RATE = 16000


@pytest.fixture(scope="module")
def model(debug_spec):
    torch.manual_seed(0)
    return AffectModel(debug_spec).eval()


def read(model, *blocks):
    return audio_stream(iter(blocks), TorchRuntime(model), Timeline(model.spec.tick_rate), Timing())


def noise(seconds, seed=0):
    return np.random.default_rng(seed).normal(0, 0.05, round(seconds * RATE)).astype(np.float32)


def test_no_blocks_is_no_voice(model):
    assert read(model) is None


def test_blocks_of_any_size_give_the_same(model):
    sound = noise(4.0)
    whole = read(model, AudioBlock(0.0, sound))
    cuts = np.array_split(sound, [100, 5000, 5001, 40000])
    starts = np.cumsum([0, *(len(cut) for cut in cuts[:-1])]) / RATE
    parts = read(model, *(AudioBlock(s, c) for s, c in zip(starts, cuts, strict=True)))
    assert whole.duration == parts.duration == 4.0
    # float16 storage of the spectrogram turns rounding differences into one unit in the last place.
    np.testing.assert_allclose(parts.features[:], whole.features[:], atol=2e-2)
    np.testing.assert_allclose(parts.speech, whole.speech, atol=1e-4)


def test_sound_that_starts_late_and_has_a_gap_is_missing_there(model):
    voice = read(model, AudioBlock(1.0, noise(1.0)), AudioBlock(4.0, noise(1.0, seed=1)))
    assert voice.duration == 5.0
    missing = np.isnan(voice.speech)
    centres = Timeline(model.spec.tick_rate).centres(len(missing))
    outside = (centres < 0.9) | ((centres > 2.1) & (centres < 3.9))
    inside = ((centres > 1.1) & (centres < 1.9)) | ((centres > 4.1) & (centres < 4.9))
    assert missing[outside].all()
    assert not missing[inside].any()
    assert not voice.active[missing].any()


def test_jittered_stamps_are_no_gap(model):
    sound = noise(2.0)
    voice = read(model, AudioBlock(0.0, sound[:RATE]), AudioBlock(1.01, sound[RATE:]))
    assert voice.duration == 2.0


def test_overlapping_blocks_do_not_lengthen_the_recording(model):
    sound = noise(2.0)
    voice = read(model, AudioBlock(0.0, sound), AudioBlock(1.0, sound[RATE:]))
    assert voice.duration == 2.0


def test_long_recordings_are_encoded_in_chunks_that_agree(model, monkeypatch):
    sound = noise(12.0)
    whole = read(model, AudioBlock(0.0, sound))
    monkeypatch.setattr("avaffect.runtime.torch.CHUNK", 5.0)
    chunked = read(model, AudioBlock(0.0, sound))
    np.testing.assert_allclose(chunked.features[:], whole.features[:], atol=1e-4)


def test_pieces_of_an_encoder_with_windows_agree(debug_spec, monkeypatch):
    """A recording longer than a chunk: chunks begin where the encoder's windows do."""
    audio = replace(
        debug_spec.streams["audio"],
        dim=64,
        encoder=Component("whisper", {"width": 8, "heads": 2, "kernel": 3}),
        preprocessing={"logmel": "whisper16k"},
    )
    torch.manual_seed(0)
    model = AffectModel(replace(debug_spec, streams=debug_spec.streams | {"audio": audio})).eval()
    sound = noise(33.0) * np.repeat(np.random.default_rng(1).uniform(0.1, 1, 330), 1600).astype(np.float32)
    whole = read(model, AudioBlock(0.0, sound))
    assert whole.features.shape == (413, 64)
    for chunk in (1.0, 9.0):
        monkeypatch.setattr("avaffect.runtime.torch.CHUNK", chunk)
        chunked = read(model, AudioBlock(0.0, sound))
        np.testing.assert_allclose(chunked.features[:], whole.features[:], atol=1e-4)


def test_the_stream_is_cut_or_filled_to_the_ticks_asked_for(model):
    voice = read(model, AudioBlock(0.0, noise(2.0)))
    for ticks in (10, 25, 40):
        features, mask = voice.stream(ticks)
        assert features.shape[0] == mask.shape[0] == len(voice.speech_at(ticks)) == ticks
    assert np.isnan(voice.speech_at(40)[25:]).all()


def test_a_long_gap_costs_little_and_shifts_nothing(model):
    """An hour of nothing is not worked through; what comes behind stands where it is heard."""
    near = read(model, AudioBlock(0.0, noise(1.0)), AudioBlock(20.0, noise(2.0, seed=1)))
    far = read(model, AudioBlock(0.0, noise(1.0)), AudioBlock(3620.0, noise(2.0, seed=1)))
    assert (near.duration, far.duration) == (22.0, 3622.0)
    np.testing.assert_allclose(far.speech[-25:], near.speech[-25:], atol=0.02)
    np.testing.assert_allclose(far.features[-20:], near.features[-20:], atol=0.05)
    assert far.present.sum() == near.present.sum()
    assert not far.features[1000:44000].any()


def test_less_sound_than_a_frame_of_the_spectrum(model):
    voice = read(model, AudioBlock(0.0, noise(0.005)))
    assert voice.features.shape == (1, 128)

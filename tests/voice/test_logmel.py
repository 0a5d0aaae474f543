"""Log-mel against a plain NumPy computation, in time, and in blocks."""

from dataclasses import replace

import numpy as np
import pytest

from avaffect.errors import ModelError
from avaffect.media import read_audio
from avaffect.voice import (
    PRESETS,
    LogMel,
    LogMelStream,
    log_mel,
    mel_filters,
    preset,
    share,
    speech_active,
    speech_level,
    speech_probability,
)

DEFAULT, WHISPER, PAPERS = PRESETS["default16k"], PRESETS["whisper16k"], PRESETS["papers44k"]


def noise(seconds: float, rate: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    envelope = 10.0 ** rng.uniform(-2, -0.5, int(seconds * 10) + 1)
    count = int(seconds * rate)
    shape = np.interp(np.arange(count) / rate, np.arange(len(envelope)) / 10, envelope)
    return (rng.standard_normal(count) * shape).astype(np.float32)


def hann(n: int) -> np.ndarray:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)


def triangle_bank(rate: int, n_fft: int, bands: int, low: float, high: float) -> np.ndarray:
    """HTK's triangles, written out band by band and bin by bin."""

    def mel(f: float) -> float:
        return 1127.01048 * np.log(1 + f / 700)

    def hertz(m: float) -> float:
        return 700 * (np.exp(m / 1127.01048) - 1)

    step = (mel(high) - mel(low)) / (bands + 1)
    edges = [hertz(mel(low) + i * step) for i in range(bands + 2)]
    bank = np.zeros((bands, n_fft // 2 + 1))
    for band in range(bands):
        a, b, c = edges[band : band + 3]
        for k in range(n_fft // 2 + 1):
            f = k * rate / n_fft
            if a < f <= b:
                bank[band, k] = (f - a) / (b - a)
            elif b < f < c:
                bank[band, k] = (c - f) / (c - b)
    return bank


def slaney_bank(rate: int, n_fft: int, bands: int, high: float) -> np.ndarray:
    """Slaney's triangles from 0 Hz: corners stepped out on the scale, weights by interpolation."""
    top = 15 + 27 * np.log(high / 1000) / np.log(6.4)
    edges = []
    for i in range(bands + 2):
        mel = top * i / (bands + 1)
        edges.append(mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27))
    bins = np.arange(n_fft // 2 + 1) * rate / n_fft
    rows = []
    for a, b, c in zip(edges, edges[1:], edges[2:], strict=False):
        rows.append(np.interp(bins, [a, b, c], [0, 2 / (c - a), 0]))
    return np.array(rows)


def test_whisper_preset_equals_numpy():
    sound = noise(1.3, 16000)
    padded = np.pad(sound.astype(np.float64), 120)
    pieces = np.array([padded[160 * i : 160 * i + 400] for i in range(len(sound) // 160)])
    power = np.abs(np.fft.rfft(pieces * hann(400), axis=1)) ** 2
    bank = slaney_bank(16000, 400, 80, 8000.0)
    bels = np.log10(np.maximum(power @ bank.T, 1e-10)) - 0.3208
    ours = log_mel(sound, WHISPER)
    assert ours.shape == (130, 80)
    assert np.abs(ours - bels).max() < 1e-4


def test_slaney_filters_equal_their_definition():
    bank = slaney_bank(16000, 400, 80, 8000.0)
    np.testing.assert_allclose(mel_filters(WHISPER), bank, atol=1e-8)
    fine = mel_filters(replace(WHISPER, n_fft=16000))  # bins of 1 Hz
    np.testing.assert_allclose(fine.sum(axis=1), 1, atol=0.01)
    assert fine[0].argmax() == pytest.approx(fine[1].argmax() / 2, abs=1)  # equal steps below 1 kHz


def test_speech_has_the_level_of_the_default_preset(clips):
    """One level model holds for both presets."""
    differences = []
    for name in ("grid_bbaf2n.mpg", "grid_lbax4n.mpg", "grid_pwij3p.mpg", "grid_sbwe5n.mpg"):
        sound = read_audio(clips / name)[0]
        probability, rate = speech_probability(sound)
        voiced = share(speech_active(probability, rate), len(sound) // 160)
        levels = [speech_level(log_mel(sound, settings), voiced) for settings in (WHISPER, DEFAULT)]
        differences.append(levels[0] - levels[1])
    assert np.abs(differences).max() < 0.3
    assert abs(np.mean(differences)) < 0.15


def test_default_preset_equals_numpy():
    sound = noise(1.3, 16000)
    window = hann(400)
    bank = triangle_bank(16000, 512, 64, 60.0, 7600.0)
    rows = []
    for i in range(len(sound) // 160):
        centre = 160 * i + 80
        piece = np.zeros(400)
        for j in range(400):
            at = centre - 200 + j
            piece[j] = sound[at] if 0 <= at < len(sound) else 0.0
        power = np.abs(np.fft.rfft(piece * window, 512)) ** 2 / np.sum(window**2)
        rows.append(np.log10(np.maximum(bank @ power, 1e-10)))
    ours = log_mel(sound)
    assert ours.shape == (130, 64)
    assert np.abs(ours - np.array(rows)).max() < 1e-4


def test_papers_preset_equals_numpy():
    sound = noise(32 / 30, 44100)
    window = np.zeros(1024)
    window[71:953] = hann(882)
    bank = triangle_bank(44100, 1024, 64, 0.0, 22050.0)
    mirrored = np.pad(sound.astype(np.float64), 512, mode="reflect")
    frames = [mirrored[441 * i : 441 * i + 1024] * window for i in range(1 + len(sound) // 441)]
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    decibel = 10 * np.log10(np.maximum(power @ bank.T, 1e-10))
    decibel = np.maximum(decibel, decibel.max() - 80)
    ours = LogMel(PAPERS)(sound[None])[0]
    assert ours.shape == (107, 64)  # 32 frames of video at 30 per second, as the papers have it
    assert np.abs(ours - (decibel + 14.8) / 19.895).max() < 1e-4


def test_white_noise_has_its_own_power():
    sound = (0.1 * np.random.default_rng(1).standard_normal(16000 * 20)).astype(np.float32)
    power = (10.0 ** log_mel(sound)).mean(axis=0)
    width = mel_filters(DEFAULT).sum(axis=1)
    np.testing.assert_allclose(power / width, 0.01, rtol=0.1)


@pytest.mark.parametrize("settings", PRESETS.values(), ids=PRESETS.keys())
def test_a_click_is_seen_when_it_sounds(settings):
    rate = settings.sample_rate
    sound = np.zeros(rate, np.float32)
    at = int(0.4 * rate) + settings.hop // 2
    sound[at] = 1.0
    level = log_mel(sound, settings).mean(axis=1)
    times = settings.times(len(level))
    assert abs(times[level.argmax()] - at / rate) <= 0.5 * settings.hop / rate + 1e-9
    heard = times[level > level.min() + 1e-3]
    assert np.abs(heard - at / rate).max() < settings.window / 2 / rate


@pytest.mark.parametrize("settings", PRESETS.values(), ids=PRESETS.keys())
def test_every_band_sees_something(settings):
    assert (mel_filters(settings).sum(axis=1) > 0).all()


@pytest.mark.parametrize("settings", [DEFAULT, WHISPER], ids=["default16k", "whisper16k"])
@pytest.mark.parametrize("block", [37, 160, 1000, 2400, 7777])
def test_blocks_give_what_the_whole_gives(block, settings):
    sound = noise(1.111, 16000)
    logmel = LogMel(settings)
    stream = LogMelStream(logmel)
    parts = [stream.push(sound[begin : begin + block]) for begin in range(0, len(sound), block)]
    joined = np.concatenate([*parts, stream.finish()])
    np.testing.assert_allclose(joined, logmel(sound[None])[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("samples", [0, 1, 159, 160, 161, 399, 480, 2400, 2560])
def test_short_sounds_have_whole_hops(samples):
    sound = np.full(samples, 0.1, np.float32)
    assert log_mel(sound).shape == (samples // 160, 64)
    assert LogMel()(sound[None]).shape == (1, samples // 160, 64)


def test_silence_is_the_floor():
    np.testing.assert_allclose(log_mel(np.zeros(3200, np.float32)), -10, rtol=1e-6)


def test_settings_that_need_the_whole_do_not_stream():
    with pytest.raises(ModelError, match="whole signal"):
        LogMelStream(LogMel(PAPERS))


def test_unknown_preset_names_the_nearest():
    with pytest.raises(ModelError, match="default16k"):
        preset("default16")

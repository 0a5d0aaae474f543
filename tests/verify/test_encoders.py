"""The encoders of face and voice, and the segments they read."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from avaffect.errors import MediaError, ModelError
from avaffect.face import create_detector
from avaffect.face.align import TEMPLATE
from avaffect.verify import face, read_segments, voice
from avaffect.verify.segments import SEGMENTS, cut, from_files, from_parts, look_times

needs_faces = pytest.mark.skipif(
    importlib.util.find_spec("face_recognition_models") is None,
    reason="the weights of the face encoder are not installed: pip install 'avaffect[verify]'",
)


def tone(seconds: float, frequency: float = 200.0) -> np.ndarray:
    time = np.arange(round(16000 * seconds)) / 16000
    return (0.1 * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def test_mel_spectrogram_by_hand() -> None:
    samples = np.random.default_rng(0).normal(size=800).astype(np.float32)
    got = voice.mel_power(torch.from_numpy(samples[None]))[0].numpy()
    assert got.shape == (6, 40)
    padded = np.concatenate([np.zeros(200), samples, np.zeros(200)])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    power = np.abs(np.fft.rfft(padded[320:720] * window)) ** 2  # frame 2, around sample 320
    frequency = np.arange(201) * 40.0

    def hertz(mel: float) -> float:
        return mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)

    top = 15 + 27 * np.log(8) / np.log(6.4)
    corners = [hertz(mel) for mel in np.linspace(0, top, 42)]
    for band in (0, 7, 25, 39):
        a, b, c = corners[band : band + 3]
        triangle = np.interp(frequency, [a, b, c], [0, 1, 0]) * 2 / (c - a)
        assert got[2, band] == pytest.approx(triangle @ power, rel=1e-4)


def test_voice_weights_are_the_published_ones_and_safe() -> None:
    path = Path(voice.__file__).parents[1] / "weights/verify/voice.safetensors"
    assert path.stat().st_size < 3_000_000
    with safe_open(path, "pt") as file:
        assert file.metadata()["license"] == "Apache-2.0"
    assert sum(value.numel() for value in voice.load().parameters()) == 1_423_616


def test_voice_embeddings_have_length_one_and_tell_sounds_apart() -> None:
    random = np.random.default_rng(0)
    noise = random.normal(0, 0.1, voice.SEGMENT).astype(np.float32)
    found = voice.embed_voices([tone(1.6), tone(1.6, 210), noise])
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert found[0] @ found[1] > found[0] @ found[2]
    assert voice.embed_voices([]).shape == (0, 256)


def test_quiet_sound_is_raised() -> None:
    assert np.sqrt(np.mean(voice.raised(0.01 * tone(1)) ** 2)) == pytest.approx(10**-1.5, rel=1e-4)
    assert np.array_equal(voice.raised(tone(1)), tone(1))
    assert not voice.raised(np.zeros(10, np.float32)).any()


@pytest.mark.parametrize(("seconds", "first", "last"), [(16.0, 0.2, 14.2), (3.2, 0.0, 1.6), (1.6, 0.0, 0.0)])
def test_segments_lie_around_the_middle_of_each_eighth(seconds: float, first: float, last: float) -> None:
    samples = np.arange(round(16000 * seconds), dtype=np.float32) + 1e6  # each sample is its own place
    segments, _ = cut(samples)
    assert len(segments) == SEGMENTS
    starts = [(segment[0] - 1e6) / 16000 for segment in segments]
    assert starts[0] == pytest.approx(first, abs=1e-4)
    assert starts[-1] == pytest.approx(last, abs=1e-4)
    assert all(len(segment) == voice.SEGMENT for segment in segments)


def test_short_sound_begins_with_silence_and_silence_is_no_voice() -> None:
    segments, spoken = cut(tone(1.0))
    assert not segments[0][: round(0.6 * 16000)].any()
    assert segments[0][-16000:].any()
    _, silent = cut(np.zeros(48000, np.float32))
    assert not silent.any()
    assert from_parts(None, np.zeros(48000, np.float32)).voice is None


def test_sum_of_maps_of_different_sizes() -> None:
    x, y = torch.ones(1, 2, 3, 3), torch.ones(1, 4, 2, 3)
    total = face._add(x, y)
    assert total.shape == (1, 4, 3, 3)
    assert total[0, 0, 0, 0] == 2
    assert total[0, 0, 2, 0] == 1
    assert total[0, 3, 2, 0] == 0


def test_chip_has_the_eyes_where_dlib_has_them() -> None:
    picture = np.zeros((112, 112, 3), np.uint8)
    for x, y in TEMPLATE[:2].round().astype(int):
        picture[y - 1 : y + 2, x - 1 : x + 2] = 255
    chip = face.chip(picture, TEMPLATE)[..., 0].astype(float)
    for side, wanted in ((chip[:, :75], 47.7), (chip[:, 75:], 100.3 - 75)):
        ys, xs = np.mgrid[: side.shape[0], : side.shape[1]]
        assert (side * xs).sum() / side.sum() == pytest.approx(wanted, abs=1.5)
        assert (side * ys).sum() / side.sum() == pytest.approx(47.1, abs=1.5)


def test_missing_face_weights_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    face.load.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"pip install 'avaffect\[verify\]'"):
        face.load()


@needs_faces
def test_face_embeddings_are_those_of_dlib() -> None:
    # What dlib 20.0.1 (face_recognition_model_v1.compute_face_descriptor) makes of this picture.
    y, x, c = np.mgrid[:150, :150, :3]
    picture = ((7 * y + 5 * x + 40 * c) % 256).astype(np.uint8)
    found = face.embed_faces([picture])[0]
    assert found[:4] == pytest.approx([-0.071201, 0.119383, 0.070810, 0.005504], abs=2e-5)
    assert found.sum() == pytest.approx(-0.587545, abs=2e-4)


@needs_faces
def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    face.load.cache_clear()
    monkeypatch.setattr(hashlib, "sha256", lambda content: hashlib.md5(content))
    with pytest.raises(ModelError, match="not the published file"):
        face.load()


def test_times_to_look_at_rise_and_stay_within_their_part() -> None:
    times = list(look_times(8.0))
    assert [time for _, time in times] == sorted(time for _, time in times)
    assert all(part <= time < part + 1 for part, time in times)
    assert {part for part, _ in times} == set(range(SEGMENTS))


@needs_faces
def test_segments_of_the_sample_clip(sample_clip: Path) -> None:
    detector = create_detector()
    found = read_segments(sample_clip, detector)
    assert found.has_face.any()
    assert found.has_voice.any()
    again = read_segments(sample_clip, detector)
    assert np.array_equal(found.faces, again.faces)
    assert np.array_equal(found.voices, again.voices)
    # The made-up person is one and the same throughout.
    assert np.linalg.norm(found.faces[found.has_face] - found.face, axis=1).max() < face.SAME
    assert np.linalg.norm(found.voice) == pytest.approx(1, abs=1e-5)


def test_a_recording_of_nobody_is_refused(tmp_path: Path) -> None:
    import wave

    with wave.open(str(tmp_path / "silence.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(bytes(64000))
    with pytest.raises(MediaError, match=r"silence\.wav: no speech found in it"):
        read_segments(tmp_path / "silence.wav", None)


def test_picture_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"gone\.jpg: not readable as a picture"):
        from_files(None, [tmp_path / "gone.jpg"])

from __future__ import annotations

import math

import numpy as np
import pytest

from avaffect.media import frames, probe


def test_video_with_sound(talk):
    info = probe(talk)
    assert (info.path, info.has_video, info.has_audio) == (talk, True, True)
    assert (info.width, info.height, info.frame_count, info.sample_rate) == (64, 48, 50, 44100)
    assert info.frame_rate == 25
    assert info.duration == pytest.approx(2.5, abs=0.03)
    assert (info.video_start, info.audio_start) == (0.0, 0.0)


def test_size_is_that_of_the_images(tmp_path, kit):
    def sideways(stream):
        stream.set_display_rotation(90)
        stream.codec_context.sample_aspect_ratio = 2

    times = np.arange(3) / 25
    path = kit.write_clip(
        tmp_path / "v.mp4", kit.Pictures([kit.quadrants(60, 80)] * 3, times, setup=sideways)
    )
    info = probe(path)
    assert (info.width, info.height) == (80, 120)
    assert next(frames(path)).image.shape == (120, 80, 3)


def test_sound_only(tmp_path, kit):
    info = probe(kit.write_clip(tmp_path / "a.flac", None, kit.Sound(kit.clicks(), codec="flac")))
    assert (info.has_video, info.has_audio) == (False, True)
    assert (info.width, info.height, info.frame_rate, info.frame_count) == (None,) * 4
    assert math.isnan(info.video_start)
    assert info.audio_start == 0
    assert info.duration == pytest.approx(3)


def test_picture_only(tmp_path, kit):
    info = probe(kit.write_clip(tmp_path / "v.mkv", kit.Pictures(kit.numbered(10), np.arange(10) / 25)))
    assert (info.has_video, info.has_audio, info.sample_rate) == (True, False, None)
    assert math.isnan(info.audio_start)
    assert info.frame_count == 10  # an estimate here: Matroska does not count


def test_late_sound(tmp_path, kit):
    pictures = kit.Pictures(kit.numbered(25), np.arange(25) / 25)
    info = probe(kit.write_clip(tmp_path / "v.mkv", pictures, kit.Sound(kit.clicks(), start=0.4)))
    assert info.video_start == 0
    assert info.audio_start == pytest.approx(0.4, abs=2e-3)


@pytest.mark.parametrize(
    ("name", "size", "rate"),
    [
        ("debate_two_people.mp4", (640, 360), 25),
        ("face_appears.mov", (960, 540), 26.49),
        ("grid_bbaf2n.mpg", (360, 288), 25),
        ("no_face.mp4", (960, 540), 23.67),
        ("single_face.mp4", (640, 360), 30),
    ],
)
def test_real_clips(clips, name, size, rate):
    info = probe(clips / name)
    assert (info.has_video, info.has_audio, info.sample_rate) == (True, True, 44100)
    assert (info.width, info.height) == size
    assert info.frame_rate == pytest.approx(rate, abs=0.005)

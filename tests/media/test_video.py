"""Times and numbers of the pictures, for every way in which files keep them."""

from __future__ import annotations

import gc
import logging
import tracemalloc
import weakref

import numpy as np
import pytest
from av.video.frame import VideoFrame

from avaffect.media import frames


def brightness(frame) -> float:
    return float(frame.image.mean())


def assert_numbered(found, images, tolerance=4):
    assert [brightness(f) for f in found] == pytest.approx([i.mean() for i in images], abs=tolerance)


def test_constant_rate(talk, kit):
    found = list(frames(talk))
    assert [f.index for f in found] == list(range(50))
    assert [f.pts for f in found] == [k / 25 for k in range(50)]
    assert_numbered(found, kit.numbered(50))
    assert found[0].image.dtype == np.uint8
    assert found[0].image.flags.c_contiguous


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov"])
def test_variable_rate(tmp_path, kit, ending):
    times = np.cumsum([0, 40, 40, 200, 8, 8, 1000, 33, 34, 16]) / 1000
    path = kit.write_clip(tmp_path / f"v.{ending}", kit.Pictures(kit.numbered(10), times))
    found = list(frames(path))
    exact = 0.51e-3 if ending == "mkv" else 0.5 / 12800  # Matroska keeps milliseconds
    assert [f.pts for f in found] == pytest.approx(times.tolist(), abs=exact)
    assert_numbered(found, kit.numbered(10))


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("v.avi", "libx264", None),  # no presentation times, and B-frames
        ("v.avi", "mpeg4", None),
        ("v.ts", "libx264", None),  # the clock starts at 1.4 s or elsewhere, not at zero
        ("v.mpg", "mpeg2video", None),
        ("v.mpg", "mpeg1video", None),
        ("v.m2v", "mpeg2video", None),
    ],
)
def test_formats_start_at_zero(tmp_path, kit, name, codec, container):
    pictures = kit.Pictures(kit.numbered(30), np.arange(30) / 25, codec=codec)
    found = list(frames(kit.write_clip(tmp_path / name, pictures, container=container)))
    assert [f.pts for f in found] == pytest.approx(np.arange(30) / 25, abs=1e-6)
    assert_numbered(found, kit.numbered(30), tolerance=6)


def test_missing_stamps_are_counted_with_a_warning(tmp_path, kit, caplog):
    pictures = kit.Pictures(kit.numbered(12), np.arange(12) / 20, rate=20)
    path = kit.write_clip(tmp_path / "raw.h264", pictures, container="h264")
    with caplog.at_level(logging.WARNING):
        found = list(frames(path))
    assert [f.pts for f in found] == pytest.approx(np.arange(12) / 20)
    assert "carries no time stamps; counting 0.050 s" in caplog.text


def test_late_picture_keeps_its_distance_to_the_sound(tmp_path, kit):
    pictures = kit.Pictures(kit.numbered(10), 0.6 + np.arange(10) / 25)
    path = kit.write_clip(tmp_path / "late.mp4", pictures, kit.Sound(kit.clicks(2.0)))
    assert next(frames(path)).pts == pytest.approx(0.6, abs=1e-3)


def test_edit_list_cuts_the_beginning(tmp_path, kit):
    options = {"x264-params": "bframes=0"}
    pictures = kit.Pictures(kit.numbered(40), np.arange(40) / 25, options=options)
    path = kit.write_clip(tmp_path / "edited.mp4", pictures)
    data = bytearray(path.read_bytes())
    entry = data.index(b"elst") + 12  # after version, flags and count: duration, media time, rate
    assert data[entry + 4 : entry + 8] == bytes(4)
    data[entry : entry + 4] = (1000).to_bytes(4, "big")  # of 1600 ms
    data[entry + 4 : entry + 8] = (12800 * 10 // 25).to_bytes(4, "big")  # from picture 10 on
    path.write_bytes(data)
    found = list(frames(path))
    assert [f.pts for f in found] == pytest.approx(np.arange(25) / 25)
    assert_numbered(found, kit.numbered(40)[10:35])


def test_spliced_stream_goes_on(tmp_path, kit, caplog):
    # two recordings in one file: the clock of the second starts again
    times = np.arange(20) / 25
    parts = [kit.write_clip(tmp_path / f"{n}.ts", kit.Pictures(kit.numbered(20), times + n)) for n in (3, 1)]
    path = tmp_path / "spliced.ts"
    path.write_bytes(b"".join(p.read_bytes() for p in parts))
    with caplog.at_level(logging.WARNING):
        found = list(frames(path))
    assert len(found) == 40
    assert [f.pts for f in found] == pytest.approx(np.arange(40) / 25, abs=1e-6)
    assert "jumps" in caplog.text


def test_equal_stamps_become_strictly_increasing(tmp_path, kit):
    # 8000 pictures per second do not fit Matroska's milliseconds
    pictures = kit.Pictures(kit.numbered(16), np.arange(16) / 6400, codec="ffv1")
    times = [f.pts for f in frames(kit.write_clip(tmp_path / "fast.mkv", pictures))]
    assert len(times) == 16
    assert (np.diff(times) > 0).all()
    assert times == pytest.approx(np.arange(16) / 6400, abs=1e-3)


def test_sound_only_has_no_pictures(tmp_path, kit):
    path = kit.write_clip(tmp_path / "a.wav", None, kit.Sound(kit.clicks(), codec="pcm_s16le"))
    assert list(frames(path)) == []


def test_memory_does_not_grow_with_length(tmp_path, kit):
    peaks = []
    for count in (30, 300):
        pictures = kit.Pictures([kit.quadrants(320, 240)] * count, np.arange(count) / 25)
        path = kit.write_clip(tmp_path / f"{count}.mp4", pictures)
        tracemalloc.start()
        for _ in frames(path):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    one = 320 * 240 * 3
    assert peaks[1] < peaks[0] + one / 2
    assert peaks[1] < 4 * one


def test_only_the_last_picture_is_held(talk):
    alive: list[weakref.ref] = []
    for frame in frames(talk):
        alive.append(weakref.ref(frame.image))
        del frame
        assert sum(ref() is not None for ref in alive) <= 1


@pytest.mark.parametrize("speaker", ["bbaf2n", "lbax4n", "pwij3p", "sbwe5n"])
def test_grid_clips(clips, speaker):
    found = [f.pts for f in frames(clips / f"grid_{speaker}.mpg")]
    assert found == pytest.approx(np.arange(75) / 25, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "count", "last"),
    [
        ("debate_two_people.mp4", 125, 4.96),
        ("face_appears.mov", 169, 6.3453),
        ("no_face.mp4", 95, 3.9167),  # 98 are stored, its edit list hides three
        ("single_face.mp4", 72, 2.3667),
    ],
)
def test_other_clips(clips, name, count, last):
    times = [f.pts for f in frames(clips / name)]
    assert len(times) == count
    assert times[0] == 0
    assert times[-1] == pytest.approx(last, abs=1e-4)
    assert (np.diff(times) > 0).all()


def test_pictures_are_freed_as_soon_as_they_are_done_with(talk):
    """Not at the next search for cycles, which comes when hundreds of them fill the memory."""
    gc.collect()
    others = count_pictures()
    gc.disable()
    try:
        most = 0
        for frame in frames(talk):
            assert frame.thumbnail.any()
            most = max(most, count_pictures() - others)
    finally:
        gc.enable()
    assert 0 < most < 10


def count_pictures() -> int:
    """Decoded pictures that are in memory, those that other tests hold included."""
    return sum(type(each) is VideoFrame for each in gc.get_objects())

"""What is written is read back: times, colours, sound; and nothing is left when it fails."""

from __future__ import annotations

import os

import av
import numpy as np
import pytest

from avaffect.errors import MediaError
from avaffect.media import VideoSink, audio, frames, probe, read_audio


def write(path, images, times, source=None):
    height, width = images[0].shape[:2]
    with VideoSink(path, width=width, height=height, source=source) as sink:
        for image, time in zip(images, times, strict=True):
            sink.write(image, time)
    return path


@pytest.mark.parametrize(("ending", "exact"), [("mp4", 1e-5), ("mov", 1e-5), ("mkv", 0.51e-3)])
def test_variable_times_come_back(tmp_path, kit, ending, exact):
    times = 0.3 + np.cumsum([0, 40, 41, 300, 5, 900, 33.37, 16.7, 40, 40]) / 1000
    # sound from the zero of the clock on: what starts first is the zero when it is read again
    source = kit.write_clip(tmp_path / "s.wav", None, kit.Sound(kit.clicks(2.0), codec="pcm_s16le"))
    path = write(tmp_path / f"out.{ending}", kit.numbered(10), times, source)
    found = list(frames(path))
    assert [f.pts for f in found] == pytest.approx(times.tolist(), abs=exact)
    assert [f.image.mean() for f in found] == pytest.approx([20 + 4 * k for k in range(10)], abs=3)


def test_last_picture_lasts_as_long_as_the_one_before(tmp_path, kit):
    path = write(tmp_path / "out.mp4", kit.numbered(10), np.arange(10) / 10)
    assert probe(path).duration == pytest.approx(1.0, abs=1e-3)


def test_one_picture_is_a_video(tmp_path, kit):
    path = write(tmp_path / "out.mp4", [kit.quadrants()], [0.0])
    assert len(list(frames(path))) == 1


@pytest.mark.parametrize("height", [480, 720])
def test_colours_come_back(tmp_path, kit, height):
    image = kit.quadrants(128, height)
    path = write(tmp_path / "out.mp4", [image] * 3, [0, 0.04, 0.08])
    found = next(frames(path)).image
    for y in (height // 4, 3 * height // 4):
        for x in (32, 96):
            assert np.abs(found[y, x].astype(int) - image[y, x]).max() <= 6


@pytest.mark.parametrize(
    ("size", "stored"), [((63, 47), (64, 48)), ((64, 47), (64, 48)), ((64, 48), (64, 48))]
)
def test_odd_sizes_grow_by_a_pixel(tmp_path, kit, size, stored):
    path = write(tmp_path / "out.mp4", kit.numbered(3, *size), [0, 0.04, 0.08])
    info = probe(path)
    assert (info.width, info.height) == (64, 48)
    image = list(frames(path))[2].image
    assert np.abs(image.astype(int) - 28).max() <= 3  # the added edge repeats its neighbour


@pytest.mark.parametrize(
    ("name", "codec", "written"),
    [
        ("s.mp4", "aac", "aac"),
        ("s.mkv", "aac", "aac"),
        ("s.ts", "aac", "aac"),
        ("s.mp3", "libmp3lame", "mp3float"),
        ("s.mpg", "mp2", "aac"),
        ("s.wav", "pcm_s16le", "aac"),
        ("s.mkv", "flac", "aac"),
        ("s.aac", "aac", "aac"),
    ],
)
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_sound_is_heard_at_the_same_time(tmp_path, kit, name, codec, written, ending):
    sound = kit.Sound(kit.clicks(2.5), codec=codec, layout="stereo")
    pictures = None
    if name not in ("s.mp3", "s.wav", "s.aac"):
        if name == "s.mpg":
            pictures = kit.Pictures(kit.numbered(60), np.arange(60) / 25, codec="mpeg2video")
        else:
            pictures = kit.Pictures(kit.numbered(60), np.arange(60) / 25)
    source = kit.write_clip(tmp_path / name, pictures, sound)
    times = [f.pts for f in frames(source)] or (np.arange(60) / 25).tolist()
    path = write(tmp_path / f"out.{ending}", kit.numbered(len(times)), times, source)
    before, after = (kit.click_times(*read_audio(p)[:2]) for p in (source, path))
    assert after == pytest.approx(before, abs=2e-3)
    with av.open(str(path)) as container:
        stored = container.streams.audio[0].codec_context
        assert stored.name == (written if ending == "mp4" else "aac")
        assert stored.layout.nb_channels == 2
    assert [f.pts for f in frames(path)] == pytest.approx(times, abs=1e-3)


@pytest.mark.parametrize(("name", "codec"), [("s.mp4", "aac"), ("s.mkv", "pcm_s16le")])
@pytest.mark.parametrize("late", [-0.3, 0.25])
def test_sound_that_starts_apart(tmp_path, kit, name, codec, late):
    first = max(0.0, -late)
    pictures = kit.Pictures(kit.numbered(60), first + np.arange(60) / 25)
    sound = kit.Sound(kit.clicks(2.2), codec=codec, start=first + late)
    source = kit.write_clip(tmp_path / name, pictures, sound)
    times = [f.pts for f in frames(source)]
    path = write(tmp_path / "out.mp4", kit.numbered(60), times, source)
    again = [f.pts for f in frames(path)]
    assert again == pytest.approx(times, abs=1e-3)
    before, after = (kit.click_times(*read_audio(p)[:2]) for p in (source, path))
    assert after == pytest.approx(before, abs=2e-3)


def test_gap_in_the_sound_stays(tmp_path, kit):
    sound = kit.Sound(kit.clicks(2.5), codec="pcm_s16le", gap=(1.0, 0.7))
    source = kit.write_clip(tmp_path / "s.mkv", None, sound)
    path = write(tmp_path / "out.mp4", kit.numbered(60), np.arange(60) / 25, source)
    samples, start, _ = read_audio(path)
    assert kit.click_times(samples, start) == pytest.approx([0.5, 1.95, 2.7], abs=3e-3)


def test_source_without_sound(tmp_path, kit):
    source = kit.write_clip(tmp_path / "s.mp4", kit.Pictures(kit.numbered(5), np.arange(5) / 25))
    path = write(tmp_path / "out.mp4", kit.numbered(5), np.arange(5) / 25, source)
    assert probe(path).has_audio is False


def test_mpeg4_where_there_is_no_x264(tmp_path, kit, monkeypatch):
    monkeypatch.setattr(av, "codecs_available", {"mpeg4", "aac"})
    times = np.cumsum([0, 40, 33, 100, 40]) / 1000
    path = write(tmp_path / "out.mp4", [kit.quadrants()] * 5, times)
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "mpeg4"
    found = list(frames(path))
    assert [f.pts for f in found] == pytest.approx(times.tolist(), abs=1e-5)
    assert np.abs(found[0].image[10, 10].astype(int) - kit.quadrants()[10, 10]).max() <= 8


def test_nothing_is_left_after_an_exception(tmp_path, kit, talk):
    path = tmp_path / "out.mp4"
    path.write_bytes(b"the one before")
    with pytest.raises(RuntimeError, match="stop"):
        fail_after(path, kit.numbered(30), talk)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"the one before"


def fail_after(path, images, source):
    with VideoSink(path, width=64, height=48, source=source) as sink:
        for number, image in enumerate(images):
            sink.write(image, number / 25)
        raise RuntimeError("stop")


def test_name_appears_only_when_done(tmp_path, kit):
    path = tmp_path / "out.mp4"
    with VideoSink(path, width=64, height=48) as sink:
        for number, image in enumerate(kit.numbered(10)):
            sink.write(image, number / 25)
            assert not path.exists()
    assert list(tmp_path.iterdir()) == [path]


def unwritable_places(folder, talk):
    (folder / "folder.mp4").mkdir()
    (folder / "file").touch()
    yield folder / "nowhere" / "out.mp4", "there is no folder"
    yield folder / "file" / "out.mp4", "there is no folder"
    yield folder / "folder.mp4", "is a folder"
    yield folder / "out.txt", "must end in one of .mp4, .mov, .mkv"
    yield folder / "out", "must end in one of"
    yield talk, "would overwrite the video it is made from"


def test_unwritable_place_is_one_line(tmp_path, kit, talk):
    for path, reason in unwritable_places(tmp_path, talk):
        with pytest.raises(MediaError, match=reason) as caught:
            write(path, kit.numbered(3), [0, 1, 2], talk)
        assert "\n" not in str(caught.value)
        assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a folder that even root may not write")
def test_refused_by_the_system(kit):
    sink = VideoSink("/proc/self/out.mp4", width=64, height=48)
    with pytest.raises(MediaError, match="cannot be written"):
        sink.__enter__()  # at once, before any picture is made


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_full_disk_is_one_line(tmp_path, kit, monkeypatch):
    sink = VideoSink(tmp_path / "out.mkv", width=64, height=48)
    os.symlink("/dev/full", sink._partial)
    with pytest.raises(MediaError, match="No space left on device"):
        fill(sink, [(image, number / 25) for number, image in enumerate(kit.numbered(200))])
    assert list(tmp_path.iterdir()) == []


def test_missing_source(tmp_path, kit):
    for path in (tmp_path / "out.mp4", tmp_path / "there.mp4"):
        with pytest.raises(MediaError, match="no such file"):
            write(path, kit.numbered(3), [0, 1, 2], tmp_path / "nowhere.mp4")
        (tmp_path / "there.mp4").touch()
    assert list(tmp_path.iterdir()) == [tmp_path / "there.mp4"]


@pytest.mark.parametrize(
    ("image", "time", "reason"),
    [
        (np.zeros((48, 66, 3), np.uint8), 1.0, "got a picture of .48, 66, 3. uint8, expected .48, 64, 3."),
        (np.zeros((48, 64, 3), np.float32), 1.0, "float32"),
        (np.zeros((48, 64, 3), np.uint8), 0.5, "in the order of their times"),
        (np.zeros((48, 64, 3), np.uint8), float("nan"), "in the order of their times"),
    ],
)
def test_wrong_pictures(tmp_path, image, time, reason):
    sink = VideoSink(tmp_path / "out.mp4", width=64, height=48)
    with pytest.raises(MediaError, match=reason):
        fill(sink, [(np.zeros((48, 64, 3), np.uint8), 0.5), (image, time)])


def fill(sink, pictures):
    with sink:
        for image, time in pictures:
            sink.write(image, time)


def test_no_pictures(tmp_path):
    with pytest.raises(MediaError, match="no picture was given"):
        write_nothing(tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []


def write_nothing(path):
    with VideoSink(path, width=64, height=48):
        pass


def test_outside_a_with_statement(tmp_path, kit):
    sink = VideoSink(tmp_path / "out.mp4", width=64, height=48)
    sink.write(kit.numbered(1)[0], 0.0)
    with pytest.raises(MediaError, match="use VideoSink in a with statement"):
        sink.write(kit.numbered(1)[0], 1.0)


@pytest.mark.parametrize("name", ["grid_bbaf2n.mpg", "debate_two_people.mp4"])
def test_real_clips(clips, tmp_path, name):
    info = probe(clips / name)
    times = []
    path = tmp_path / "out.mp4"
    with VideoSink(path, width=info.width, height=info.height, source=clips / name) as sink:
        for frame in frames(clips / name):
            times.append(frame.pts)
            sink.write(frame.image, frame.pts)
    assert [f.pts for f in frames(path)] == pytest.approx(times, abs=1e-4)
    before, after = read_audio(clips / name)[0], read_audio(path)[0]
    lags = range(-40, 41)
    middle = slice(8000, len(before) - 8000)
    match = [float(before[middle] @ np.roll(after, -lag)[: len(before)][middle]) for lag in lags]
    assert abs(lags[int(np.argmax(match))]) <= 2  # samples at 16 kHz
    assert next(audio(path)).start == pytest.approx(next(audio(clips / name)).start, abs=1e-3)

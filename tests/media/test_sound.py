"""When sound is heard, for every way in which files keep it."""

from __future__ import annotations

import logging
import math
import tracemalloc
import wave

import av
import numpy as np
import pytest
from av.stream import Disposition

from avaffect.errors import MediaError
from avaffect.media import SoundUsed, audio, audio_track, frames, read_audio, resample

MILLISECOND = 1e-3


def heard(kit, path):
    samples, start, _ = read_audio(path)
    return kit.click_times(samples, start)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.wav", "pcm_s16le"),
        ("a.wav", "pcm_f32le"),
        ("a.flac", "flac"),
        ("a.mp3", "libmp3lame"),  # its encoder delay is written down, and taken off
        ("a.m4a", "aac"),
        ("a.mkv", "aac"),
        ("a.mp4", "libmp3lame"),
    ],
)
def test_clicks_are_heard_when_they_sound(tmp_path, kit, name, codec):
    path = kit.write_clip(tmp_path / name, None, kit.Sound(kit.clicks(), codec=codec))
    assert heard(kit, path) == pytest.approx(kit.CLICKS, abs=MILLISECOND)
    assert list(frames(path)) == []


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 48000, 96000])
def test_any_native_rate(tmp_path, kit, rate):
    sound = kit.Sound(kit.clicks(rate=rate), rate=rate, codec="pcm_s16le")
    path = kit.write_clip(tmp_path / "a.wav", None, sound)
    samples, start, spans = read_audio(path)
    assert kit.click_times(samples, start) == pytest.approx(kit.CLICKS, abs=MILLISECOND)
    assert len(samples) == 48000
    assert spans == [(0.0, pytest.approx(3.0))]


@pytest.mark.parametrize("rate", [8000, 44100])
def test_any_wanted_rate(tmp_path, kit, rate):
    path = kit.write_clip(tmp_path / "a.wav", None, kit.Sound(kit.clicks(), codec="pcm_s16le"))
    samples, start, _ = read_audio(path, sample_rate=rate)
    assert len(samples) == 3 * rate
    assert kit.click_times(samples, start, rate) == pytest.approx(kit.CLICKS, abs=MILLISECOND)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "mov"])
@pytest.mark.parametrize("late", [-0.3, 0.25])
def test_sound_and_picture_start_apart(tmp_path, kit, ending, late):
    """A late sound, and a sound that is there before the picture: one clock for both."""
    first = max(0.0, -late)
    pictures = kit.Pictures(kit.numbered(50), first + np.arange(50) / 25)
    path = kit.write_clip(
        tmp_path / f"v.{ending}",
        pictures,
        kit.Sound(kit.clicks(2.5), codec="aac", start=first + late),
    )
    picture = next(frames(path)).pts
    expected = [second + late for second in kit.CLICKS]
    assert [t - picture for t in heard(kit, path)] == pytest.approx(expected, abs=1.5 * MILLISECOND)
    assert min(picture, next(audio(path)).start) == pytest.approx(0, abs=0.025)


def test_stereo_is_averaged(tmp_path, kit):
    tone = 0.9 * np.sin(2 * np.pi * 200 * np.arange(44100) / 44100).astype(np.float32)
    path = kit.write_clip(tmp_path / "a.wav", None, kit.Sound(tone, codec="pcm_s16le", layout="stereo"))
    samples, _, _ = read_audio(path)
    assert np.abs(samples[2000:-2000]).max() == pytest.approx(0.9, abs=0.01)


def test_loud_sound_stays_in_range(tmp_path, kit):
    square = np.sign(np.sin(2 * np.pi * 900 * np.arange(44100) / 44100)).astype(np.float32)
    path = kit.write_clip(tmp_path / "a.wav", None, kit.Sound(1.5 * square, codec="pcm_f32le"))
    samples, _, _ = read_audio(path)
    assert np.abs(samples).max() == 1.0


def test_gap_shows_as_a_jump(tmp_path, kit):
    sound = kit.Sound(kit.clicks(), codec="pcm_s16le", gap=(1.0, 0.7))
    path = kit.write_clip(tmp_path / "a.mkv", None, sound)
    found = list(audio(path))
    ends = [block.start + len(block.samples) / 16000 for block in found]
    jumps = [b.start - end for b, end in zip(found[1:], ends, strict=False) if b.start - end > MILLISECOND]
    assert jumps == [pytest.approx(0.7, abs=0.03)]
    samples, start, spans = read_audio(path)
    assert kit.click_times(samples, start) == pytest.approx([0.5, 1.25 + 0.7, 2.0 + 0.7], abs=2 * MILLISECOND)
    assert len(spans) == 2
    hole = samples[int(spans[0][1] * 16000) + 1 : int(spans[1][0] * 16000) - 1]
    assert len(hole) > 10_000
    assert not hole.any()


@pytest.mark.parametrize("stretch", [0.98, 1.02])
def test_drifting_stamps_are_followed_without_overlap(tmp_path, kit, stretch):
    sound = kit.Sound(kit.clicks(), codec="pcm_s16le", stretch=stretch)
    path = kit.write_clip(tmp_path / "a.mkv", None, sound)
    end = 0.0
    for block in audio(path):
        assert block.start > end - 1 / 16000
        end = block.start + len(block.samples) / 16000
    assert end == pytest.approx(3 * stretch, abs=0.04)
    assert heard(kit, path) == pytest.approx([stretch * t for t in kit.CLICKS], abs=0.031)


def test_rounded_stamps_are_no_gaps(tmp_path, kit):
    path = kit.write_clip(tmp_path / "a.mkv", None, kit.Sound(kit.clicks(), codec="aac"))
    _, _, spans = read_audio(path)
    assert len(spans) == 1


def test_sound_without_stamps(tmp_path, kit):
    path = kit.write_clip(tmp_path / "a.aac", None, kit.Sound(kit.clicks(), codec="aac"))
    delay = 1024 / 44100  # nothing in such a file tells of the encoder's delay
    assert heard(kit, path) == pytest.approx([t + delay for t in kit.CLICKS], abs=MILLISECOND)


def test_spliced_sound_goes_on(tmp_path, kit, caplog):
    parts = [
        kit.write_clip(tmp_path / f"{n}.ts", None, kit.Sound(kit.clicks(), codec="mp2", start=n))
        for n in (4, 0)
    ]
    path = tmp_path / "spliced.ts"
    path.write_bytes(b"".join(p.read_bytes() for p in parts))
    with caplog.at_level(logging.WARNING):
        samples, _, spans = read_audio(path)
    assert len(spans) == 1
    assert len(samples) / 16000 == pytest.approx(6, abs=0.06)
    assert len(heard(kit, path)) == 6
    assert "jumps" in caplog.text


def test_blocks_are_short_float32(talk):
    found = list(audio(talk))
    assert all(block.samples.dtype == np.float32 and block.samples.ndim == 1 for block in found)
    assert all(0 < len(block.samples) <= 8000 for block in found)


def test_video_without_sound(tmp_path, kit):
    path = kit.write_clip(tmp_path / "v.mp4", kit.Pictures(kit.numbered(5), np.arange(5) / 25))
    assert list(audio(path)) == []
    samples, start, spans = read_audio(path)
    assert samples.shape == (0,)
    assert math.isnan(start)
    assert spans == []


def test_memory_does_not_grow_with_length(tmp_path, kit):
    peaks = []
    for seconds in (5, 50):
        sound = kit.Sound(kit.clicks(seconds), codec="pcm_s16le")
        path = kit.write_clip(tmp_path / f"{seconds}.wav", None, sound)
        tracemalloc.start()
        for _ in audio(path):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 50_000
    assert peaks[1] < 300_000  # half a second is 32 kB, the file 3.2 MB


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("grid_bbaf2n.mpg", 2.978),
        ("debate_two_people.mp4", 5.016),
        ("face_appears.mov", 3.966),  # of 6.4 s of picture
        ("single_face.mp4", 2.419),
    ],
)
def test_real_clips(clips, name, seconds):
    samples, start, spans = read_audio(clips / name)
    assert start == 0
    assert len(samples) / 16000 == pytest.approx(seconds, abs=0.002)
    assert spans == [(0.0, pytest.approx(seconds, abs=0.002))]
    assert samples.any()


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_a_tone_stays_the_tone_that_it_was(rate):
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)
    expected = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    out = resample(tone, rate)
    assert abs(len(out) - 16000) <= 1
    middle = slice(1000, 15000)
    np.testing.assert_allclose(out[middle], expected[middle], atol=0.01)


def test_what_cannot_be_resampled_is_said():
    with pytest.raises(MediaError, match="one channel"):
        resample(np.zeros((2, 100)), 44100)
    with pytest.raises(MediaError, match="whole number"):
        resample(np.zeros(100), 0)
    with pytest.raises(MediaError, match="NaN"):
        resample(np.array([np.nan]), 44100)


def test_sound_at_the_sample_rate_asked_for_is_not_changed():
    sound = np.linspace(-1, 1, 50, dtype=np.float32)
    np.testing.assert_array_equal(resample(sound, 16000), sound)
    assert resample(np.zeros(0), 44100).shape == (0,)


def channels(path, samples, codec="pcm_s16le", layout="stereo", rate=16000):
    """A file of one sound track with these channels, (channel, n) in [-1, 1]."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=rate)
        stream.layout = layout
        packed = np.ascontiguousarray(
            np.asarray(samples, np.float32).reshape(stream.layout.nb_channels, -1).T
        )
        frame = av.AudioFrame.from_ndarray(packed.reshape(1, -1), format="flt", layout=layout)
        frame.sample_rate = rate
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def tone(seconds=2.0, rate=16000, hertz=200):
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


def test_opposite_channels_are_heard(tmp_path, caplog):
    path = channels(tmp_path / "a.wav", [tone(), -tone()])
    used = SoundUsed()
    with caplog.at_level(logging.WARNING):
        samples = np.concatenate([block.samples for block in audio(path, used=used)])
    np.testing.assert_allclose(samples, tone(), atol=1e-3)
    assert used == SoundUsed(track=1, tracks=1, channels=2, channel=None, cancelled=pytest.approx(2.0))
    assert "cancel each other" in caplog.text


@pytest.mark.parametrize("channel", [1, 2])
def test_one_channel_is_read_alone(tmp_path, channel):
    parts = [tone(hertz=200), tone(hertz=300)]
    path = channels(tmp_path / "a.wav", parts)
    samples = np.concatenate([block.samples for block in audio(path, channel=channel)])
    np.testing.assert_allclose(samples, parts[channel - 1], atol=1e-3)


@pytest.mark.parametrize(
    ("channel", "track", "message"), [(3, None, "has 2 channels, channel 3"), (1, 2, "one sound track")]
)
def test_a_channel_or_track_that_is_not_there(tmp_path, channel, track, message):
    path = channels(tmp_path / "a.wav", [tone(), tone()])
    with pytest.raises(MediaError, match=message):
        list(audio(path, track=track, channel=channel))


def two_tracks(path, first, second):
    with av.open(str(path), "w") as output:
        streams = [output.add_stream("pcm_s16le", rate=16000) for _ in range(2)]
        for number, stream in enumerate(streams):
            stream.layout = "mono"
            stream.disposition = Disposition.default if number == 0 else Disposition(0)
        for stream, samples in zip(streams, (first, second), strict=True):
            frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
            frame.sample_rate = 16000
            output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    return path


def test_a_silent_track_is_not_read_where_another_is_not(tmp_path, caplog):
    silence = np.zeros(32000, np.float32)
    path = two_tracks(tmp_path / "a.mkv", silence, tone())
    with caplog.at_level(logging.WARNING):
        assert audio_track(path) == 2
    assert "sound track 1 is silent; read track 2" in caplog.text
    np.testing.assert_allclose(read_audio(path)[0], tone(), atol=1e-3)
    assert not np.concatenate([block.samples for block in audio(path, track=1)]).any()
    assert audio_track(two_tracks(tmp_path / "b.mkv", tone(), tone(hertz=300))) == 1
    assert audio_track(two_tracks(tmp_path / "c.mkv", silence, silence)) == 1


@pytest.mark.parametrize("count", [3, 9, 64, 255])
def test_many_channels(tmp_path, count):
    path = tmp_path / "a.wav"
    samples = np.zeros((16000, count), np.int16)
    samples[:, -1] = (tone(1.0) * 32767).astype(np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(count)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(samples.tobytes())
    if count == 3:  # such a file is 2.1: its third channel carries bass only
        samples[:, 0] = samples[:, -1]
        path.write_bytes(path.read_bytes()[:44] + samples.tobytes())
    np.testing.assert_allclose(read_audio(path)[0], tone(1.0), atol=1e-3)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.wv", "wavpack"), ("a.m4a", "aac"), ("a.mov", "pcm_s16le"), ("a.caf", "pcm_s16le")]
)
def test_sound_all_around(tmp_path, name, codec):
    """Planar sound of eight channels, and channel maps of an order of their own, must not end the process."""
    path = channels(tmp_path / name, [tone(rate=48000)] * 8, codec=codec, layout="7.1", rate=48000)
    for _ in range(3):
        samples, _, _ = read_audio(path)
    assert np.abs(samples[4000:-4000]).max() == pytest.approx(0.5, abs=0.02)


def test_a_sample_that_is_no_number_spoils_no_other(tmp_path):
    samples = tone()
    samples[[100, 4000]] = np.nan, np.inf
    heard = read_audio(channels(tmp_path / "a.wav", [samples], "pcm_f32le", "mono"))[0]
    expected = np.where(np.isfinite(samples), samples, 0)
    np.testing.assert_allclose(heard, expected, atol=1e-6)

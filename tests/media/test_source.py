"""Every way in which a file can be no use: one line that says what to do."""

from __future__ import annotations

import logging
import os
import random
from contextlib import suppress

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition

from avaffect.errors import MediaError
from avaffect.media import audio, frame_times, frames, probe, read_audio

READERS = {
    "frames": lambda path: list(frames(path)),
    "audio": lambda path: list(audio(path)),
    "read_audio": read_audio,
    "probe": probe,
}


def missing(folder, talk):
    return folder / "nowhere.mp4", "no such file"


def in_missing_folder(folder, talk):
    return folder / "nowhere" / "clip.mp4", "no such file"


def a_folder(folder, talk):
    return folder, "is a folder"


def empty(folder, talk):
    path = folder / "empty.mp4"
    path.touch()
    return path, "is empty"


def text_as_mp4(folder, talk):
    path = folder / "text.mp4"
    path.write_text("Dear diary,\nthis is no video.\n" * 100)
    return path, "is not a video or audio file"


def text_as_txt(folder, talk):
    # FFmpeg would show it as "ANSI art", 25 pictures a second
    path = folder / "notes.txt"
    path.write_text("Dear diary,\nthis is no video.\n" * 100)
    return path, "neither picture nor sound"


def text_as_wav(folder, talk):
    path = folder / "text.wav"
    path.write_text("Dear diary,\nthis is no sound.\n" * 100)
    return path, "is not a video or audio file"


def noise(folder, talk):
    path = folder / "noise.mp3"
    path.write_bytes(random.Random(0).randbytes(50_000))
    return path, "; give "  # by chance some of it may look like a sound frame, or not


def truncated(folder, talk):
    path = folder / "cut.mp4"
    path.write_bytes(talk.read_bytes()[:3000])
    return path, "is cut off"


def subtitles_only(folder, talk):
    path = folder / "words.srt"
    path.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n\n2\n00:00:01,000 --> 00:00:02,000\nBye\n")
    return path, "neither picture nor sound"


def a_playlist(folder, talk):
    path = folder / "list.m3u8"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{talk}\n#EXT-X-ENDLIST\n")
    return path, "a playlist is not followed"


def a_list_of_parts(folder, talk):
    path = folder / "parts.mp4"
    path.write_text(f"ffconcat version 1.0\nfile '{talk}'\n")
    return path, "a playlist is not followed"


def a_session(folder, talk):
    path = folder / "call.sdp"
    path.write_text("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n")
    return path, "neither picture nor sound"


def a_device(folder, talk):
    return os.devnull, "is not a regular file"


def blank_packets(path, which, kind=None):
    """Overwrite some of a file's packets (of one kind of stream) with zeros; the container stays as it is."""
    data = path.read_bytes()
    with av.open(str(path)) as container:
        packets = [bytes(p) for p in container.demux() if p.size and kind in (None, p.stream.type)]
    for packet in packets[which]:
        assert data.count(packet) == 1
        data = data.replace(packet, bytes(len(packet)))
    path.write_bytes(data)


def decodable(path):
    """Times of the pictures that PyAV decodes, packet by packet."""
    times = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"
        for packet in container.demux():
            if packet.stream is stream:
                with suppress(av.FFmpegError):
                    times += [frame.time for frame in packet.decode()]
    return times


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "case",
    [
        missing,
        in_missing_folder,
        a_folder,
        empty,
        text_as_mp4,
        text_as_txt,
        text_as_wav,
        noise,
        truncated,
        subtitles_only,
        a_playlist,
        a_list_of_parts,
        a_session,
        a_device,
    ],
)
def test_useless_file_is_one_line(case, reader, tmp_path, talk):
    path, reason = case(tmp_path, talk)
    with pytest.raises(MediaError) as caught:
        READERS[reader](path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert reason in message
    assert "\n" not in message


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_permissions(tmp_path, talk):
    path = tmp_path / "secret.mp4"
    path.write_bytes(talk.read_bytes())
    path.chmod(0)
    with pytest.raises(MediaError, match="may not be read"):
        probe(path)


def test_permission_error_is_one_line(monkeypatch, talk):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(talk), "open", refuse)
    with pytest.raises(MediaError, match="may not be read; change its permissions"):
        probe(talk)


def test_nothing_decodable_in_a_video_only_file(tmp_path, kit):
    path = kit.write_clip(tmp_path / "v.mkv", kit.Pictures(kit.numbered(5), np.arange(5) / 25, codec="ffv1"))
    blank_packets(path, slice(None))
    with pytest.raises(MediaError, match="nothing of its picture can be decoded"):
        list(frames(path))


def test_file_broken_midway_gives_what_it_has(tmp_path, talk, caplog):
    # rewritten with the index in front, then cut in the middle of the pictures
    whole = tmp_path / "whole.mp4"
    with av.open(str(talk)) as source, av.open(str(whole), "w", options={"movflags": "faststart"}) as output:
        streams = {s.index: output.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
    cut = tmp_path / "cut.mp4"
    data = whole.read_bytes()
    cut.write_bytes(data[: data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 3])
    with caplog.at_level(logging.WARNING):
        times = [frame.pts for frame in frames(cut)]
    assert 3 < len(times) < 50
    assert times == pytest.approx(decodable(cut))  # all of them, those behind the damaged one too
    assert "announces 2." in caplog.text


def test_damaged_packets_are_skipped_and_told(tmp_path, kit, caplog):
    path = kit.write_clip(tmp_path / "a.mkv", None, kit.Sound(kit.clicks(2.0), codec="flac"))
    blank_packets(path, slice(5, 6))
    with caplog.at_level(logging.WARNING):
        _, _, spans = read_audio(path)
    assert "1 damaged audio packets were skipped" in caplog.text
    assert len(spans) == 2  # the hole stays a hole
    assert spans[1][0] - spans[0][1] == pytest.approx(4608 / 44100, abs=2e-3)


def test_cover_art_is_no_video(tmp_path, kit):
    path = kit.write_clip(tmp_path / "song.mp3", None, kit.Sound(kit.clicks(), codec="libmp3lame"))
    picture = cv2.imencode(".jpg", kit.quadrants())[1].tobytes()
    body = b"\x00image/jpeg\x00\x03\x00" + picture
    frame = b"APIC" + len(body).to_bytes(4, "big") + b"\x00\x00" + body
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x03\x00\x00" + size + frame + path.read_bytes())
    with av.open(str(path)) as container:
        assert len(container.streams.video) == 1  # FFmpeg does show it as a video stream
    info = probe(path)
    assert (info.has_video, info.has_audio, info.width) == (False, True, None)
    assert list(frames(path)) == []


@pytest.mark.parametrize("default", [0, 1])
def test_default_stream_is_read(tmp_path, default):
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as output:
        streams = [output.add_stream("ffv1", rate=25) for _ in range(2)]
        for number, stream in enumerate(streams):
            stream.width, stream.height, stream.pix_fmt = 64 + 32 * number, 48, "yuv420p"
            stream.disposition = Disposition.default if number == default else Disposition(0)
        for stream in streams:
            image = np.zeros((48, stream.width, 3), np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
            output.mux(stream.encode(None))
    assert probe(path).width == (64, 96)[default]


def test_colon_in_the_name_is_no_protocol(tmp_path, talk, monkeypatch):
    (tmp_path / "http: part 1.mp4").write_bytes(talk.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert probe("http: part 1.mp4").has_video


def test_pictures_that_cannot_be_decoded_leave_the_sound(tmp_path, kit, caplog):
    pictures = kit.Pictures(kit.numbered(5), np.arange(5) / 25, codec="ffv1")
    path = kit.write_clip(tmp_path / "v.mkv", pictures, kit.Sound(kit.clicks(1.0)))
    blank_packets(path, slice(None), kind="video")
    with caplog.at_level(logging.WARNING):
        assert list(frames(path)) == []
    assert "nothing of its picture can be decoded; read without it" in caplog.text
    assert read_audio(path)[0].size > 0
    with pytest.raises(MediaError, match="holds no picture that can be decoded; a video was expected"):
        frame_times(path)


def test_a_broken_disk_is_one_line(monkeypatch, talk):
    def fail(*args, **kwargs):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(type(talk), "open", fail)
    with pytest.raises(MediaError, match=r"cannot be read \(Input/output error\); check the disk"):
        probe(talk)


def test_a_pattern_in_the_name_stands_for_no_other_file(tmp_path, kit):
    image = cv2.imencode(".jpg", kit.quadrants())[1].tobytes()
    for name in ("shot001.jpg", "shot002.jpg", "shot%03d.jpg"):
        (tmp_path / name).write_bytes(image)
        assert len(list(frames(tmp_path / name))) == 1
    with pytest.raises(MediaError, match="no such file"):
        probe(tmp_path / "other%03d.jpg")


@pytest.mark.parametrize(
    ("video", "sound", "what"),
    [(0.0, 7200.0, "its sound begins 2.0 hours"), (7200.0, 0.0, "its pictures begin")],
)
def test_streams_hours_apart_are_refused(tmp_path, kit, video, sound, what):
    pictures = kit.Pictures(kit.numbered(5), video + np.arange(5) / 25)
    path = kit.write_clip(tmp_path / "v.mkv", pictures, kit.Sound(kit.clicks(1.0), start=sound))
    with pytest.raises(MediaError, match=what):
        list(frames(path))


def test_pictures_that_are_too_large_are_refused_before_they_are_decoded(tmp_path, kit):
    path = tmp_path / "huge.bmp"
    data = bytearray(cv2.imencode(".bmp", kit.quadrants())[1].tobytes())
    data[18:26] = (14_000).to_bytes(4, "little") * 2
    path.write_bytes(data)
    with pytest.raises(MediaError, match="states pictures of 14000 x 14000 pixels; at most"):
        list(frames(path))


def test_a_stream_that_begins_late_in_a_live_recording(tmp_path):
    """FLV whose head tells of pictures alone; 20 s later there is sound."""

    def flv(name, seconds, *, sound):
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            video = container.add_stream("flv1", rate=25)
            video.width = video.height = 32
            audio = container.add_stream("pcm_s16le", rate=44100, layout="mono") if sound else None
            for number in range(25 * seconds):
                frame = av.VideoFrame.from_ndarray(
                    np.full((32, 32, 3), number % 250, np.uint8), format="rgb24"
                )
                frame.pts = number
                container.mux(video.encode(frame))
                if audio is not None:
                    block = av.AudioFrame.from_ndarray(np.full((1, 1764), 900, np.int16), "s16", "mono")
                    block.rate, block.pts = 44100, 1764 * number
                    container.mux(audio.encode(block))
            container.mux(video.encode(None))
        return path.read_bytes()

    path = tmp_path / "late.flv"
    path.write_bytes(flv("silent.flv", 21, sound=False) + flv("both.flv", 1, sound=True)[13:])
    assert sum(1 for _ in frames(path)) == 22 * 25
    samples, _, _ = read_audio(path)
    assert np.abs(samples).max() > 0.02

"""Bad media of every kind, made on the spot: each must give rows or one line, never a crash.

A case is a name and a function that writes its file. `short` gives those of the test suite, `cases` all.
"""

from __future__ import annotations

import random
import struct
import wave
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from pathlib import Path

import av
import numpy as np

Write = Callable[[Path], None]
Case = tuple[str, Write]

address = "http://127.0.0.1:9/a.ts"  # what playlists name; whoever listens there sets it

CONTAINERS = "mp4 mov mkv webm avi flv ts mpg asf nut ogg mxf 3gp gxf"
VIDEO = "libx264 libx265 mpeg4 mpeg2video mpeg1video mjpeg ffv1 libvpx libvpx-vp9 huffyuv flv rawvideo gif"
SOUND_FILES = {
    "wav": "pcm_s16le pcm_u8 pcm_s24le pcm_f32le pcm_f64le pcm_s64le pcm_alaw pcm_mulaw adpcm_ms",
    "aiff": "pcm_s16be pcm_s8",
    "caf": "pcm_s16le pcm_f32le alac",
    "au": "pcm_s16be",
    "flac": "flac",
    "mp3": "libmp3lame",
    "mp2": "mp2",
    "ogg": "libvorbis flac",
    "opus": "libopus",
    "m4a": "aac alac",
    "aac": "aac",
    "ac3": "ac3",
    "eac3": "eac3",
    "wv": "wavpack",
    "tta": "tta",
    "w64": "pcm_s16le",
    "mka": "pcm_s16le flac aac",
    "wma": "wmav2",
    "amr": "libopencore_amrnb",
}
_MANIFEST = """<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>
<Representation id="1" bandwidth="1"><BaseURL>{address}</BaseURL></Representation>
</AdaptationSet></Period></MPD>
"""
WRONG_ENDINGS = ("mp4", "avi", "wav", "mp3", "txt", "jpg", "m3u8", "")


def clip(
    path: Path,
    *,
    video: str | None = "mpeg4",
    sound: str | None = "aac",
    size: tuple[int, int] = (64, 48),
    count: int = 12,
    rate: int = 16000,
    layout: str = "mono",
    times: Callable[[int], float] = lambda k: k / 25,
    sound_start: float = 0.0,
    seconds: float = 0.5,
    setup: Callable[[av.VideoStream], None] | None = None,
    container: str | None = None,
) -> None:
    """A clip of a moving pattern and a tone; stamps as given."""
    with av.open(str(path), "w", format=container) as output:
        pictures = noise = None
        if video:
            pictures = output.add_stream(video, rate=25)
            pictures.width, pictures.height = size
            formats = pictures.codec_context.codec.video_formats or []
            names = [one.name for one in formats]
            pictures.pix_fmt = "yuv420p" if not names or "yuv420p" in names else names[0]
            if setup:
                setup(pictures)
        if sound:
            noise = output.add_stream(sound, rate=rate)
            noise.layout = layout
        if pictures is not None:
            base = pictures.codec_context.time_base or Fraction(1, 25)
            for k in range(count):
                image = np.roll(np.indices((size[1], size[0], 3)).sum(0) * 5 % 256, k, axis=1).astype(
                    np.uint8
                )
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.time_base, frame.pts = base, round(Fraction(times(k)) / base)
                output.mux(pictures.encode(frame))
            output.mux(pictures.encode(None))
        if noise is not None:
            samples = 0.3 * np.sin(np.arange(round(seconds * rate)) / rate * 2 * np.pi * 200)
            packed = np.repeat(samples.astype(np.float32), noise.layout.nb_channels)[None]
            frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = round(sound_start * rate)
            output.mux(noise.encode(frame))
            output.mux(noise.encode(None))


def damaged(path: Path, change: Callable[[bytearray], None], ending: str = "mp4", **options: object) -> None:
    """A clip whose bytes are changed afterwards."""
    whole = path.with_name(f"{path.stem}_whole.{ending}")
    clip(whole, **options)  # type: ignore[arg-type]
    data = bytearray(whole.read_bytes())
    whole.unlink()
    change(data)
    path.write_bytes(data)


def _cut(share: float) -> Callable[[bytearray], None]:
    return lambda data: data.__delitem__(slice(int(len(data) * share), None))


def _flip(seed: int, count: int, head: bool) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        chance = random.Random(seed)
        for _ in range(count):
            data[chance.randrange(min(len(data), 600 if head else len(data)))] ^= 1 << chance.randrange(8)

    return change


def _pcm(path: Path, channels: int, rate: int, samples: int = 4000, dtype: str = "<i2") -> None:
    data = (np.random.default_rng(0).normal(0, 3000, (samples, channels))).astype(dtype)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(np.dtype(dtype).itemsize)
        file.setframerate(rate)
        file.writeframes(data.tobytes())


def _float_wav(path: Path, samples: np.ndarray) -> None:
    data = samples.astype("<f4").tobytes()
    head = struct.pack("<IHHIIHH", 16, 3, 1, 16000, 64000, 4, 32)
    path.write_bytes(
        b"RIFF"
        + struct.pack("<I", 36 + len(data))
        + b"WAVEfmt "
        + head
        + b"data"
        + struct.pack("<I", len(data))
        + data
    )


def _resized(path: Path) -> None:
    """A transport stream whose pictures change their size in the middle."""
    parts = [path.with_name(f"{path.stem}_{k}.ts") for k in range(2)]
    for part, size in zip(parts, ((64, 48), (128, 64)), strict=True):
        clip(part, video="mpeg2video", sound="mp2", size=size)
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    for part in parts:
        part.unlink()


def _text(content: str) -> Write:
    return lambda path: path.write_text(content.format(folder=path.parent, address=address)) and None


def _aspect(ratio: int) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        at = data.find(b"pasp")
        if at >= 0:
            data[at + 4 : at + 12] = struct.pack(">II", ratio, 1)

    return change


def _square(stream: av.VideoStream) -> None:
    stream.codec_context.sample_aspect_ratio = Fraction(2)


def every_codec() -> Iterator[Case]:
    """Every container with every codec; most pairs do not exist, and make no file."""
    for container, video in product(CONTAINERS.split(), VIDEO.split()):
        sound = {"webm": "libopus", "ogg": "libvorbis", "mpg": "mp2", "mxf": "pcm_s16le", "gxf": "pcm_s16le"}
        codec = sound.get(container, "aac")
        rate = 48000 if container in ("mxf", "gxf", "webm", "mpg") else 44100
        size = (720, 576) if container in ("mxf", "gxf") else (64, 48)
        yield f"{video}.{container}", _call(video=video, sound=codec, rate=rate, size=size)
    for ending, codecs in SOUND_FILES.items():
        for codec in codecs.split():
            rate = 8000 if codec == "libopencore_amrnb" else 48000
            yield f"{codec}.{ending}", _call(video=None, sound=codec, rate=rate)


def _call(**options: object) -> Write:
    return lambda path: clip(path, **options)  # type: ignore[arg-type]


def _damage(change: Callable[[bytearray], None], ending: str, **options: object) -> Write:
    return lambda path: damaged(path, change, ending, **options)


def short() -> Iterator[Case]:
    """One of each kind, quick to read."""
    yield "cut.mp4", _damage(_cut(0.7), "mkv")
    yield "headless.mp4", _damage(_cut(0.3), "mp4")
    yield "flipped.ts", _damage(_flip(1, 20, False), "ts", video="mpeg2video", sound="mp2")
    yield "flipped_head.avi", _damage(_flip(2, 6, True), "avi", sound="mp2")
    yield "one_picture.mp4", _call(count=1, sound=None)
    yield "one_pixel.mkv", _call(video="ffv1", size=(1, 1), sound=None)
    yield "odd_size.mkv", _call(video="ffv1", size=(63, 47))
    yield "channels_64.wav", lambda path: _pcm(path, 64, 48000)
    yield "channels_255.wav", lambda path: _pcm(path, 255, 48000)
    yield "rate_192k.wav", lambda path: _pcm(path, 2, 192_000)
    yield "rate_1.wav", lambda path: _pcm(path, 1, 1)
    yield "rate_4g.wav", lambda path: _pcm(path, 1, 2**31 - 1)
    yield "few_samples.wav", lambda path: _pcm(path, 1, 16000, samples=3)
    yield "no_samples.wav", lambda path: _pcm(path, 1, 16000, samples=0)
    yield "nan.wav", lambda path: _float_wav(path, np.full(8000, np.nan))
    yield "infinite.wav", lambda path: _float_wav(path, np.full(8000, np.inf))
    yield "huge_floats.wav", lambda path: _float_wav(path, np.full(8000, 3e38))
    yield "around.mov", _call(sound="pcm_s16le", layout="7.1", rate=48000)
    yield "sound_an_hour_late.mkv", _call(sound_start=3500.0)
    yield "sound_a_day_late.mkv", _call(sound_start=86400.0)
    yield "gaps.mkv", _call(times=lambda k: k * 60.0)
    yield "backwards.mkv", _call(video="ffv1", sound=None, times=lambda k: (12 - k) / 25)
    yield "resized.ts", _resized
    yield "wide_pixels.mp4", _damage(_aspect(2**31 - 1), "mp4", setup=_square)
    yield "list.m3u8", _text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n")
    yield "list.mp4", _text("ffconcat version 1.0\nfile '{folder}/channels_64.wav'\n")
    yield "master.m3u8", _text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{address}\n")
    yield "manifest.mpd", _text(_MANIFEST)
    yield "session.sdp", _text("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nt=0 0\nm=video 9 RTP/AVP 96\n")
    yield "text.mp4", _text("Dear diary\n" * 99)
    yield "zeros.mp4", lambda path: path.write_bytes(bytes(5000)) and None
    yield "noise.mkv", lambda path: path.write_bytes(random.Random(0).randbytes(5000)) and None


def cases() -> Iterator[Case]:
    """All of them, several hundred."""
    yield from short()
    yield from every_codec()
    for ending, share in product(
        ("mp4", "mkv", "ts", "avi", "flv", "mpg", "ogg"), (0.05, 0.3, 0.5, 0.8, 0.99)
    ):
        yield f"cut_{share}.{ending}", _damage(_cut(share), ending, **_usual(ending))
    for ending, seed in product(("mp4", "mkv", "ts", "avi", "flv", "mpg"), range(12)):
        change = _flip(seed, 1 + seed, head=seed % 2 == 0)
        yield f"flipped_{seed}.{ending}", _damage(change, ending, **_usual(ending))
    for ending, seed in product(("wav", "mp3", "flac", "m4a", "ogg"), range(6)):
        codec = SOUND_FILES[ending].split()[0]
        change = _flip(seed, 1 + seed, head=seed % 2 == 0)
        yield f"flipped_{seed}.{ending}", _damage(change, ending, video=None, sound=codec, rate=48000)
    for ending, real in product(WRONG_ENDINGS, ("mkv", "ts", "flv")):
        name = f"{real}_as.{ending}" if ending else f"{real}_as"
        yield name, _damage(lambda data: None, real, **_usual(real))
    for rate in (8000, 11025, 22050, 96000, 192_000):
        yield f"rate_{rate}.wav", lambda path, rate=rate: _pcm(path, 2, rate)
    for channels in (3, 4, 5, 6, 7, 8, 9, 16, 24, 32, 65, 128):
        yield f"channels_{channels}.wav", lambda path, n=channels: _pcm(path, n, 48000)
    for layout, ending in product(
        ("6.1", "5.1", "7.1(wide)", "quad", "octagonal"), ("mov", "caf", "mkv", "wav")
    ):
        video = "mpeg4" if ending in ("mov", "mkv") else None
        yield f"{layout}.{ending}", _call(video=video, sound="pcm_s16le", layout=layout, rate=48000)
    for width, height in product((1, 2, 3, 5, 17), (1, 2, 3, 5, 17)):
        yield f"size_{width}x{height}.mkv", _call(video="ffv1", size=(width, height), sound=None)
    for late in (-0.4, 0.3, 5.0, 60.0, 7200.0, 1e6):
        yield (
            f"late_{late}.mkv",
            _call(sound_start=max(0.0, late), times=lambda k, t=late: max(0.0, -t) + k / 25),
        )
    for angle in (0, 45, 90, 180, 270):
        yield f"turned_{angle}.mp4", _call(setup=lambda stream, a=angle: stream.set_display_rotation(a))
    for ratio in (0, 1, 3, 1000, 2**31):
        yield f"aspect_{ratio}.mp4", _damage(_aspect(ratio), "mp4", setup=_square)
    yield "8k.mkv", _call(video="mjpeg", size=(7680, 4320), count=2, sound=None)


def _usual(ending: str) -> dict[str, object]:
    return {
        "mpg": {"video": "mpeg1video", "sound": "mp2", "rate": 48000},
        "ts": {"video": "mpeg2video", "sound": "mp2", "rate": 48000},
        "flv": {"video": "flv", "sound": "aac", "rate": 44100},
        "avi": {"video": "mpeg4", "sound": "mp2", "rate": 48000},
        "ogg": {"video": None, "sound": "libvorbis", "rate": 48000},
    }.get(ending, {})

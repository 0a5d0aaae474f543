"""Videos of any length to measure with: the sample clip in any size, with one face or three.

Ten seconds are encoded, forwards and backwards so that they can follow each other without a cut; longer
videos repeat their packets.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np

from avaffect import media

SAMPLE = Path(__file__).resolve().parent.parent / "examples" / "sample.mp4"
PERIOD = 10  # seconds that are encoded
_SEEN = 4.8  # seconds of the sample in which the face is in view
_SAMPLE_RATE = 16_000  # Hz
_ENCODING = {"preset": "veryfast", "crf": "20", "g": "250"}


def footage(path: Path, *, height: int, rate: int, faces: int = 1, seconds: float = PERIOD) -> Path:
    """Write a video, and return its path.

    Parameters
    ----------
    path : Path
        An .mp4 to write.
    height : int
        In pixels; the width is 16/9 of it.
    rate : int
        Frames per second.
    faces : {1, 3}
        One face, or three side by side.
    seconds : float
        Length of the video.
    """
    period = path.with_name(f"period_{path.name}")
    _encode(period, round(height * 16 / 9), height, rate, faces)
    _repeat(period, path, seconds)
    period.unlink()
    return path


def _encode(path: Path, width: int, height: int, rate: int, faces: int) -> None:
    """The ten seconds."""
    frames = islice(media.frames(SAMPLE), round(_SEEN * 25))  # 25 a second
    pictures = [_arranged(frame.image, faces, width, height) for frame in frames]
    sound = np.concatenate([block.samples for block in media.audio(SAMPLE)])[: PERIOD * _SAMPLE_RATE]
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=rate, options=_ENCODING)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = container.add_stream("aac", rate=_SAMPLE_RATE, layout="mono")
        for number in range(PERIOD * rate):
            way = 1 - abs(1 - 2 * number / (PERIOD * rate))  # there and back
            place, share = divmod(way * (len(pictures) - 1), 1)
            now, after = pictures[int(place)], pictures[min(int(place) + 1, len(pictures) - 1)]
            image = cv2.addWeighted(now, 1 - share, after, share, 0)
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(video.encode(None))
        block = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
        block.sample_rate, block.pts = _SAMPLE_RATE, 0
        container.mux(audio.encode(block))
        container.mux(audio.encode(None))


def _arranged(picture: np.ndarray, faces: int, width: int, height: int) -> np.ndarray:
    if faces == 3:
        one = picture[:, 140:500]  # the person in it
        picture = cv2.copyMakeBorder(
            np.concatenate([one, one[:, ::-1], one], axis=1), 124, 124, 0, 0, cv2.BORDER_CONSTANT
        )
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)


def _repeat(period: Path, path: Path, seconds: float) -> None:
    """Copy the packets again and again, up to a time."""
    with av.open(str(path), "w") as target:
        streams = {}
        with av.open(str(period)) as source:
            streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
        for turn in range(-(-int(seconds * 1000) // (PERIOD * 1000))):
            with av.open(str(period)) as source:
                for packet in source.demux():
                    if packet.dts is None or packet.pts is None or packet.time_base is None:
                        continue
                    shift = int(Fraction(turn * PERIOD) / packet.time_base)
                    inside = 0 <= packet.pts * packet.time_base < PERIOD
                    if inside and (packet.pts + shift) * packet.time_base < seconds:
                        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                        packet.stream = streams[packet.stream.index]
                        target.mux(packet)

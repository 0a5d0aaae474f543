"""Write a video: pictures with their own times, and the sound of another file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from av.video.stream import VideoStream

from ..arguments import checks_types
from ..errors import MediaError
from ..files import remove_stale_once, temporary_name
from .soundtrack import Soundtrack

_ENDINGS = (".mp4", ".mov", ".mkv")
# (encoder, its options, ticks per second); MPEG-4 part 2 counts no finer than 65535
_H264 = ("libx264", {"preset": "veryfast", "crf": "20"}, 90_000)
_MPEG4 = ("mpeg4", {"flags": "+qscale", "global_quality": "354"}, 60_000)  # 354 = quantiser 3
_SOUND_AHEAD = 0.5  # seconds of sound written before the picture it belongs to


@checks_types
class VideoSink:
    """Writes a video picture by picture; use it in a `with` statement.

    The file appears under its name only when the block ends without an exception; otherwise nothing is left
    behind. Pictures keep their times to 1/90000 s (1 ms in .mkv), so a variable frame rate stays variable.
    An odd width or height grows by one pixel, since H.264 has even sizes only.

    Parameters
    ----------
    path : path
        File to write, ending in .mp4, .mov or .mkv; an existing one is replaced.
    width, height : int
        Size in pixels of every picture.
    source : path, optional
        File whose sound is added, at its own times; without it the video is silent.
    audio_track : int, optional
        Number of the sound track that is added, from 1; by default as `audio_track` chooses.

    Raises
    ------
    MediaError
        If the file cannot be written there or ``source`` cannot be read.

    Examples
    --------
    >>> def copy(video, result):
    ...     info = probe(video)
    ...     with VideoSink(result, width=info.width, height=info.height, source=video) as sink:
    ...         for frame in frames(video):
    ...             sink.write(frame.image, frame.pts)
    """

    def __init__(
        self,
        path: Path | str,
        *,
        width: int,
        height: int,
        source: Path | str | None = None,
        audio_track: int | None = None,
    ) -> None:
        self._path = Path(path)
        self._partial = temporary_name(self._path)
        self._size = (height, width, 3)
        self._even = (height + height % 2, width + width % 2)
        self._padding = ((0, height % 2), (0, width % 2), (0, 0))
        self._source = None if source is None else Path(source)
        self._audio_track = audio_track
        self._reformatter = VideoReformatter()
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._soundtrack: Soundtrack | None = None
        self._last = -np.inf
        self._waiting: VideoFrame | None = None  # a picture lasts until the next one is known
        self._duration = 3600  # ticks; of a video of one picture
        codec = _H264 if _H264[0] in av.codecs_available else _MPEG4
        self._codec, self._options, self._ticks = codec

    def __enter__(self) -> Self:
        self._check_place()
        remove_stale_once(self._path.parent)
        with self._one_line():
            options = {"movflags": "+faststart", "movie_timescale": "90000"}
            matroska = self._path.suffix.lower() == ".mkv"
            self._container = av.open(
                str(self._partial.absolute()), "w", container_options={} if matroska else options
            )
            self._partial.touch()  # PyAV opens it at the first packet: fail before the work is done
        return self

    def write(self, image: np.ndarray, pts: float) -> None:
        """Add a picture.

        Parameters
        ----------
        image : (height, width, 3) uint8 np.ndarray
            RGB, of the size given to the sink.
        pts : float
            When it is shown, in seconds; later than the picture before it.

        Raises
        ------
        MediaError
            If the picture has another size or type, its time is not later, or the disk is full.
        """
        if image.shape != self._size or image.dtype != np.uint8:
            raise MediaError(
                f"{self._path}: got a picture of {image.shape} {image.dtype}, expected {self._size} "
                "uint8; give VideoSink the size of its pictures"
            )
        if not pts > self._last:  # nor when it is NaN
            raise MediaError(
                f"{self._path}: got a picture for {pts:.3f} s after one for {self._last:.3f} s; "
                "write pictures in the order of their times"
            )
        tick, self._last = round(pts * self._ticks), pts
        with self._one_line():
            if self._waiting is not None:
                held = self._waiting.pts or 0
                tick = max(tick, held + 1)
                self._encode(self._waiting, tick - held)
            self._waiting = self._encodable(image, tick)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                with self._one_line():
                    self._finish()
                    os.replace(self._partial, self._path)
        finally:
            if self._container is not None:
                with suppress(av.FFmpegError):  # a file that is thrown away may stay unfinished
                    self._container.close()
            self._partial.unlink(missing_ok=True)

    def _check_place(self) -> None:
        folder = self._path.parent
        if self._path.suffix.lower() not in _ENDINGS:
            raise MediaError(
                f"{self._path}: a video's name must end in one of {', '.join(_ENDINGS)}; rename it"
            )
        if not folder.is_dir():
            raise MediaError(f"{self._path}: there is no folder {folder}; create it first")
        if self._path.is_dir():
            raise MediaError(f"{self._path}: is a folder, a file name was expected; give another")
        both = self._source is not None and self._source.exists() and self._path.exists()
        if both and self._path.samefile(str(self._source)):
            raise MediaError(f"{self._path}: would overwrite the video it is made from; give another name")

    def _encodable(self, image: np.ndarray, tick: int) -> VideoFrame:
        if self._even != self._size[:2]:
            image = np.pad(image, self._padding, mode="edge")
        frame = self._reformatter.reformat(
            VideoFrame.from_ndarray(image, format="rgb24"),
            format="yuv420p",
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            dst_colorspace=Colorspace.ITU709,
            threads=1,
        )
        frame.time_base = Fraction(1, self._ticks)
        frame.pts = tick
        return frame

    def _encode(self, frame: VideoFrame, duration: int) -> None:
        if self._container is None:
            raise MediaError(f"{self._path}: is not open; use VideoSink in a with statement")
        if self._stream is None:
            self._stream = self._add_stream(self._container, duration)
            if self._source is not None:
                self._soundtrack = Soundtrack(self._source, self._container, self._audio_track)
        frame.duration = self._duration = duration
        self._container.mux(self._stream.encode(frame))
        if self._soundtrack is not None:
            self._soundtrack.until((frame.pts or 0) / self._ticks + _SOUND_AHEAD)

    def _add_stream(self, container: OutputContainer, duration: int) -> VideoStream:
        # the encoder spends its bits by a nominal rate: that of the first two pictures
        rate = Fraction(self._ticks, duration).limit_denominator(1001)
        stream = container.add_stream(
            self._codec, rate=min(max(rate, Fraction(1)), Fraction(240)), options=self._options
        )
        assert isinstance(stream, VideoStream)
        context = stream.codec_context
        context.height, context.width = self._even
        context.pix_fmt = "yuv420p"
        context.time_base = Fraction(1, self._ticks)
        context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        return stream

    def _finish(self) -> None:
        if self._waiting is None:
            raise MediaError(f"{self._path}: no picture was given, so no video can be written")
        self._encode(self._waiting, self._duration)
        assert self._container is not None
        assert self._stream is not None  # both since the picture above
        self._container.mux(self._stream.encode(None))
        if self._soundtrack is not None:
            self._soundtrack.close()
        self._container.close()
        self._container = None

    @contextmanager
    def _one_line(self) -> Iterator[None]:
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            raise MediaError(
                f"{self._path}: cannot be written ({error.strerror}); "
                "check the folder's permissions and the space on the disk"
            ) from error

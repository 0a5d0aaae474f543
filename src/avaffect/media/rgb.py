"""Decoded pictures as RGB, in memory that is used again: fresh memory would cost more than the colours."""

from __future__ import annotations

from fractions import Fraction
from threading import Lock

import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_HD_LINES = 720  # an untagged picture of so many lines is BT.709, a smaller one BT.601


class RGB:
    """Makes RGB arrays of decoded pictures by FFmpeg's scaler, bicubic where their size changes."""

    def __init__(self) -> None:
        self._one_by_one = Lock()
        self._graph: Graph | None = None
        self._made_for: tuple[object, ...] = ()

    def __call__(self, frame: VideoFrame, width: int, height: int) -> np.ndarray:
        """The picture as (height, width, 3) uint8, as it is stored: neither turned nor deinterlaced.

        Threads may ask for pictures at once; they are made one after the other.
        """
        kind = (frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range)
        with self._one_by_one:
            if self._graph is None or self._made_for != (*kind, width, height):
                self._graph = self._made(frame, width, height)
                self._made_for = (*kind, width, height)
            self._graph.vpush(frame)
            return self._graph.vpull().to_ndarray()

    def _made(self, frame: VideoFrame, width: int, height: int) -> Graph:
        matrix = "auto"
        if frame.colorspace == _UNSPECIFIED:
            matrix = "bt709" if _is_hd(frame) else "bt601"
        graph = Graph()
        graph.threads = 1
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000)
        )
        scale = graph.add("scale", f"{width}:{height}:flags=bicubic:in_color_matrix={matrix}:out_range=pc")
        graph.link_nodes(source, scale, graph.add("format", "rgb24"), graph.add("buffersink")).configure()
        return graph


class Thumbnails:
    """Makes small RGB arrays of decoded pictures: pixels picked from them, with less ado than `RGB`."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame, width: int, height: int) -> np.ndarray:
        """(height, width, 3) uint8, as it is stored: neither turned nor deinterlaced."""
        matrix: int | None = None
        if frame.colorspace == _UNSPECIFIED:
            matrix = Colorspace.ITU709 if _is_hd(frame) else Colorspace.ITU601
        picked = self._reformatter.reformat(
            frame, width, height, "rgb24", matrix,
            interpolation=Interpolation.POINT, dst_color_range=ColorRange.JPEG,
        )  # fmt: skip
        return picked.to_ndarray()


def _is_hd(frame: VideoFrame) -> bool:
    return frame.height >= _HD_LINES

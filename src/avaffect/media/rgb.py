"""Decoded pictures as RGB, in memory that is used again: fresh memory would cost more than the colours."""

from __future__ import annotations

from fractions import Fraction
from threading import Lock

import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_HD_LINES = 720  # an untagged picture of so many lines is BT.709, a smaller one BT.601


class RGB:
    """Makes RGB arrays of decoded pictures by FFmpeg's scaler.

    Parameters
    ----------
    sampling : {"bicubic", "neighbor"}
        How pixels are read where the size changes.
    """

    def __init__(self, sampling: str) -> None:
        self._sampling = sampling
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
            matrix = "bt709" if frame.height >= _HD_LINES else "bt601"
        graph = Graph()
        graph.threads = 1
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000)
        )
        scale = graph.add(
            "scale", f"{width}:{height}:flags={self._sampling}:in_color_matrix={matrix}:out_range=pc"
        )
        graph.link_nodes(source, scale, graph.add("format", "rgb24"), graph.add("buffersink")).configure()
        return graph

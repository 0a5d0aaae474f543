"""A decoded picture as a viewer sees it: RGB, deinterlaced, with square pixels, upright."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import partial
from typing import NamedTuple

import av
import numpy as np
from av.filter import Graph
from av.sidedata.sidedata import SideDataContainer
from av.video.frame import VideoFrame

from .rgb import RGB, Thumbnails

_LEAST_LINES = 8  # smaller pictures are too small for the deinterlacer
_MOST_ASPECT = 8  # anamorphic recordings have pixels at most twice as wide as high
# Orientations by quarter turns counterclockwise, as `Decoded` has them.
_TURNS = {1: (0, -1, 1, 0), 2: (-1, 0, 0, -1), 3: (0, 1, -1, 0)}
THUMBNAIL = 128, 192
"""Height and width of a frame's thumbnail, in pixels."""


class Decoded(NamedTuple):
    """A decoded picture, the time at which it is shown (seconds), its orientation, and its length.

    ``length`` is how long the file says that it is shown, in seconds; 0 where it does not say. A frame that
    comes out of a filter has it in other units.

    ``orientation`` is the upper left 2 x 2 of the display matrix as (a, b, c, d): a stored pixel at
    (x, y) is shown at (a x + c y, b x + d y). None means upright.
    """

    frame: VideoFrame
    pts: Fraction
    orientation: tuple[int, int, int, int] | None
    length: Fraction = Fraction(0)


def orientation(
    frame: VideoFrame, of_photo: Callable[[], tuple[int, int, int, int] | None] = lambda: None
) -> tuple[int, int, int, int] | None:
    """The orientation given by the display matrix of a frame; None without one.

    ``of_photo`` gives that of a photograph's EXIF, for frames whose matrix cannot be read.
    """
    try:
        # Not `frame.side_data`: the frame keeps that, and it the frame, so that neither is freed in time.
        matrix = SideDataContainer(frame).get("DISPLAYMATRIX")  # type: ignore[call-arg]
    except ValueError:  # beside data of a kind that PyAV does not know it tells the rotation only
        return of_photo() or _TURNS.get(round(frame.rotation / 90) % 4)
    if matrix is None:
        return None
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    return a, b, c, d


def deinterlace(pictures: Iterable[Decoded]) -> Iterator[Decoded]:
    """Join the two fields of interlaced pictures; progressive pictures stay as they are.

    Times and number of pictures stay the same. The filter (bwdif) needs the next picture too; it is set up
    at the first picture flagged as interlaced.
    """
    graph: Graph | None = None
    shape: tuple[int, int, str] | None = None
    waiting: deque[Decoded] = deque()
    for picture in pictures:
        frame = picture.frame
        here = (frame.width, frame.height, frame.format.name)
        if graph is not None and shape != here:
            yield from _through(graph, None, waiting)
            graph = None
        if graph is None and (not frame.interlaced_frame or min(here[:2]) < _LEAST_LINES):
            yield picture
            continue
        if graph is None:
            graph, shape = _deinterlacer(frame), here
        waiting.append(picture)
        yield from _through(graph, frame, waiting)
    if graph is not None:
        yield from _through(graph, None, waiting)


def _deinterlacer(frame: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000)
    )
    graph.link_nodes(
        source, graph.add("bwdif", mode="send_frame", deint="interlaced"), graph.add("buffersink")
    ).configure()
    return graph


def _through(graph: Graph, frame: VideoFrame | None, waiting: deque[Decoded]) -> Iterator[Decoded]:
    # One picture comes out for each that went in, in order, so our own times stay with their pictures.
    graph.vpush(frame)
    while waiting:
        try:
            joined = graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return
        yield waiting.popleft()._replace(frame=joined)


class FrameConverter:
    """Makes RGB images of decoded pictures, all of the size of the first.

    Parameters
    ----------
    pixel_aspect : Fraction or None
        Width of a stored pixel over its height; None or 1 if it is square. Beyond 8 or 1/8, which no
        recording has, pixels are taken as square.
    """

    def __init__(self, pixel_aspect: Fraction | None) -> None:
        believed = pixel_aspect is not None and Fraction(1, _MOST_ASPECT) <= pixel_aspect <= _MOST_ASPECT
        self._aspect = pixel_aspect if pixel_aspect is not None and believed else Fraction(1)
        self._whole, self._small = RGB(), Thumbnails()
        self._shape: tuple[int, int] | None = None

    def __call__(self, picture: Decoded) -> np.ndarray:
        """The picture as (height, width, 3) uint8 RGB, upright, with square pixels.

        Some recordings change their resolution. A picture of another size than the first is scaled into that
        size with its proportions kept; the rest is black.
        """
        shape = self._note(picture)
        width, height = self._square(picture.frame)
        image = upright(self._whole(picture.frame, width, height), picture.orientation)
        if image.shape[:2] == shape:
            return image
        scale = min(shape[0] / image.shape[0], shape[1] / image.shape[1])
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
        return _centred(upright(self._whole(picture.frame, width, height), picture.orientation), shape)

    def later(self, picture: Decoded) -> tuple[Callable[[], np.ndarray], Callable[[], np.ndarray]]:
        """What makes the image of a picture, and its thumbnail, when it is called."""
        self._note(picture)
        return partial(self, picture), partial(self._thumbnail, picture.frame)

    def _note(self, picture: Decoded) -> tuple[int, int]:
        """Height and width of the first picture as it is shown."""
        if self._shape is None:
            width, height = self._square(picture.frame)
            self._shape = (width, height) if _lies(picture.orientation) else (height, width)
        return self._shape

    def _square(self, frame: VideoFrame) -> tuple[int, int]:
        """Width and height of a frame with square pixels."""
        return max(1, round(frame.width * self._aspect)), frame.height

    def _thumbnail(self, frame: VideoFrame) -> np.ndarray:
        height, width = THUMBNAIL
        return self._small(frame, width, height)


def sampled(image: np.ndarray) -> np.ndarray:
    """Pixels picked from an image (h, w, 3) so that it gets the size of a `THUMBNAIL`."""
    rows, columns = ((np.arange(n) + 0.5) * size / n for n, size in zip(THUMBNAIL, image.shape, strict=False))
    return image[rows.astype(int)[:, None], columns.astype(int)]


def upright(image: np.ndarray, turn: tuple[int, int, int, int] | None) -> np.ndarray:
    """Turn an image by quarter turns and mirror it, as its display matrix says.

    >>> upright(np.array([[1, 2], [3, 4]]), (0, 65536, -65536, 0))  # a phone held upright
    array([[3, 1],
           [4, 2]])
    """
    if turn is None:
        return image
    right, across, back, down = turn
    if _lies(turn):
        image, right, down = image.swapaxes(0, 1), back, across
    return np.ascontiguousarray(image[:: -1 if down < 0 else 1, :: -1 if right < 0 else 1])


def _lies(turn: tuple[int, int, int, int] | None) -> bool:
    """Whether a picture is stored on its side."""
    return turn is not None and abs(turn[1]) > abs(turn[0])


def _centred(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    canvas = np.zeros((*shape, 3), np.uint8)
    height, width = min(image.shape[0], shape[0]), min(image.shape[1], shape[1])
    top, left = (shape[0] - height) // 2, (shape[1] - width) // 2
    canvas[top : top + height, left : left + width] = image[:height, :width]
    return canvas

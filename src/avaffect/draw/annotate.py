"""A video with its trace drawn on every frame."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from ..ahead import ahead
from ..arguments import checks_types
from ..errors import DataError
from ..media import Frame, VideoSink, frames, probe
from ..progress import Hook, silent
from ..text import listed
from ..trace.meta import is_of, sound
from ..trace.table import Trace
from .letters import can_write
from .moments import Moments
from .overlay import draw_overlay
from .overlay_layout import Layout

log = logging.getLogger(__name__)

_ROOM = 4  # pictures that are decoded, and drawn, before they are written
_APART = (
    0.1  # seconds between a picture's time in the video and in the trace; clocks of copies differ by less
)


@checks_types
def annotate(
    trace: Trace,
    source: str | Path,
    target: str | Path,
    hook: Hook = silent,
) -> Path:
    """Write the video with each person's box and panel, a clock, its own times and its own sound.

    Rows belong to frames by the ``frame`` column; a frame without rows has the clock alone. A video that is
    another file than the one that was read, such as a copy in another format, is drawn on with a warning.

    Parameters
    ----------
    trace : Trace
        Of one file.
    source : path
        The video that the trace was made from.
    target : path
        Where to write; its ending is that of a video, see `avaffect.media.VideoSink`.
    hook : callable, optional
        Called as ``hook(what, completed, total)`` after each frame: the source's name, and seconds.

    Returns
    -------
    Path
        ``target``.

    Raises
    ------
    DataError
        If the trace has several files or no frames, the source has no pictures, or its frames are not those
        of the trace.
    MediaError
        If the source cannot be read or the target not be written.
    """
    if len(trace.files) != 1:
        raise DataError(
            f"a video shows one file, the trace has {len(trace.files)}; annotate trace.file(name)"
        )
    if not probe(source).has_video:
        raise DataError(f"{source} has no pictures to draw on; plot its trace instead")
    moments, name = Moments(trace), Path(source).name
    if not is_of(trace.meta, Path(source)):
        log.warning(
            "%s is not the file that was read (size or beginning differ): is it the right one?", source
        )
    _check_names(moments)
    with ahead(frames(source), _ROOM) as pictures:
        first = next(pictures, None)
        if first is None:
            raise DataError(f"{source} has no picture that can be decoded; plot its trace instead")
        height, width = first.image.shape[:2]
        drawn = _drawn(chain([first], pictures), moments, source)
        track = sound(trace.meta).get("track")
        with (
            VideoSink(target, width=width, height=height, source=Path(source), audio_track=track) as sink,
            ahead(drawn, _ROOM) as images,
        ):
            for pts, image in images:
                sink.write(image, pts)
                hook(name, min(pts, moments.end), moments.end)
    hook(name, moments.end, moments.end)
    return Path(target)


def _check_names(moments: Moments) -> None:
    """Log names that cannot be written."""
    if unknown := [name for name in moments.names.values() if not can_write(name)]:
        log.warning(
            "no font here has the letters of %s: the video shows numbers instead; install one that has them,"
            " such as Noto Sans CJK",
            listed(dict.fromkeys(unknown)),
        )


def _drawn(
    pictures: Iterable[Frame], moments: Moments, source: str | Path
) -> Iterator[tuple[float, np.ndarray]]:
    """Time and image of each picture, with what is shown on it."""
    dock, count = None, 0
    for frame in pictures:
        _check_time(frame, moments, source)
        if dock is None:
            height, width = frame.image.shape[:2]
            dock = Layout(width, height).best_dock(moments.boxes, moments.panels)
        people = moments.at(frame.index, frame.pts)
        yield frame.pts, draw_overlay(frame.image, people, dock=dock, time=frame.pts)
        count = frame.index + 1
    if count <= max(moments.times):
        raise DataError(
            f"{source} has {count} pictures, the trace {max(moments.times) + 1}: it is not the"
            " video that the trace was made from; give that one"
        )


def _check_time(frame: Frame, moments: Moments, source: str | Path) -> None:
    time = moments.times.get(frame.index, frame.pts)
    if abs(frame.pts - time) > _APART:
        raise DataError(
            f"picture {frame.index} of {source} is at {frame.pts:.2f} s, in the trace at {time:.2f} s: it is"
            " not the video that the trace was made from; give that one"
        )

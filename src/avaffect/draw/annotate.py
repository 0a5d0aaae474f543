"""A video with its trace drawn on every frame."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from ..errors import DataError
from ..media import VideoSink, frames, probe
from ..progress import Hook, silent
from ..trace.meta import sound
from ..trace.table import Trace
from .moments import Moments
from .overlay import draw_overlay
from .overlay_layout import Layout


def annotate(
    trace: Trace,
    source: str | Path,
    target: str | Path,
    hook: Hook = silent,
) -> Path:
    """Write the video with each person's box and panel, its own times and its own sound.

    Rows belong to frames by the ``frame`` column; a frame without rows stays as it is.

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
        If the trace has several files or no frames, or the source has no pictures.
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
    pictures = frames(source)
    first = next(pictures, None)
    if first is None:
        raise DataError(f"{source} has no picture that can be decoded; plot its trace instead")
    height, width = first.image.shape[:2]
    dock = Layout(width, height).best_dock(moments.boxes, moments.panels)
    track = sound(trace.meta).get("track")
    with VideoSink(target, width=width, height=height, source=Path(source), audio_track=track) as sink:
        for frame in chain([first], pictures):
            people = moments.at(frame.index, frame.pts)
            sink.write(draw_overlay(frame.image, people, dock=dock), frame.pts)
            hook(name, min(frame.pts, moments.end), moments.end)
    hook(name, moments.end, moments.end)
    return Path(target)

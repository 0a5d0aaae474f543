"""The moments at which somebody comes across as most and least pleasant and activated, with pictures."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import AvaffectError
from ..media import frames
from ..spec import TARGETS
from ..trace.columns import BOX
from ..trace.groups import Group
from ..trace.meta import is_of
from ..trace.resample_bins import smoothed
from ..trace.table import Trace

log = logging.getLogger(__name__)

WIDTH = 1.0
"""Seconds of the moving mean of which the extremes are taken: a single frame is no moment."""

_HEIGHT = 150  # pixels of a picture
_MARGIN = 0.6  # of the face's size that is shown around it
_QUALITY = 80  # of the JPEG


@dataclass(frozen=True, eq=False)
class Extreme:
    """One moment of one person.

    Attributes
    ----------
    target : str
    end : {"highest", "lowest"}
    time : float
        Seconds.
    value : float
        Mean over `WIDTH` seconds around it.
    frame : int or None
        The picture, where there is one.
    box : (4,) np.ndarray or None
        The face in it, x1, y1, x2, y2 in pixels.
    """

    target: str
    end: str
    time: float
    value: float
    frame: int | None
    box: np.ndarray | None


def extremes_of(group: Group) -> list[Extreme]:
    """The highest and lowest moment of each target, in the order of `TARGETS`; none without a prediction."""
    found = []
    for target in TARGETS:
        values = smoothed(group.start, group.end, group.rows[target].to_numpy(), WIDTH)
        if not np.isfinite(values).any():
            continue
        for end, row in (("highest", int(np.nanargmax(values))), ("lowest", int(np.nanargmin(values)))):
            one = group.rows.iloc[row]
            box = one[list(BOX)].to_numpy(dtype=float)
            frame = None if one.isna()["frame"] else int(one["frame"])
            known = bool(np.isfinite(box).all())
            found.append(
                Extreme(
                    target, end, float(group.start[row]), float(values[row]), frame, box if known else None
                )
            )
    return found


def pictures_of(
    trace: Trace, source: Path | None, wanted: Sequence[Extreme]
) -> tuple[dict[Extreme, str], str]:
    """Pictures of the moments as ``data:`` addresses, and why there are none, or "".

    Parameters
    ----------
    trace : Trace
        Of one file.
    source : Path or None
        The recording, which is decoded up to the last of the moments.
    wanted : sequence of Extreme
    """
    numbers = {moment.frame for moment in wanted if moment.frame is not None}
    if not numbers:
        return {}, ""
    if source is None or not source.is_file():
        return {}, "There are no pictures of the moments: the recording is not where it was."
    try:
        if not is_of(trace.meta, source):
            return {}, "There are no pictures of the moments: the recording has changed since it was read."
        images = _decoded(source, numbers)
    except AvaffectError as error:
        log.warning("%s", error)
        return {}, "There are no pictures of the moments: the recording cannot be read."
    return {
        moment: _address(images[moment.frame], moment.box) for moment in wanted if moment.frame in images
    }, ""


def _decoded(source: Path, numbers: set[int]) -> Mapping[int | None, np.ndarray]:
    images: dict[int | None, np.ndarray] = {}
    last = max(numbers)
    for frame in frames(source):
        if frame.index in numbers:
            images[frame.index] = frame.image
        if frame.index >= last:
            break
    return images


def _address(image: np.ndarray, box: np.ndarray | None) -> str:
    """A small JPEG of the face, or of the whole picture where no face is known."""
    from PIL import Image

    height, width = image.shape[:2]
    if box is not None:
        x1, y1, x2, y2 = box
        side = max(x2 - x1, y2 - y1) * (1 + 2 * _MARGIN) / 2
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        left, right = (int(np.clip(v, 0, width)) for v in (x - side, x + side))
        top, bottom = (int(np.clip(v, 0, height)) for v in (y - side, y + side))
        if right - left > 1 and bottom - top > 1:
            image = image[top:bottom, left:right]
    picture = Image.fromarray(np.ascontiguousarray(image))
    picture = picture.resize((max(round(picture.width * _HEIGHT / picture.height), 1), _HEIGHT))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")

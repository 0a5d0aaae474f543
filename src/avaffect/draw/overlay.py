"""A frame with a box round each face, and a panel with each person's figures."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..arguments import checks_types
from ..errors import DataError
from .moments import Moment
from .overlay_layout import Layout, clock_text
from .overlay_panel import draw_panel
from .shape_raster import darken
from .text_raster import put_text


@checks_types
def draw_overlay(
    image: np.ndarray, people: Sequence[Moment], *, dock: str = "bottom left", time: float | None = None
) -> np.ndarray:
    """A frame with everybody's box and panel, and a clock.

    Parameters
    ----------
    image : (h, w, 3) np.ndarray of uint8
        RGB; not changed.
    people : sequence of Moment
        Those whose slot does not fit the picture get their figures on their box instead of a panel.
    dock : str
        Corner from which panels stand side by side: ``"bottom left"``, ``"bottom right"``,
        ``"top left"`` or ``"top right"``.
    time : float, optional
        Seconds that the clock shows, on the right and opposite to the panels; by default there is none.

    Returns
    -------
    (h, w, 3) np.ndarray of uint8

    Raises
    ------
    DataError
        If the image is no RGB picture of bytes.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise DataError(f"expected an (h, w, 3) uint8 picture, got {image.shape} {image.dtype}")
    out = np.ascontiguousarray(image).copy()
    layout = Layout(image.shape[1], image.shape[0])
    for moment in people:
        if moment.slot < layout.slots:
            draw_panel(out, moment, layout, layout.panel(moment.slot, dock))
    if time is not None:
        _draw_clock(out, time, layout, dock)
    for moment in people:
        _draw_box(out, moment, layout)
    return out


def _draw_clock(out: np.ndarray, time: float, layout: Layout, dock: str) -> None:
    x1, y1, x2, y2 = layout.clock(time, dock)
    darken(out[y1:y2, x1:x2], layout.font // 3)
    put_text(
        out, clock_text(time), ((x1 + x2) / 2, (y1 + y2) / 2), layout.font, (245, 245, 245), align="centre"
    )


def _draw_box(out: np.ndarray, moment: Moment, layout: Layout) -> None:
    tag = layout.tag(moment)
    if moment.box is None or tag is None:
        return
    x1, y1, x2, y2 = (round(float(v)) for v in moment.box)
    colour, line = moment.colour, layout.line
    cv2.rectangle(out, (x1, y1), (x2, y2), colour, line, cv2.LINE_AA)
    out[tag[1] : tag[3], tag[0] : tag[2]] = colour
    middle = (tag[0] + 0.35 * layout.font, (tag[1] + tag[3]) / 2)
    put_text(out, layout.tag_text(moment), middle, layout.font, (20, 20, 20), bold=True)

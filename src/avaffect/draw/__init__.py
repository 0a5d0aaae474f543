"""Pictures of a trace: plots over time and on the circumplex, and the video with the values drawn in."""

from __future__ import annotations

from .annotate import annotate
from .moments import Moment
from .overlay import draw_overlay
from .paper import plot_courses
from .plot import plot

__all__ = ["Moment", "annotate", "draw_overlay", "plot", "plot_courses"]

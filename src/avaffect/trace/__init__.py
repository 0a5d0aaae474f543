"""The result table and everything it can become: files, words, plots, an annotated video."""

from __future__ import annotations

from .annotate import annotate
from .overlay import Moment, draw
from .plot import plot
from .table import Trace
from .tabular import read_trace

__all__ = ["Moment", "Trace", "annotate", "draw", "plot", "read_trace"]

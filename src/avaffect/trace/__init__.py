"""The result table and the files it can become."""

from __future__ import annotations

from .table import Trace
from .tabular import read_trace

__all__ = ["Trace", "read_trace"]

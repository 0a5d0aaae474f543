"""The result table and the files it can become."""

from __future__ import annotations

from .read import read_trace
from .table import Trace

__all__ = ["Trace", "read_trace"]

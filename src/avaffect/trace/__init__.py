"""The result table and the files it can become."""

from __future__ import annotations

from .edits import Edits
from .read import read_trace
from .spans import Span
from .table import Trace

__all__ = ["Edits", "Span", "Trace", "read_trace"]

"""The command line: one verb per file, the same names as in Python."""

from __future__ import annotations

from .entry import main

__all__ = ["main"]

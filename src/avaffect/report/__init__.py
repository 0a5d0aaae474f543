"""A report of a recording: one html file to read, to print and to hand on."""

from __future__ import annotations

from .overview import write_overview
from .page import write_report

__all__ = ["write_overview", "write_report"]

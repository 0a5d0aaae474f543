"""Recordings beside each other: two groups and their difference; two people and who follows whom."""

from __future__ import annotations

from .cases import Case, cases_of
from .course import Course
from .groups import GroupComparison, Statistic, compare
from .plots import draw_groups, draw_synchrony
from .synchrony import Synchrony, synchrony

__all__ = [
    "Case",
    "Course",
    "GroupComparison",
    "Statistic",
    "Synchrony",
    "cases_of",
    "compare",
    "draw_groups",
    "draw_synchrony",
    "synchrony",
]

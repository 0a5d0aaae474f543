"""The open benchmark: fusions compared on features of a film, whole and with one stream damaged."""

from __future__ import annotations

from .damage import Damage, apply, every_damage
from .features import Segment, read_segments
from .network import Settings
from .report import About, write_report
from .results import curve_table, gate_table, main_table
from .runs import Bench, Job, plan
from .systems import System, all_systems, choose

__all__ = [
    "About",
    "Bench",
    "Damage",
    "Job",
    "Segment",
    "Settings",
    "System",
    "all_systems",
    "apply",
    "choose",
    "curve_table",
    "every_damage",
    "gate_table",
    "main_table",
    "plan",
    "read_segments",
    "write_report",
]

"""Results handed on: read back from a folder, with names and exclusions, and written for other programs."""

from __future__ import annotations

from .edit_list import edits_of, read_edits, write_edits
from .results import Result, read_results
from .summaries import summarise
from .tier_files import write_eaf, write_textgrid
from .wide import wide, write_wide
from .workbook import write_workbook

__all__ = [
    "Result",
    "edits_of",
    "read_edits",
    "read_results",
    "summarise",
    "wide",
    "write_eaf",
    "write_edits",
    "write_textgrid",
    "write_wide",
    "write_workbook",
]

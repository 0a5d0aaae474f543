"""Results handed on: read back from a folder, with names and exclusions, and written for other programs."""

from __future__ import annotations

from .edit_list import edits_of, read_edits, write_edits
from .results import Result, read_results

__all__ = ["Result", "edits_of", "read_edits", "read_results", "write_edits"]

"""What a run does with each recording, and what became of it. Plain values, and nothing heavy is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Job:
    """How recordings are read.

    Attributes
    ----------
    model : str
        Name of an embedded model, or a model's folder.
    options : mapping
        Those of `avaffect.load`.
    transcript : Path or None
        What is said, for a run on one recording.
    overwrite : bool
        Replace files that are no results of the same recordings.
    threads : int
        CPU threads of the networks.
    """

    model: str
    options: Mapping[str, Any] = field(default_factory=dict)
    transcript: Path | None = None
    overwrite: bool = False
    threads: int = 1


@dataclass(frozen=True)
class Outcome:
    """A recording that was read.

    Attributes
    ----------
    summary : dict
        As `avaffect.Trace.summary` gives it.
    description : str
        The same in words.
    outputs : tuple of Path
        The files that were written; of those that belong together the main one.
    """

    summary: dict[str, Any]
    description: str
    outputs: tuple[Path, ...]

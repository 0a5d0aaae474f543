"""What a run does with each recording, and what became of it. Plain values, and nothing heavy is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..address import Place
from ..outputs import State, Target
from ..registry import loaded_plugins

if TYPE_CHECKING:
    from ..predict.context import Context, ContextOptions
    from ..voice import SpeechLevel


@dataclass(frozen=True)
class Job:
    """How recordings are read, as a process needs to know it.

    Attributes
    ----------
    model : str
        Name of an embedded model, or a model's folder.
    options : mapping
        Those of `avaffect.load`; with ``lag`` those of `avaffect.live.CausalPredictor`.
    transcript : Path or None
        What is said, for a run on one recording.
    overwrite : bool
        Replace files that are no results of the same recordings.
    threads : int
        CPU threads of the networks.
    device : str
        What runs the networks, as `avaffect.session.set_device`.
    plugins : tuple of str
        Modules that add parts.
    """

    model: str
    options: Mapping[str, Any] = field(default_factory=dict)
    transcript: Path | None = None
    overwrite: bool = False
    threads: int = 1
    device: str = "cpu"
    plugins: tuple[str, ...] = field(default_factory=loaded_plugins)


@dataclass(frozen=True)
class AskContexts:
    """What is known of the recordings beside their content?

    The answer is a `Known`. Without ``levels`` of the recordings' speech, these may be needed first.
    """

    paths: tuple[Place, ...]
    options: ContextOptions
    levels: Mapping[Place, SpeechLevel] | None = None


@dataclass(frozen=True)
class Known:
    """Contexts by recording, and the recordings whose levels are needed first."""

    contexts: Mapping[Place, Context]
    unmeasured: tuple[Place, ...]


@dataclass(frozen=True)
class AskLevel:
    """How loud is the speech of a recording? The answer is a `SpeechLevel`."""

    source: Place


@dataclass(frozen=True)
class AskStates:
    """What have earlier runs left to make? The answer is a list of `Left`, one a target."""

    targets: tuple[Target, ...]
    contexts: tuple[Context, ...]


@dataclass(frozen=True)
class Left:
    """The state of a recording's results, the target with what is to be made, and figures of what is made."""

    state: State
    target: Target
    figures: Mapping[str, Any] | None


@dataclass(frozen=True)
class Read:
    """Read a recording and write its results; the answer is an `Outcome`."""

    target: Target
    context: Context


@dataclass(frozen=True)
class Outcome:
    """A recording that was read.

    Attributes
    ----------
    summary : dict
        As `avaffect.Trace.summary` gives it.
    figures : mapping
        The recording in a line, see `avaffect.run.figures`.
    description : str
        The summary in words.
    outputs : tuple of Path or Address
        The files that were written; of those that belong together the main one.
    """

    summary: dict[str, Any]
    figures: Mapping[str, Any]
    description: str
    outputs: tuple[Place, ...]

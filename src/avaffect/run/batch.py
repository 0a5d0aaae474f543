"""A run over recordings: what is known of them, what is left to make, and the reading, by a crew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from ..address import Address, Place
from ..batch import FILES
from ..copies import remove_copies
from ..crew import Crew
from ..errors import AvaffectError
from ..outputs import Target
from ..process import Work
from ..progress import Hook, silent
from ..storage import each, size
from .job import AskContexts, AskLevel, AskStates, Job, Known, Left, Outcome, Read
from .resume import Resumed

if TYPE_CHECKING:
    from ..predict.context import Context, ContextOptions
    from ..voice import SpeechLevel
    from .on_ray import RayCrew

_STATES_AT_ONCE = 64  # targets whose states are asked for together


class Batch:
    """Recordings that a crew reads.

    Parameters
    ----------
    crew : Crew or RayCrew
        Of `crew_of`, or on a cluster.
    targets : sequence of Target
        To be read.
    beside : sequence of Path or Address
        Other recordings that may say something of these, as a level that they share.
    """

    def __init__(self, crew: Crew | RayCrew, targets: Sequence[Target], beside: Sequence[Place] = ()) -> None:
        self._crew = crew
        self.targets = list(targets)
        self._sources = sorted({*beside, *(target.source for target in targets)}, key=str)
        self._contexts: Mapping[Place, Context] = {}
        self._done, self._part = 0.0, dict[int, float]()

    def know(self, options: ContextOptions, hook: Hook = silent) -> None:
        """Find out what is known of the recordings beside their content; loads the model.

        Raises
        ------
        AvaffectError
            If there is no such model, or an option is not as described.
        """
        ask = partial(AskContexts, tuple(self._sources), options)
        known: Known = self._crew.ask(ask())
        if known.unmeasured:
            known = self._crew.ask(ask(self._levels(known.unmeasured, hook)))
        self._contexts = known.contexts

    def resume(self, hook: Hook = silent) -> Resumed:
        """Leave out what earlier runs have finished."""
        chunks = [self.targets[k : k + _STATES_AT_ONCE] for k in range(0, len(self.targets), _STATES_AT_ONCE)]
        requests = [AskStates(tuple(chunk), tuple(map(self._context, chunk))) for chunk in chunks]
        states: dict[int, list[Left]] = {}
        for number, answer in self._crew.each(requests):
            if isinstance(answer, AvaffectError):
                raise answer
            states[number] = answer
            hook("results looked up", sum(map(len, states.values())), len(self.targets))
        resumed = Resumed.of([each for number in sorted(states) for each in states[number]])
        self.targets = resumed.left
        return resumed

    def read(self, hook: Hook = silent) -> Generator[tuple[Target, Outcome | AvaffectError]]:
        """Read all recordings, and give what became of each as it is done.

        Parameters
        ----------
        hook : callable
            Called as ``hook("files", completed, total)``, and in between with how far each recording is.
        """
        sources = [target.source for target in self.targets]
        sizes = each(_size, sources, remote=any(isinstance(source, Address) for source in sources))
        whole = sum(sizes) or 1

        told: dict[int, dict[str, float]] = defaultdict(dict)

        def tell(number: int, what: str, completed: float, total: float | None) -> None:
            if total and what == str(self.targets[number].source):
                self._part[number] = sizes[number] / whole * completed / total
            told[number][what] = total or completed
            hook(what, completed, total)

        hook(FILES, 0, len(self.targets))
        requests = [Read(target, self._context(target)) for target in self.targets]
        for done, (number, answer) in enumerate(self._crew.each(requests, tell), start=1):
            self._part.pop(number, None)
            self._done += sizes[number] / whole
            for what, total in told.pop(number, {}).items():
                hook(what, total, total)  # also of one that failed
            yield self.targets[number], answer
            hook(FILES, done, len(self.targets))

    @property
    def share(self) -> float:
        """Share of the reading that is done, by the sizes of the files."""
        return self._done + sum(self._part.values())

    def _context(self, target: Target) -> Context:
        return self._contexts[target.source]

    def _levels(self, paths: Sequence[Place], hook: Hook) -> dict[Place, SpeechLevel]:
        """Levels of speech; a recording that cannot be read is told of when its turn comes."""
        levels = {}
        hook("levels", 0, len(paths))
        for done, (number, level) in enumerate(self._crew.each([AskLevel(path) for path in paths]), start=1):
            hook("levels", done, len(paths))
            if not isinstance(level, AvaffectError):
                levels[paths[number]] = level
        return levels


def crew_of(job: Job, workers: int) -> Crew:
    """Processes that answer what a `Batch` asks."""
    return Crew(partial(open_reader, job), workers, name=_name, abandoned=_tidy)


def open_reader(job: Job) -> Work:
    """What is done in a process of the crew: the model is loaded here."""
    from .reader import Reader

    return Reader(job)


def _name(request: Any) -> str:
    match request:
        case Read(target):
            return str(target.source)
        case AskLevel(source):
            return str(source)
    return "avaffect"


def _tidy(request: Any) -> None:
    """Remove what a process that was ended has left half done."""
    if isinstance(request, Read):
        request.target.tidy()
        if isinstance(request.target.source, Address):
            remove_copies()


def _size(source: Place) -> int:
    with suppress(OSError, AvaffectError):  # it is told when its turn comes
        return size(source)
    return 0

"""Feature extraction: run the encoders over every recording of a corpus and write a feature store."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..address import Place
from ..arguments import checks_types
from ..batch import attempt
from ..device import MOST_WORKERS
from ..errors import AvaffectError, DataError
from ..files import writable_folder
from ..progress import Hook, silent
from ..run_table import RunTable
from .processes import Outcome, in_processes
from .splits import SPLITS, shared_subjects
from .store import file_of
from .worker import Job, Worker

log = logging.getLogger(__name__)


@dataclass
class Report:
    """The outcome for each recording.

    Attributes
    ----------
    done, skipped : list of str
        Names of the recordings extracted now, and of those that were there already.
    errors : dict of str to str
        By name, why a recording failed.
    labelled : dict of str to float
        By name, the share of the ticks of a recording extracted now in which any target is labelled.
    notes : list of str
        What a reader of the store should know, one line each.
    listed : Path or None
        The file that lists the errors.
    """

    done: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    labelled: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    listed: Place | None = None

    def add(self, name: str, outcome: Outcome) -> None:
        """Note what became of a recording."""
        if isinstance(outcome, AvaffectError):
            self.errors[name] = str(outcome)
            return
        self.done.append(name)
        self.labelled[name] = outcome.labelled
        self.notes += [outcome.note] if outcome.note else []


@checks_types
def extract(
    corpus: str,
    path: str | Path,
    out: str | Path,
    *,
    model: str | Path = "hgrjca.default",
    workers: int = 0,
    detector: str = "mtcnn",
    text: bool = False,
    hook: Hook = silent,
    **options: Any,
) -> Report:
    """Extract features and labels of all recordings of a corpus.

    A recording is skipped if its file was made from the same ratings, options and encoders, so a stopped job
    continues where it was. If only ratings, options or splits have changed, its features are kept and its
    labels are made again. A recording that fails, whatever the reason, does not stop the others; it is
    listed in ``OUT/errors.csv``, which every run writes anew.

    Parameters
    ----------
    corpus : str
        One of `avaffect.corpus.list_corpora()`.
    path, out : path
        The corpus, and the folder of the feature store.
    model : str or Path
        Name or folder of the model whose encoders are used. Not used for corpora that hold features.
    workers : int
        Number of processes, each with one thread; a recording that crashes one of them fails alone. With 0,
        the calling process does all the work.
    detector : str
        Face detector.
    text : bool
        Also store features of what is said, by the pretrained text encoder (extra ``avaffect[text]``): from
        the transcript beside each recording. A model with a text stream does so in any case.
    hook : callable
        Called after each recording with its name, the number of recordings done, and the number in all
        (`avaffect.progress.Hook`).
    **options
        Keyword arguments of the corpus's class.

    Raises
    ------
    AvaffectError
        If the corpus or the model is not there, or the folder cannot be written to.
    """
    if not 0 <= workers <= MOST_WORKERS:
        raise DataError(f"workers={workers}: expected 0, the calling process alone, to {MOST_WORKERS}")
    job = Job(corpus, Path(path), Path(out), str(model), detector, options, text=text)
    worker = Worker(job)  # a wrong corpus or model is an error before any work
    names = [recording.name for recording in worker.corpus.recordings]
    writable_folder(job.out)
    errors = RunTable(
        job.out, "errors.csv", ("recording", "error"), [file_of(job.out, name) for name in names]
    )
    report = Report(skipped=[name for name in names if worker.is_done(name)])
    if shared := shared_subjects({split: worker.corpus.split(split) for split in SPLITS}):
        report.notes.append(f"{shared}: give each subject one split; training refuses the splits as they are")
    finished = set(report.skipped)
    left = [name for name in names if name not in finished]
    outcomes = in_processes(job, left, workers) if workers else _in_turn(worker, left)
    try:
        with closing(outcomes):
            for number, (name, outcome) in enumerate(outcomes, start=len(finished) + 1):
                report.add(name, outcome)
                hook(name, number, len(names))
    finally:  # the list is there too when the job is stopped
        if report.errors:
            report.listed = _listed(errors, report.errors)
    return report


def _in_turn(worker: Worker, names: list[str]) -> Generator[tuple[str, Outcome]]:
    """What became of each recording, all by this process."""
    for name in names:
        yield name, attempt(worker, name, name)


def _listed(errors: RunTable, reasons: dict[str, str]) -> Place | None:
    """Where the errors are listed; None if the list cannot be written."""
    try:
        errors.write(reasons.items())
    except DataError as error:
        log.warning("the list of errors is missing: %s", error)
        return None
    return errors.path

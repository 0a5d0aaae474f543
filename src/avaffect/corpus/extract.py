"""Feature extraction: run the encoders over every recording of a corpus and write a feature store."""

from __future__ import annotations

import hashlib
import logging
import signal
from collections.abc import Generator, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..error_list import ErrorList
from ..errors import DataError, one_line
from ..files import remove_stale, writable_folder
from ..progress import Hook, silent
from ..record import Source
from ..registry import load_plugins, loaded_plugins
from ..streams.timeline import Timeline
from . import open_corpus
from .base import FeatureCorpus, Features, Recording
from .ratings import check_fit, label_ticks
from .splits import shared_subjects
from .store import Meta, file_of, inspect, is_foreign, write

if TYPE_CHECKING:
    from .encode import Encoders

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """The arguments of `extract`, as a worker process needs them."""

    corpus: str
    path: Path
    out: Path
    model: str
    detector: str = "mtcnn"
    options: dict[str, Any] = field(default_factory=dict)
    plugins: tuple[str, ...] = field(default_factory=loaded_plugins)
    text: bool = False


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
    listed: Path | None = None


@dataclass(frozen=True)
class _Outcome:
    """What became of one recording: the share of its ticks that are labelled and a note, or an error."""

    labelled: float = 0.0
    note: str | None = None
    error: str | None = None


def extract(
    corpus: str,
    path: str | Path,
    out: str | Path,
    *,
    model: str | Path = "hgrjca.default",
    workers: int = 1,
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
        Number of processes, each with one thread. With 1, the calling process does all the work.
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
    if workers < 1:
        raise DataError(f"workers={workers}: expected at least 1")
    job = Job(corpus, Path(path), Path(out), str(model), detector, options, text=text)
    worker = _Worker(job)  # a wrong corpus or model is an error before any work
    names = [recording.name for recording in worker.corpus.recordings]
    writable_folder(job.out)
    errors = ErrorList(job.out, "recording", [file_of(job.out, name) for name in names])
    report = Report(skipped=[name for name in names if worker.is_done(name)])
    report.notes += shared_subjects(worker.corpus.recordings)
    finished = set(report.skipped)
    left = [name for name in names if name not in finished]
    outcomes = _in_turn(worker, left) if workers == 1 else _in_parallel(job, left, workers)
    try:
        with closing(outcomes):
            for number, (name, outcome) in enumerate(outcomes, start=len(finished) + 1):
                if outcome.error is None:
                    report.done.append(name)
                    report.labelled[name] = outcome.labelled
                    report.notes += [outcome.note] if outcome.note else []
                else:
                    report.errors[name] = outcome.error
                hook(name, number, len(names))
    finally:  # the list is there too when the job is stopped
        if report.errors:
            report.listed = _listed(errors, report.errors)
    return report


class _Worker:
    """The corpus and the encoders, opened once in each process; called with a recording's name."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.corpus = open_corpus(job.corpus, job.path, **job.options)
        self.encoders: Encoders | None = None
        if not isinstance(self.corpus, FeatureCorpus):
            from .encode import Encoders

            self.encoders = Encoders(job.model, detector=job.detector, text=job.text)

    def meta(self, name: str) -> Meta:
        """The metadata that the recording's file is to have."""
        recording = self.corpus[name]
        return Meta(
            name=name,
            subject=recording.subject,
            split=recording.split,
            corpus=self.corpus.name,
            targets=self.corpus.targets,
            tick_rate=self.timeline.tick_rate,
            encoders=self.encoders.hash if self.encoders else "",
            ratings=_digest(self.corpus.rating_files(recording)),
            options=self.job.options,
            media=_media_digest(recording, self.encoders) if self.encoders else "",
        )

    @property
    def timeline(self) -> Timeline:
        """The model's ticks, or those of a corpus that holds features."""
        if isinstance(self.corpus, FeatureCorpus):
            return Timeline(self.corpus.tick_rate)
        assert self.encoders is not None
        return self.encoders.timeline

    def is_done(self, name: str) -> bool:
        """Whether the recording's file is there, with the metadata that it would get now."""
        path = file_of(self.job.out, name)
        try:
            return path.is_file() and inspect(path).meta.to_json() == self.meta(name).to_json()
        except Exception:  # noqa: BLE001 - what is wrong is said when its turn comes
            return False

    def attempt(self, name: str) -> _Outcome:
        """Extract a recording; the reason if that fails."""
        try:
            return self(name)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            return _Outcome(error=str(one_line(error, name)))

    def __call__(self, name: str) -> _Outcome:
        recording, meta = self.corpus[name], self.meta(name)
        ratings = self.corpus.ratings(recording)  # first: wrong labels cost no encoding
        features = self._stored(meta) or self._encoded(recording)
        note = check_fit(ratings, len(features) / self.timeline.tick_rate, f"labels of {name}")
        labels, labelled = label_ticks(ratings, self.corpus.targets, self.timeline, len(features))
        # Encoders' outputs are of order one. A corpus's own features may have any scale: they stay float32.
        half = self.encoders is not None
        write(self.job.out, meta, features, labels, labelled, half=half)
        return _Outcome(float(np.isfinite(labels).any(axis=1).mean()) if len(labels) else 0.0, note)

    def _encoded(self, recording: Recording) -> Features:
        if isinstance(self.corpus, FeatureCorpus):
            return self.corpus.features(recording)
        assert self.encoders is not None
        return self.encoders(recording)

    def _stored(self, meta: Meta) -> Features | None:
        """Features of an earlier run, if the encoders are still the same; None otherwise.

        Raises
        ------
        DataError
            If the file of that name was made from another recording, or is no file of a store.
        """
        path = file_of(self.job.out, meta.name)
        if not path.exists():
            return None
        if is_foreign(path):
            raise DataError(f"{path}: is there and is no file of a feature store; choose another folder")
        try:
            stored = inspect(path)
        except DataError:  # damaged, or of an earlier layout: made again
            return None
        if (stored.meta.corpus, stored.meta.media) != (meta.corpus, meta.media):
            raise DataError(
                f"{path}: holds another recording of that name, or the recording has changed;"
                " choose another folder, or delete this file"
            )
        same = self.encoders is not None and stored.meta.encoders == self.encoders.hash
        return stored.features() if same else None


_worker: _Worker | None = None


def _start(job: Job) -> None:
    """Start a worker process. It uses one thread, since there may be as many processes as cores."""
    global _worker
    import cv2
    import torch

    load_plugins(job.plugins)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    _worker = _Worker(job)


def _run(name: str) -> _Outcome:
    assert _worker is not None
    return _worker.attempt(name)


def _in_turn(worker: _Worker, names: list[str]) -> Generator[tuple[str, _Outcome]]:
    """What became of each recording, all by this process."""
    for name in names:
        yield name, worker.attempt(name)


def _in_parallel(job: Job, names: list[str], workers: int) -> Generator[tuple[str, _Outcome]]:
    """What became of each recording, as it is done, by spawned processes, which end with this generator."""
    others = set(active_children())
    executor = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_start, initargs=(job,)
    )
    try:
        with _without_interrupts():
            futures = {executor.submit(_run, name): name for name in names}
        for future in as_completed(futures):
            broken = future.exception()
            yield futures[future], _Outcome(error=_one_line(broken)) if broken else future.result()
        executor.shutdown()
    except BaseException:
        for process in set(active_children()) - others:
            process.terminate()
        executor.shutdown(cancel_futures=True)  # waits for them
        remove_stale(job.out)
        raise


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes that are started in the block do not see Ctrl-C, which a terminal sends to them too."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _one_line(error: BaseException) -> str:
    if isinstance(error, BrokenProcessPool):
        return "a worker process ended abruptly (out of memory?); run the command again with fewer workers"
    assert isinstance(error, Exception)
    return str(one_line(error, "a worker process"))


def _listed(errors: ErrorList, reasons: dict[str, str]) -> Path | None:
    """Where the errors are listed; None if the list cannot be written."""
    try:
        errors.write(reasons.items())
    except DataError as error:
        log.warning("the list of errors is missing: %s", error)
        return None
    return errors.path


def _media_digest(recording: Recording, encoders: Encoders) -> str:
    """SHA-256 over size and beginning of the files that features are made from; "" without any."""
    files = (recording.video, recording.audio, encoders.transcript_of(recording))
    paths = {path for path in files if path is not None}
    sources = [Source.of(path) for path in sorted(paths)]
    if not sources:
        return ""
    return hashlib.sha256(" ".join(f"{source.size} {source.head}" for source in sources).encode()).hexdigest()


def _digest(paths: list[Path]) -> str:
    """SHA-256 over the contents of files; "" without any."""
    if not paths:
        return ""
    parts = []
    for path in paths:
        try:
            stat = path.stat()
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror})") from error
        parts.append(_file_digest(path, stat.st_mtime_ns, stat.st_size))
    return hashlib.sha256(b"".join(parts)).hexdigest()


@lru_cache(maxsize=256)  # one csv, or one npz, may hold the ratings of all recordings
def _file_digest(path: Path, _changed: int, _size: int) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()

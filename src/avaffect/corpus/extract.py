"""The extraction job: every recording of a corpus through the encoders, once, into a feature store."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AvaffectError, DataError
from ..files import replacing
from ..registry import load_plugins, loaded_plugins
from ..streams.timeline import Timeline
from . import open_corpus
from .base import FeatureCorpus, Features, Recording
from .ratings import label_ticks
from .store import Meta, file_of, inspect, write

if TYPE_CHECKING:
    from .encode import Encoders

ERRORS = "errors.csv"

Hook = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Job:
    """All that a worker needs to know."""

    corpus: str
    path: Path
    out: Path
    model: str
    detector: str = "mtcnn"
    options: dict[str, Any] = field(default_factory=dict)
    plugins: tuple[str, ...] = field(default_factory=loaded_plugins)


@dataclass
class Report:
    """What became of each recording.

    Attributes
    ----------
    done, skipped : list of str
        Names of those extracted now, and of those that were there already.
    errors : dict of str to str
        Why the others failed, by name.
    """

    done: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def extract(
    corpus: str,
    path: str | Path,
    out: str | Path,
    *,
    model: str | Path = "hgrjca.default",
    workers: int = 1,
    detector: str = "mtcnn",
    hook: Hook | None = None,
    **options: Any,
) -> Report:
    """Extract features and labels of all recordings of a corpus.

    Recordings whose file is there and says that it was made from the same ratings, options and encoders are
    skipped, so a stopped job goes on where it was. Where only ratings, options or splits have changed, the
    features that are there are kept and labelled anew. A recording that fails stops no other: it is in
    ``OUT/errors.csv``, which is rewritten by every run.

    Parameters
    ----------
    corpus : str
        One of `avaffect.corpus.list_corpora()`.
    path, out : path
        The corpus, and the folder of the feature store.
    model : str or Path
        Name or folder of the model whose encoders are used. Corpora that hold features need none.
    workers : int
        Processes, each with one thread; with 1 all happens in this process.
    detector : str
        Face detector.
    hook : callable, optional
        Called with recordings done, recordings in all and the name of the last one.
    **options
        Of the corpus's class.

    Raises
    ------
    AvaffectError
        If the corpus or the model is not there, or the folder cannot be written to.
    """
    if workers < 1:
        raise DataError(f"workers={workers}: expected at least 1")
    job = Job(corpus, Path(path), Path(out), str(model), detector, options)
    worker = _Worker(job)  # what is wrong with the corpus or the model is known before any work
    names = [recording.name for recording in worker.corpus.recordings]
    report = Report(skipped=[name for name in names if worker.is_done(name)])
    finished = set(report.skipped)
    with _executor(job, workers) as executor:
        run = worker if workers == 1 else _run
        futures = {executor.submit(run, name): name for name in names if name not in finished}
        for number, future in enumerate(as_completed(futures), start=len(finished) + 1):
            name = futures[future]
            error = future.exception()
            if error is None:
                report.done.append(name)
            else:
                report.errors[name] = _one_line(error)
            if hook:
                hook(number, len(names), name)
    _write_errors(job.out, report.errors)
    return report


class _Worker:
    """The corpus and the encoders, opened once a process; called with a recording's name it extracts it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.corpus = open_corpus(job.corpus, job.path, **job.options)
        self.encoders: Encoders | None = None
        if not isinstance(self.corpus, FeatureCorpus):
            from .encode import Encoders

            self.encoders = Encoders(job.model, detector=job.detector)

    def meta(self, name: str) -> Meta:
        """What the recording's file is to say."""
        recording = self.corpus[name]
        return Meta(
            name=name,
            subject=recording.subject,
            split=recording.split,
            corpus=self.corpus.name,
            targets=self.corpus.targets,
            rate=self.timeline.tick_rate,
            encoders=self.encoders.hash if self.encoders else "",
            ratings=_digest(self.corpus.rating_files(recording)),
            options=self.job.options,
        )

    @property
    def timeline(self) -> Timeline:
        """The ticks: of the model, or of the corpus that holds features."""
        if isinstance(self.corpus, FeatureCorpus):
            return Timeline(self.corpus.rate)
        assert self.encoders is not None
        return self.encoders.timeline

    def is_done(self, name: str) -> bool:
        """The recording's file is there and says what it would say if it were made now."""
        path = file_of(self.job.out, name)
        try:
            return path.is_file() and inspect(path).meta.to_json() == self.meta(name).to_json()
        except DataError:
            return False

    def __call__(self, name: str) -> None:
        recording = self.corpus[name]
        features = self._kept(name) or self._made(recording)
        ratings = self.corpus.ratings(recording)
        labels, labelled = label_ticks(ratings, self.corpus.targets, self.timeline, len(features))
        # Encoders' outputs are of order one; what a corpus holds may be anything and stays as it is.
        half = self.encoders is not None
        write(self.job.out, self.meta(name), features, labels, labelled, half=half)

    def _made(self, recording: Recording) -> Features:
        if isinstance(self.corpus, FeatureCorpus):
            return self.corpus.features(recording)
        assert self.encoders is not None
        return self.encoders(recording)

    def _kept(self, name: str) -> Features | None:
        """Features of an earlier run, if the encoders are still the same: only their labels are made anew."""
        path = file_of(self.job.out, name)
        if self.encoders is None or not path.is_file():
            return None
        try:
            stored = inspect(path)
        except DataError:
            return None
        return stored.features() if stored.meta.encoders == self.encoders.hash else None


_worker: _Worker | None = None


def _start(job: Job) -> None:
    """Begin a worker process: one thread, since there are as many processes as cores."""
    global _worker
    import cv2
    import torch

    load_plugins(job.plugins)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    _worker = _Worker(job)


def _run(name: str) -> None:
    assert _worker is not None
    _worker(name)


@contextmanager
def _executor(job: Job, workers: int) -> Iterator[Executor]:
    """One thread of this process, or several spawned processes; interrupted, what is not begun is dropped."""
    executor: Executor
    if workers == 1:
        executor = ThreadPoolExecutor(1)
    else:
        context = get_context("spawn")
        executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(job,))
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def _one_line(error: BaseException) -> str:
    if isinstance(error, AvaffectError):
        return str(error)
    if isinstance(error, BrokenProcessPool):
        return "a worker process ended abruptly (out of memory?); run again, with fewer workers"
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _digest(paths: list[Path]) -> str:
    """SHA-256 over some files; "" without any."""
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


@lru_cache(maxsize=256)  # a folder's one csv, or an archive, is that of every recording
def _file_digest(path: Path, _changed: int, _size: int) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def _write_errors(out: Path, errors: dict[str, str]) -> None:
    path = out / ERRORS
    if not errors:
        path.unlink(missing_ok=True)
        return
    out.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("recording", "error"), *errors.items()])

"""The jobs of a server, in SQLite: what is asked for, and what became of it. A restart loses none."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from math import inf
from pathlib import Path
from threading import RLock
from typing import Self

from ..errors import AvaffectError, DataError

MOST_DEATHS = 2
"""A recording that brought down this many processes is not read again."""

DIED = (
    "the process that read it ended abruptly (a crash in a library, or no memory left);"
    " convert the recording and try again"
)


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (State.QUEUED, State.RUNNING)


class QueueFull(AvaffectError):
    """There is no room for another job."""


@dataclass(frozen=True)
class Job:
    """One recording and what is to be made of it.

    Attributes
    ----------
    id : str
        Made here; also the name of the job's folder.
    name : str
        The recording's name as a client gave it, made safe to show. Never used as a path.
    model, people : str
    annotate : bool
        Whether an annotated video is wanted.
    duration : float or None
        Seconds of the recording, as its header or the result says.
    created, started, finished : float or None
        Seconds since 1970.
    deaths : int
        How many processes ended in the middle of its work.
    error : str or None
    """

    id: str
    name: str
    model: str
    people: str = "all"
    annotate: bool = True
    duration: float | None = None
    state: State = State.QUEUED
    created: float = 0.0
    started: float | None = None
    finished: float | None = None
    deaths: int = 0
    error: str | None = None


_COLUMNS = tuple(field.name for field in fields(Job))
_TABLE = """
create table if not exists jobs (
    number integer primary key, id text not null unique, name text not null, model text not null,
    people text not null, annotate integer not null, duration real, state text not null,
    created real not null, started real, finished real, deaths integer not null, error text
)
"""


class JobStore:
    """The jobs in a file. One process at a time holds it, and may use it from several threads.

    Jobs that a killed server left half done are queued again, the first of all.

    Parameters
    ----------
    path : Path

    Raises
    ------
    DataError
        If another server holds the file, or it is no such file.
    """

    def __init__(self, path: Path) -> None:
        self._lock = RLock()
        self._closed = False
        self.version = 0
        """Grows with every change."""
        try:
            self._base = sqlite3.connect(path, timeout=1.0, isolation_level=None, check_same_thread=False)
            # Exclusive before WAL: the file stays locked until this process ends, however it ends.
            self._base.execute("pragma locking_mode = exclusive")
            self._base.execute("pragma journal_mode = wal")
            self._base.execute("pragma synchronous = full")
            self._base.execute(_TABLE)
            self._base.execute("update jobs set state = ? where state = ?", (State.QUEUED, State.RUNNING))
        except sqlite3.OperationalError as error:
            raise DataError(
                f"{path}: cannot be used ({error}); is another server at work in this folder?"
                " Give another with --folder"
            ) from error
        except sqlite3.DatabaseError as error:
            raise DataError(f"{path}: holds no jobs of a server ({error}); give another --folder") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file: jobs that are running are queued again when it is next opened."""
        with self._lock:
            self._closed = True
            self._base.close()

    def add(self, jobs: Sequence[Job], *, room: float = inf) -> None:
        """Take jobs in, all or none.

        Raises
        ------
        QueueFull
            If more than ``room`` jobs would wait.
        """
        names = ", ".join(_COLUMNS)
        marks = ", ".join(f":{name}" for name in _COLUMNS)
        with self._lock:
            waiting = self.counts()[State.QUEUED]
            if waiting + len(jobs) > room:
                raise QueueFull(f"the queue is full: {waiting} of {room} places are taken; try again later")
            self.version += 1
            self._base.execute("begin immediate")
            with self._base:
                self._base.executemany(f"insert into jobs ({names}) values ({marks})", map(asdict, jobs))

    def get(self, identity: str) -> Job | None:
        """The job of this id; None if there is none."""
        found = self._select("where id = ?", identity)
        return found[0] if found else None

    def all(self) -> list[Job]:
        """All jobs, the oldest first."""
        return self._select("order by number")

    def take(self) -> Job | None:
        """The next job that waits, now running; None if none waits."""
        with self._lock:
            if self._closed:
                return None
            waiting = self._select("where state = ? order by number limit 1", State.QUEUED)
            if not waiting:
                return None
            self.version += 1
            self._base.execute(
                "update jobs set state = ?, started = ? where id = ?",
                (State.RUNNING, time.time(), waiting[0].id),
            )
            return self.get(waiting[0].id)

    def end(
        self, identity: str, state: State, *, error: str | None = None, duration: float | None = None
    ) -> bool:
        """Give a job that waits or runs its last state; False if it has one, or is gone."""
        return self._change(
            "state = ?, error = ?, finished = ?, duration = coalesce(?, duration)"
            " where id = ? and state in (?, ?)",
            (state, error, time.time(), duration, identity, State.QUEUED, State.RUNNING),
        )

    def requeue(self, identity: str, *, died: bool = False) -> bool:
        """Let a running job wait again, at its old place; False if it does not run.

        With ``died``, because its process ended: a job of `MOST_DEATHS` fails instead.
        """
        if not died:
            return self._change(
                "state = ? where id = ? and state = ?", (State.QUEUED, identity, State.RUNNING)
            )
        with self._lock:
            self._change("deaths = deaths + 1 where id = ?", (identity,))
            job = self.get(identity)
            if job is not None and job.deaths >= MOST_DEATHS:
                return self.end(identity, State.FAILED, error=f"{job.name}: {DIED}")
            return self.requeue(identity)

    def remove(self, identity: str) -> None:
        """Forget a job."""
        with self._lock:
            self.version += 1
            self._base.execute("delete from jobs where id = ?", (identity,))

    def position(self, job: Job) -> int:
        """How many jobs wait before this one."""
        before = "state = ? and number < (select number from jobs where id = ?)"
        with self._lock:
            found = self._base.execute(f"select count(*) from jobs where {before}", (State.QUEUED, job.id))
            return int(found.fetchone()[0])

    def counts(self) -> dict[State, int]:
        """Number of jobs in each state."""
        with self._lock:
            rows = self._base.execute("select state, count(*) from jobs group by state").fetchall()
        return dict.fromkeys(State, 0) | {State(state): count for state, count in rows}

    def _change(self, what: str, values: Sequence[object]) -> bool:
        with self._lock:
            if self._closed:
                return False
            self.version += 1
            return self._base.execute(f"update jobs set {what}", values).rowcount > 0

    def _select(self, where: str, *values: object) -> list[Job]:
        with self._lock:
            rows = self._base.execute(f"select {', '.join(_COLUMNS)} from jobs {where}", values).fetchall()
        found = (dict(zip(_COLUMNS, row, strict=True)) for row in rows)
        return [
            Job(**row | {"state": State(row["state"]), "annotate": bool(row["annotate"])}) for row in found
        ]

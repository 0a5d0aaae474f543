"""The folder of a server: the base of jobs, and a folder for each job, named by its id."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree

from ..files import writable_folder
from .jobs import Job, State
from .uploads import saved


class Folder:
    """Where everything lies.

    Parameters
    ----------
    path : Path
        Made if it is not there, for its owner alone.

    Raises
    ------
    DataError
        If it cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        new = not path.exists()
        self.path = writable_folder(path.absolute(), "give another with --folder")
        if new:
            path.chmod(0o700)
        self._jobs = writable_folder(self.path / "jobs")
        self.incoming = writable_folder(self.path / "incoming")
        """Where requests lie while they come in."""

    @property
    def base(self) -> Path:
        """The file of the `JobStore`."""
        return self.path / "jobs.sqlite"

    def of(self, identity: str) -> Path:
        """The folder of a job. The id must be one of ours, never what a client sent."""
        return self._jobs / identity

    def tidy(self, job: Job, *, keep: bool) -> None:
        """Delete what is not kept of a job that has its last state: all of one without a result."""
        if job.state is not State.DONE:
            rmtree(self.of(job.id), ignore_errors=True)
        elif not keep and (source := saved(self.of(job.id))) is not None:
            source.unlink(missing_ok=True)

    def sweep(self, jobs: Sequence[Job], *, keep: bool) -> None:
        """Delete what an earlier server left and nobody needs: folders of no job, uploads not kept."""
        known = {job.id: job for job in jobs}
        for folder in self._jobs.iterdir():
            job = known.get(folder.name)
            if job is None:
                rmtree(folder, ignore_errors=True)
            elif job.state.is_final:
                self.tidy(job, keep=keep)

"""Work for the processes of a server under test: quick, and as the recording's name says."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from avaffect.errors import MediaError
from avaffect.progress import Hook
from avaffect.serve.worker import Task


class MadeWork:
    """A reader whose result is made already; a name that begins with a word has it do what the word says.

    Parameters
    ----------
    results : Path
        Folder of the files that it gives as results.
    """

    def __init__(self, results: Path) -> None:
        self.results = results

    def __call__(self, task: Task, hook: Hook) -> float:
        """Do as the name says, and write the results."""
        hook("reading", 1.0, 2.0)
        word = task.name.partition("_")[0].partition(".")[0]
        if word == "slow":
            time.sleep(60)
        elif word == "fails":
            raise MediaError(f"{task.name}: cannot be read")
        elif word == "dies":
            os._exit(3)
        elif word == "halfway":  # takes long at the first attempt
            mark = task.folder / "tried"
            if not mark.exists():
                mark.touch()
                time.sleep(60)
        elif word == "once":  # dies at the first attempt
            mark = task.folder / "tried"
            if not mark.exists():
                mark.touch()
                os._exit(3)
        elif word == "swells":
            self.held = bytearray(500 * 2**20)
            self.held[::4096] = b"x" * len(self.held[::4096])
            time.sleep(60)
        for path in self.results.iterdir():
            shutil.copy(path, task.folder)
        return 2.0

"""A folder of clips in which people act named emotions: one table says who acts what in which clip.

``labels.csv`` has a row for each clip: ``file``, the person (``actor``, ``speaker`` or ``subject``) and
``emotion``. Valence and arousal were not rated. A clip gets a proxy that holds throughout: the coordinates of
its emotion (see `avaffect.corpus.emotions`). Figures on such labels say how well emotions that were acted are
told apart, not how well valence and arousal are read.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import DataError
from ..spec import TARGETS
from .base import Corpus, Recording, need_folder
from .emotions import VALENCE_AROUSAL, coordinates
from .labels.table import read_table
from .ratings import Ratings

LABELS = "labels.csv"
PEOPLE = ("actor", "speaker", "subject")


class Acted(Corpus):
    """Clips of acted emotions, with proxies.

    Parameters
    ----------
    root : path

    Attributes
    ----------
    emotions : dict of str to str
        By recording, as the table has them.

    Raises
    ------
    DataError
        If the table or a file that it names is missing, a column is, or an emotion has no coordinates.
    """

    name = "acted"

    def __init__(self, root: str | Path) -> None:
        self.root = need_folder(Path(root), f"clips and {LABELS}")
        self.table = self.root / LABELS
        if not self.table.is_file():
            raise DataError(f"{self.table}: no such file; expected the columns file,actor,emotion")
        table = read_table(self.table)
        person = next((name for name in PEOPLE if name in table.names), PEOPLE[0])
        rows = zip(table.text("file"), table.text(person), table.text("emotion"), strict=True)
        recordings, self.emotions = [], {}
        for file, who, emotion in rows:
            path = self.root / file
            if not path.is_file():
                raise DataError(f"{self.table} names {file}, which is not in {self.root}; copy it there")
            name = file.rpartition(".")[0].replace("/", "__")
            recordings.append(Recording(name, who, video=path, audio=path))
            self.emotions[name] = emotion
        self._coordinates = {name: self._proxy(emotion) for name, emotion in self.emotions.items()}
        super().__init__(recordings)

    def ratings(self, recording: Recording) -> dict[str, Ratings]:
        """The proxy of each target, over the whole clip."""
        values = zip(TARGETS, self._coordinates[recording.name], strict=True)
        return {target: Ratings(np.zeros(1), np.array([v]), np.array([np.inf])) for target, v in values}

    def rating_files(self, recording: Recording) -> list[Path]:
        """The one table."""
        return [self.table]

    def _proxy(self, emotion: str) -> tuple[float, float]:
        try:
            return coordinates(emotion)
        except KeyError as error:
            known = ", ".join(VALENCE_AROUSAL)
            raise DataError(
                f"{self.table}: the emotion {emotion!r} has no coordinates; expected one of {known}"
            ) from error

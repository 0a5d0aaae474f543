"""Videos of actors with a named emotion as a corpus for a feature store.

Nobody rated them. A clip gets a proxy that holds throughout: the coordinates of its emotion (see
`avaffect.corpus.emotions`). Figures on such labels say how well emotions that were acted are told apart, not
how well valence and arousal are read.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..spec import TARGETS
from .acted import LABELS, read_acted
from .base import Corpus, Recording
from .ratings import Ratings


class Acted(Corpus):
    """Clips of acted emotions, with proxies; the layout is that of `avaffect.corpus.acted`.

    Parameters
    ----------
    root : path

    Raises
    ------
    DataError
        As `avaffect.corpus.acted.read_acted`.
    """

    name = "acted"

    def __init__(self, root: str | Path) -> None:
        self.table = Path(root) / LABELS
        clips = read_acted(root)
        self._proxies = {clip.path.stem: clip.valence_arousal for clip in clips}
        super().__init__(
            [Recording(clip.path.stem, clip.actor, video=clip.path, audio=clip.path) for clip in clips]
        )

    def ratings(self, recording: Recording) -> dict[str, Ratings]:
        """The proxy of each target, over the whole clip."""
        values = zip(TARGETS, self._proxies[recording.name], strict=True)
        return {target: Ratings(np.zeros(1), np.array([v]), np.array([np.inf])) for target, v in values}

    def rating_files(self, recording: Recording) -> list[Path]:
        """The one table."""
        return [self.table]

"""RegDB (Nguyen et al., Sensors 2017): 412 people, ten visible and ten thermal pictures each.

::

    idx/train_visible_1.txt    lines "Visible/7/name.bmp 0": path and identity; ten draws of half the people
    idx/train_thermal_1.txt    likewise; test_visible_1.txt, test_thermal_1.txt
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..corpus.base import need_folder
from ..errors import DataError
from ..text import one_line, read_text
from .pictures import Picture, identities
from .rank import Ranking, rank

DRAWS = 10


class RegDB:
    """One draw of the corpus in a folder.

    Parameters
    ----------
    folder : Path
        Holds idx, Visible and Thermal.
    draw : int
        1 to 10: which half of the people trains.

    Raises
    ------
    DataError
        If there is no such folder or draw.
    """

    def __init__(self, folder: Path, draw: int = 1) -> None:
        self.folder = need_folder(Path(folder), "the folder of RegDB, with idx, Visible and Thermal")
        if not 1 <= draw <= DRAWS:
            raise DataError(f"draw={draw}; RegDB has the draws 1 to {DRAWS}")
        self.draw = draw

    def pictures(self, split: str, modality: str) -> list[Picture]:
        """Pictures of a split, "train" or "test", in a modality, "visible" or "thermal"."""
        path = self.folder / "idx" / f"{split}_{modality}_{self.draw}.txt"
        found = []
        for line in read_text(path).splitlines():
            name, _, identity = line.strip().rpartition(" ")
            if not line.strip():
                continue
            if not name or not identity.isdigit():
                raise DataError(f"{path}: {one_line(line)!r}; expected a path and an identity")
            found.append(Picture(self.folder / name, int(identity)))
        if not found:
            raise DataError(f"{path}: names no picture")
        return found

    def training(self) -> tuple[list[Picture], list[Picture]]:
        """Visible and thermal pictures of the people that train."""
        return self.pictures("train", "visible"), self.pictures("train", "thermal")

    def test(self, query: str = "visible") -> tuple[list[Picture], list[Picture]]:
        """Queries of one modality, "visible" or "thermal", and the gallery of the other."""
        other = {"visible": "thermal", "thermal": "visible"}
        if query not in other:
            raise DataError(f"query={query!r}; expected 'visible' or 'thermal'")
        return self.pictures("test", query), self.pictures("test", other[query])


def evaluate(similarity: np.ndarray, query: list[Picture], gallery: list[Picture]) -> Ranking:
    """The published protocol: all pictures of the other modality, whatever the place."""
    return rank(similarity, identities(query), identities(gallery))

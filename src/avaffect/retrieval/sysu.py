"""SYSU-MM01 (Wu et al., ICCV 2017): four visible and two infrared cameras, 491 people.

::

    cam1/0001/0001.jpg ...     pictures by camera and identity; 1, 2, 4, 5 visible, 3 and 6 infrared
    exp/train_id.txt           identities of a split, comma-separated in one line; also val_id, test_id
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..corpus.base import need_folder
from ..errors import DataError
from ..text import one_line, read_text
from .pictures import Picture, cameras, identities
from .rank import Ranking, mean_ranking, rank

VISIBLE = (1, 2, 4, 5)
INFRARED = (3, 6)
GALLERY = {"all": VISIBLE, "indoor": (1, 2)}
"""Visible cameras whose pictures are searched, by mode."""


class SYSU:
    """The corpus in a folder.

    Parameters
    ----------
    folder : Path
        Holds cam1 to cam6 and exp.

    Raises
    ------
    DataError
        If it is not laid out like this.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = need_folder(Path(folder), "the folder of SYSU-MM01, with cam1 to cam6 and exp")

    def split(self, name: str) -> list[int]:
        """Identities of "train", "val" or "test"; the published training takes the first two."""
        path = self.folder / "exp" / f"{name}_id.txt"
        text = read_text(path)
        try:
            return sorted(int(number) for number in text.replace("\n", ",").split(",") if number.strip())
        except ValueError as error:
            raise DataError(
                f"{path}: {one_line(text)!r} is no list of identities; expected numbers with commas between"
            ) from error

    def pictures(self, people: list[int], taken_by: tuple[int, ...]) -> list[Picture]:
        """Pictures of some people by some cameras, in order of camera, identity and name."""
        found = []
        for camera in taken_by:
            folder = need_folder(self.folder / f"cam{camera}", "a camera's folder of SYSU-MM01")
            for identity in people:
                names = sorted((folder / f"{identity:04d}").glob("*.jpg"))
                found += [Picture(path, identity, camera) for path in names]
        if not found:
            raise DataError(f"{self.folder}: no picture of these {len(people)} people by cameras {taken_by}")
        return found

    def training(self) -> tuple[list[Picture], list[Picture]]:
        """Visible and infrared pictures of the training and validation identities."""
        people = sorted({*self.split("train"), *self.split("val")})
        return self.pictures(people, VISIBLE), self.pictures(people, INFRARED)

    def test(self, mode: str = "all") -> tuple[list[Picture], list[Picture]]:
        """Infrared queries, and the visible pictures from which galleries are drawn.

        Parameters
        ----------
        mode : {"all", "indoor"}
        """
        if mode not in GALLERY:
            raise DataError(f"mode={mode!r}; expected one of {', '.join(map(repr, GALLERY))}")
        people = self.split("test")
        return self.pictures(people, INFRARED), self.pictures(people, GALLERY[mode])


def single_shot(pictures: list[Picture], seed: int) -> np.ndarray:
    """Positions of one picture of each identity and camera, drawn at random."""
    random = np.random.default_rng(seed)
    who, camera = identities(pictures), cameras(pictures)
    return np.array(
        [
            random.choice(np.flatnonzero((who == identity) & (camera == number)))
            for identity, number in sorted(set(zip(who.tolist(), camera.tolist(), strict=True)))
        ]
    )


def evaluate(
    similarity: np.ndarray, query: list[Picture], pictures: list[Picture], *, trials: int = 10
) -> Ranking:
    """The published protocol: the mean over ten random single-shot galleries.

    A query of camera 3 does not see pictures of camera 2, which stood in the same place. The cumulative match
    counts each identity once.

    Parameters
    ----------
    similarity : (q, g) np.ndarray
        Of all queries to all pictures from which galleries are drawn.
    query, pictures : list of Picture
        As `SYSU.test` gives them.
    trials : int
    """
    found = []
    hidden = (cameras(query)[:, None] == 3) & (cameras(pictures)[None] == 2)
    for seed in range(trials):
        drawn = single_shot(pictures, seed)
        found.append(
            rank(
                np.asarray(similarity)[:, drawn],
                identities(query),
                identities(pictures)[drawn],
                hidden=hidden[:, drawn],
                unique=True,
            )
        )
    return mean_ranking(found)

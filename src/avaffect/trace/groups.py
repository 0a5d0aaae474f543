"""Whom a picture of one file shows, how they are called, and in which colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..palette import PEOPLE, person_colour
from .rows import of_track, tracks
from .summary import Person


@dataclass(frozen=True)
class Group:
    """One person's rows, how to call and to colour them; ``track`` None: nobody in view."""

    track: int | None
    label: str
    colour: str
    rows: pd.DataFrame

    @property
    def start(self) -> np.ndarray:
        """Seconds at which the rows start, (n,)."""
        return self.rows.index.get_level_values("start").to_numpy()

    @property
    def end(self) -> np.ndarray:
        """Seconds at which the rows end, (n,)."""
        return self.rows.index.get_level_values("end").to_numpy()


def groups_of(table: pd.DataFrame, people: Mapping[int | None, Person], most: int) -> list[Group]:
    """The people to show, by number, then the rows of nobody if they hold a prediction.

    Parameters
    ----------
    table : (n, 23) pd.DataFrame
        A trace's table, of one file.
    people : mapping of int or None to Person
        Everybody in the table, by number.
    most : int
        How many groups there is room for; of more people, those seen longest are taken.
    """
    seen = sorted((t for t in people if t is not None), key=lambda t: -people[t].seconds_seen)
    nobody = people.get(None)
    voice = nobody is not None and bool(nobody.valence or nobody.arousal or not seen)
    faces = sorted(seen[: most - voice])
    everybody = tracks(table)
    order = everybody if len(everybody) <= len(PEOPLE) else faces
    tracks_taken = [*faces, None] if voice else faces
    names: dict[int | None, str] = {t: people[t].label for t in tracks_taken}
    predicted = nobody is not None and bool(nobody.valence or nobody.arousal)
    if seen:
        names[None] = "voice without a face" if predicted else "nobody in view"
    else:
        names[None] = "voice" if table["voiced"].notna().any() else "nobody in view"
    return [Group(t, names[t], person_colour(t, order), of_track(table, t)) for t in tracks_taken]

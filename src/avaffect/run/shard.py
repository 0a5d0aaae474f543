"""A part of a run's recordings, for jobs that share it out among machines without knowing of each other."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Self

from ..errors import DataError


@dataclass(frozen=True)
class Shard:
    """One of so many parts.

    A recording's part follows from the name of its results alone (SHA-256), not from its place in the list:
    it stays the same when recordings are added or taken away between the starts of two jobs, so that none is
    read twice or left out. The parts are of about equal size; the more there are for a number of machines,
    the more evenly these are busy.

    Attributes
    ----------
    number, count : int
        The part, from 1, and how many there are.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """A part from "number/count".

        Raises
        ------
        DataError
            If it is none.

        >>> Shard.parse("2/8")
        Shard(number=2, count=8)
        """
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
        if found is None:
            raise DataError(f"shard={text!r}: expected NUMBER/COUNT, such as 1/8")
        number, count = int(found[1]), int(found[2])
        if not 1 <= number <= count:
            most = f"from 1 to {count}, such as 1/{count}" if count else "from 1 on, such as 1/8"
            raise DataError(f"shard={text!r}: expected NUMBER/COUNT with a number {most}")
        return cls(number, count)

    def holds(self, name: PurePath) -> bool:
        """Whether the recording with results of this name is in this part.

        >>> name = PurePath("sessions/monday")
        >>> [number for number in range(1, 9) if Shard(number, 8).holds(name)]
        [7]
        """
        digest = hashlib.sha256(os.fsencode(name.as_posix())).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1

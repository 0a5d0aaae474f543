"""Parts of a run: every recording in one of them, whatever else there is."""

from pathlib import PurePath

import pytest

from avaffect.errors import DataError
from avaffect.run.shard import Shard

NAMES = [PurePath(f"study/P{number:04d}") for number in range(2000)]


def test_every_recording_is_in_one_part_and_the_parts_are_about_equal():
    parts = [{name for name in NAMES if Shard(number, 8).holds(name)} for number in range(1, 9)]
    assert sum(map(len, parts)) == len(set().union(*parts)) == len(NAMES)
    assert all(200 < len(part) < 300 for part in parts)


@pytest.mark.parametrize("text", ["0/8", "9/8", "3", "a/b", "1/0", "-1/8", "1/8/2", ""])
def test_what_is_no_part(text):
    with pytest.raises(DataError, match="expected NUMBER/COUNT"):
        Shard.parse(text)


def test_a_part_beyond_the_last_is_told_the_last() -> None:
    with pytest.raises(DataError, match="'3/2'.* a number from 1 to 2, such as 1/2"):
        Shard.parse("3/2")

"""Names of results: one for each recording, whatever the recordings are called."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from avaffect.result_names import key, result_names

LONGEST = 40
# What a file system takes: any bytes but two, and not the names of folders themselves.
RAW = st.binary(min_size=1, max_size=60).map(
    lambda raw: os.fsdecode(raw.replace(b"\0", b"x").replace(b"/", b"x"))
)
LIKELY = st.sampled_from(["a.mp4", "A.mp4", "a.wav", "a_mp4.mp4", "a_mp4", ".mp4", "..mp4", "é.mp4", "é.mp4"])
NAMES = (RAW | LIKELY).filter(lambda name: name not in (".", ".."))
FOLDERS = st.lists(st.sampled_from(["s1", "s2", "S1"]), max_size=2)


def place_of(found: tuple[list[str], str, bool]) -> str:
    return "/".join([*found[0], found[1]])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(FOLDERS, NAMES, st.booleans()), min_size=1, max_size=8, unique_by=place_of))
def test_no_two_are_alike_and_all_fit(found: list[tuple[list[str], str, bool]]) -> None:
    root = Path("/in")
    recordings = []
    for folders, name, alone in found:
        file = root.joinpath(*folders, name)
        recordings.append((file if alone else root, file))
    names = result_names(recordings, LONGEST)
    assert len({key(name) for name in names}) == len(found)
    for place in names:
        assert not place.is_absolute()
        assert ".." not in place.parts
        assert 0 < len(os.fsencode(place.name)) <= LONGEST

"""Stamps as they come, and the times they must become."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avaffect.errors import MediaError
from avaffect.media.clock import Clock

MS = Fraction(1, 1000)


def times(stamps, *, start=0, zero=0, length=40, container="mov", dts=None, first=None):
    """The times, in ms, of frames with these stamps in ms."""
    source = SimpleNamespace(path=Path("clip"), format=container, zero=zero * MS)
    stream = SimpleNamespace(type="video", start_time=start, time_base=MS)
    clock = Clock(source, stream, lambda: None if first is None else (first[0], first[1] * MS))
    frames = [
        SimpleNamespace(pts=pts, dts=d, time_base=MS) for pts, d in zip(stamps, dts or stamps, strict=True)
    ]
    return [float(clock.begins(frame, length * MS) * 1000) for frame in frames]


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([0, 40, 80], [0, 40, 80]),
        ([0, 33, 1000, 1001], [0, 33, 1000, 1001]),  # a pause is a pause
        ([0, None, None, 120, None], [0, 40, 80, 120, 160]),  # missing: where the last one ended
        ([None, None, None], [0, 40, 80]),
        ([5000, 5040, 0, 40], [5000, 5040, 5080, 5120]),  # a second clock is read on
        ([5000, 5040, 0, 40, 10_000, 0], [5000, 5040, 5080, 5120, 15_080, 15_120]),
        ([0, 40, 95_443_718, 95_443_758], [0, 40, 80, 120]),  # a 33-bit clock gone astray
        ([0, 40, 3_000_000, 3_000_040], [0, 40, 3_000_000, 3_000_040]),  # fifty minutes of pause
        ([0, 40, 30, 80], [0, 40, 30, 80]),  # a little disorder is left to the reader of pictures
    ],
)
def test_times(stamps, expected):
    assert times(stamps) == expected


def test_zero_is_the_containers():
    assert times([1400, 1440], start=1400, zero=1377) == [23, 63]


def test_stream_that_starts_late_without_stamps():
    assert times([None, None], start=600, zero=100) == [500, 540]


def test_stream_without_a_start_starts_at_zero():
    assert times([48, 88, 128], start=None) == [0, 40, 80]


def test_avi_tells_time_by_decoding():
    assert times([40, 160, 80], dts=[80, 120, 160], container="avi") == [0, 40, 80]


def test_frames_before_the_first_stamp_are_counted_back_from_it():
    found = times([None, None, None, 30, 70], start=30, zero=-553, first=(3, 30))
    assert found == [463, 503, 543, 583, 623]


def test_a_clock_of_days_is_refused():
    hours = [k * 3_500_000 for k in range(60)]  # each pause is believed, together they are not
    with pytest.raises(MediaError, match="its video clock reaches 49 hours; recordings of up to 48 hours"):
        times(hours)


STAMPS = st.lists(st.none() | st.integers(-(2**40), 2**40), min_size=1, max_size=30)


@given(STAMPS, st.integers(-(10**7), 10**7), st.integers(1, 10**4), st.sampled_from(["mov", "avi"]))
def test_any_stamps_give_times_that_go_on_or_a_line(stamps, start, length, container):
    """Never before the recording by more than the stream is, never back or on by more than is believed."""
    try:
        found = times(stamps, start=start, length=length, container=container)
    except MediaError:  # of more than 48 hours
        return
    steps = [after - before for before, after in zip(found, found[1:], strict=False)]
    assert all(-500 < step < 3_600_000 + length for step in steps)
    assert max(found) <= 48 * 3_600_000

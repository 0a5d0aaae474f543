"""Rows of pictures, and of sound where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.streams.recording_rows import recording_rows
from avaffect.streams.timeline import Timeline

TIMELINE = Timeline(12.5)


def rows(times, last, sound):
    """Rows of pictures at these times, the last one shown until ``last``; sound over these spans."""
    heard = None
    if sound is not None:
        heard = np.zeros(max((TIMELINE.count(end) for _, end in sound), default=0), bool)
        for begin, end in sound:
            heard[TIMELINE.tick(begin) : TIMELINE.count(end)] = True
    times = np.asarray(times, float)
    ends = np.append(times[1:], last) if len(times) else times
    found = recording_rows(times, ends, heard, TIMELINE)
    assert (np.diff(found.times) > 0).all()
    assert (found.ends > found.times).all()
    assert (found.ends[:-1] <= found.times[1:] + 1e-9).all()
    assert found.pictures[found.pictures >= 0].tolist() == list(range(len(times)))
    return found


def test_pictures_with_sound_have_the_pictures_rows_only():
    times = np.arange(50) / 25
    for sound in (None, [(0, 2.0)], [(0, 1.0)], [(0, 2.4)]):
        found = rows(times, 2.0, sound)
        np.testing.assert_array_equal(found.times, times)
        np.testing.assert_allclose(found.ends, np.append(times[1:], 2.0))


def test_sound_after_the_last_picture_has_rows_to_its_end():
    found = rows(np.arange(50) / 25, 2.0, [(0, 10.0)])
    assert found.ends[-1] == pytest.approx(10.0)
    np.testing.assert_allclose(found.times[1:], found.ends[:-1])
    assert (found.pictures[50:] == -1).all()
    assert len(found.times) == 50 + 100


def test_sound_before_the_first_picture_has_rows():
    found = rows(3 + np.arange(50) / 25, 5.0, [(0, 5.0)])
    assert (found.times[0], found.pictures[0]) == (0.0, -1)
    np.testing.assert_allclose(found.times[1:], found.ends[:-1])


def test_a_picture_that_stands_still_is_no_row_of_eight_seconds():
    times = np.concatenate([np.arange(25) / 25, 9 + np.arange(25) / 25])
    found = rows(times, 10.0, [(0, 10.0)])
    assert (found.ends - found.times).max() < 0.09
    assert rows(times, 10.0, None).ends[24] == 9.0  # without sound it lasts until the next


@pytest.mark.parametrize("step", [0.1, 1.0])
def test_rare_pictures_have_one_row_each(step):
    times = np.arange(20) * step
    assert (rows(times, 20 * step, [(0, 20 * step)]).pictures >= 0).all()


def test_very_rare_pictures_have_the_sounds_rows_between():
    found = rows(np.arange(3) * 10.0, 30.0, [(0, 30.0)])
    assert (found.ends - found.times).max() <= 1.08
    assert found.ends[-1] == pytest.approx(30.0)


def test_where_there_is_nothing_there_is_no_row():
    found = rows(np.arange(25) / 25, 1.0, [(0, 1.0), (1800, 1801)])
    assert found.ends[24] == pytest.approx(1.0)
    assert not ((found.ends > 1.05) & (found.times < 1799.9)).any()
    assert len(found.times) == pytest.approx(25 + 13, abs=2)


def test_sound_alone_has_a_row_a_tick():
    found = rows([], 0.0, [(0, 2.0)])
    np.testing.assert_allclose(found.times, np.arange(25) / 12.5)

"""Late, missing and out of order: what becomes of pictures and sound on their way to ticks."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from avaffect.live.faces import View
from avaffect.live.intake import Intake
from avaffect.live.sound import boundary
from avaffect.streams.timeline import Timeline

TICKS = Timeline(12.5)
IMAGE = np.zeros((2, 2, 3), np.uint8)
LEAD = 120


def intake(patience=0.3):
    return Intake(
        TICKS,
        lambda frame: View(frame.index, frame.pts, False, ()),
        lambda tick: boundary(tick, TICKS, LEAD),
        patience=patience,
    )


def ramp(begin, end):
    """Sound whose samples are their own numbers."""
    return np.arange(round(begin * 16000), round(end * 16000), dtype=np.float32)


def told(moments):
    """Tick, number of its picture, and whether there is sound."""
    return [(m.tick, m.view and m.view.number, m.heard and m.heard.present) for m in moments]


def pictures(taken, *times):
    return list(chain.from_iterable(taken.frame(IMAGE, time, time) for time in times))


def sound(taken, begin, end, piece=0.04):
    edges = np.arange(begin, end - 1e-9, piece)
    return [m for a in edges for m in taken.samples(ramp(a, min(a + piece, end)), a, a)]


def test_the_first_picture_from_the_middle_of_a_tick_on_is_looked_at():
    taken = intake()
    sound(taken, 0, 0.25)
    found = pictures(taken, 0.0, 0.04, 0.08, 0.12, 0.16, 0.20)
    assert told(found) == [(0, 1, True), (1, 3, True), (2, 5, True)]
    assert taken.counts.frames_read == 3


def test_without_one_the_last_before_the_middle_is():
    taken = intake()
    sound(taken, 0, 0.25)
    found = pictures(taken, 0.01, 0.02, 0.085, 0.17)
    assert told(found) == [(0, 1, True), (1, 2, True)]
    assert told(taken.finish()) == [(2, 3, True), (3, None, True)]


def test_a_tick_waits_for_its_sound():
    taken = intake()
    assert pictures(taken, 0.04, 0.12) == []
    found = list(taken.samples(ramp(0, 0.1), 0.0, 0.1))
    assert told(found) == [(0, 0, True)]
    np.testing.assert_array_equal(found[0].heard.samples, ramp(0, 0.0875))


def test_the_next_tick_goes_on_where_the_last_ended():
    taken = intake()
    pictures(taken, 0.04, 0.12, 0.2)
    found = sound(taken, 0, 0.25)
    np.testing.assert_array_equal(
        np.concatenate([m.heard.samples for m in found]), ramp(0, 0.2475)[: 3 * 1280 + LEAD]
    )


def test_sound_that_does_not_come_is_waited_for_only_so_long():
    taken = intake()
    found = pictures(taken, *np.arange(0.04, 1, 0.08))
    assert [m.tick for m in found] == list(range(12))
    assert all(m.heard is None for m in found)
    # It is waited for again once it came.
    assert told(taken.samples(ramp(0.96, 1.0), 0.96, 1.0)) == []
    assert pictures(taken, 1.0, 1.08) == []


def test_pictures_that_do_not_come_are_waited_for_only_so_long():
    taken = intake()
    found = sound(taken, 0, 1)
    assert told(found)[:2] == [(0, None, True), (1, None, True)]
    assert [m.tick for m in found] == list(range(12))


def test_what_comes_too_late_is_dropped_and_counted():
    taken = intake()
    sound(taken, 0, 1)
    assert pictures(taken, 0.5) == []
    assert list(taken.samples(ramp(0.5, 0.6), 0.5, 1.0)) == []
    assert taken.counts.frames_late == 1
    assert taken.counts.sound_late == pytest.approx(0.1)


def test_pictures_out_of_order_are_dropped_when_a_newer_one_was_looked_at():
    taken = intake()
    sound(taken, 0, 0.3)
    found = pictures(taken, 0.04, 0.20, 0.12, 0.28)
    assert told(found) == [(0, 0, True), (1, None, True), (2, 1, True)]
    assert taken.counts.frames_late == 1


def test_a_gap_in_the_sound_is_silence_and_marked():
    taken = intake(patience=2)
    pictures(taken, *np.arange(0.04, 1, 0.08))
    found = sound(taken, 0, 0.32) + sound(taken, 0.64, 1)
    assert [m.heard.present for m in found[:12]] == [True] * 4 + [False] * 4 + [True] * 4
    whole = np.concatenate([m.heard.samples for m in found])
    assert not whole[round(0.33 * 16000) : round(0.63 * 16000)].any()
    np.testing.assert_array_equal(whole[10240 : 10240 + 100], ramp(0.64, 1)[:100])
    assert taken.counts.gaps == 1


def test_sound_that_comes_after_what_follows_it_fills_its_place():
    taken = intake()
    pictures(taken, 0.04)
    for begin, end in ((0.0, 0.1), (0.3, 0.4), (0.1, 0.3)):
        list(taken.samples(ramp(begin, end), begin, 0.0))
    found = pictures(taken, 0.12, 0.20, 0.28)
    whole = np.concatenate([m.heard.samples for m in found])
    np.testing.assert_array_equal(whole, ramp(0.0875, 0.4)[: len(whole)])
    assert taken.counts.sound_late == 0


def test_sound_that_comes_twice_counts_once():
    taken = intake()
    list(taken.samples(ramp(0, 0.2), 0.0, 0.0))
    list(taken.samples(ramp(0, 0.2), 0.0, 0.0))
    assert taken.newest == pytest.approx(0.2)
    assert taken.counts.sound_late == pytest.approx(0.2)


@pytest.mark.parametrize("error", [1e-3, -1e-3])
def test_clocks_that_drift_apart_are_set_right_by_little_steps(error):
    taken = intake()
    worst = 0.0
    for k in range(3000):  # two minutes; the sound card is a thousandth too fast or too slow
        begin = k * 0.04 * (1 + error)
        pictures(taken, begin)
        list(taken.samples(np.ones(640, np.float32), begin, 0.0))
        worst = max(worst, abs(taken.newest - begin - 0.04))
    assert worst < 0.1
    assert taken.tick == pytest.approx(120 * 12.5, abs=4)
    assert taken.counts.gaps == (2 if error > 0 else 0)


def test_jitter_of_the_stamps_changes_nothing():
    taken, random = intake(), np.random.default_rng(0)
    ticks = []
    for k in range(50):
        begin = k * 0.04
        ticks += list(
            taken.samples(ramp(begin, begin + 0.04), max(0, begin + random.uniform(-0.02, 0.02)), 0.0)
        )
    whole = np.concatenate([m.heard.samples for m in ticks + list(taken.finish())])
    heard = whole[whole > 0]
    assert taken.counts.gaps == 0
    np.testing.assert_array_equal(heard, ramp(0, 2)[1:])


def test_after_a_pause_it_goes_on_at_a_later_tick():
    taken = intake()
    pictures(taken, 0.04)
    sound(taken, 0, 0.2)
    list(taken.finish())
    taken.restart(1250)
    found = pictures(taken, 100.04, 100.12)
    found += sound(taken, 100.0, 100.2)
    assert told(found) == [(1250, 1, True), (1251, 2, True)]
    np.testing.assert_array_equal(found[0].heard.samples, ramp(100, 100.0875))


def test_a_recording_waits_as_long_as_it_takes():
    taken = intake(patience=float("inf"))
    assert pictures(taken, *np.arange(0.04, 10, 0.08)) == []
    taken.end_samples()
    assert len(list(taken.finish())) == 125

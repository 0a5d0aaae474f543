"""Who is in view, from what was seen so far; the past that is kept is bounded."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.face import Face
from avaffect.live.faces import Sight, View
from avaffect.live.people import MOST_PEOPLE, People
from avaffect.streams.timeline import Timeline

TICKS = Timeline(12.5)
LANDMARKS = np.zeros((5, 2), np.float32)


def crop(who):
    """What a person looks like: a pattern of their own."""
    pattern = np.random.default_rng(who).integers(0, 255, (7, 7, 3), np.uint8)
    return np.kron(pattern, np.ones((16, 16, 1), np.uint8))


def face(track, who, left=0.0, height=50.0):
    box = np.array([left, 0, left + height, height], np.float32)
    return Face(track, box, LANDMARKS, 0.9, crop(who))


def view(tick, *faces, cut=False):
    """A picture in the middle of a tick; the feature of a face is the tick."""
    sights = tuple(Sight(each, np.full(4, tick, np.float32), 0.0, 1.0, tick) for each in faces)
    return View(tick, (tick + 0.5) / 12.5, cut, sights)


def seen(people, faces, ticks, first=0):
    """Show the same faces for so many ticks; the number of the next tick."""
    for tick in range(first, first + ticks):
        people.add(tick, view(tick, *faces))
    return first + ticks


def numbers(people):
    ticks = len(people._shown)
    return [person.track for person in people.stream(ticks).people]


def test_a_face_is_a_person_after_half_a_second():
    people = People(TICKS)
    seen(people, [face(7, 1)], 6)
    assert numbers(people) == []
    seen(people, [face(7, 1)], 1, 6)
    assert numbers(people) == [1]


def test_people_are_numbered_as_they_become_known():
    people = People(TICKS)
    at = seen(people, [face(3, 1)], 4)
    at = seen(people, [face(3, 1), face(5, 2, left=200)], 8, at)
    assert numbers(people) == [1, 2]
    box, confidence = people.face(people.stream(at).people[1], at - 1)
    assert box[0] == 200
    assert confidence == pytest.approx(0.9)


def test_a_face_that_returns_is_the_same_person():
    people = People(TICKS)
    at = seen(people, [face(1, 1)], 20)
    at = seen(people, [], 10, at)
    at = seen(people, [face(2, 1)], 6, at)
    assert numbers(people) == [1]
    assert people.stream(at).people[0].frames[-1] == 19  # not known again yet
    at = seen(people, [face(2, 1)], 2, at)
    (person,) = people.stream(at).people
    assert person.frames.tolist() == [*range(20), *range(30, 38)]


def test_two_who_look_the_same_and_are_there_at_once_are_two():
    people = People(TICKS)
    seen(people, [face(1, 1), face(2, 1, left=200)], 10)
    assert numbers(people) == [1, 2]


def test_a_person_is_not_there_twice():
    people = People(TICKS)
    at = seen(people, [face(1, 1)], 10)
    at = seen(people, [], 5, at)
    at = seen(people, [face(2, 1)], 10, at)  # the same person, by the looks
    at = seen(people, [face(1, 1), face(2, 1, left=200)], 10, at)
    assert numbers(people) == [1, 2]
    for person in people.stream(at).people:
        assert len(set(person.frames)) == len(person.frames)


def test_a_tick_without_a_picture_keeps_the_last_for_a_quarter_of_a_second():
    people = People(TICKS)
    at = seen(people, [face(1, 1)], 10)
    for tick in range(at, at + 6):
        people.add(tick, None)
    (person,) = people.stream(at + 6).people
    assert person.features.ticks.tolist() == list(range(10 + 3))
    assert people.face(person, 12)[0] is not None
    assert people.face(person, 13)[0] is None


def test_the_past_is_let_go_of_and_numbers_stay():
    people = People(TICKS)
    at, most = 0, 0
    for round_ in range(40):
        at = seen(people, [face(round_ + 1, round_ % 2)], 40, at)
        at = seen(people, [], 10, at)
        if len(people._shown) >= 350:
            people.forget(50)
        most = max(most, len(people._times))
    assert numbers(people) == [1, 2]
    assert most <= 350
    assert sum(len(person.frames) for person in people.stream(300).people) <= 300
    assert len(people._faces) <= 25
    first = people.stream(300)
    assert 0 <= first.times[0] < 0.08
    person = first.people[0]
    tick = int(person.features.ticks[0])
    assert tick >= 0
    assert person.features.between(tick, tick + 1)[0][0, 0] == tick + people.first


def test_not_everybody_is_remembered():
    people = People(TICKS)
    at = 0
    for who in range(MOST_PEOPLE + 5):
        at = seen(people, [face(who + 1, who)], 8, at)
        people.forget(len(people._shown) - 8)
    assert len(people._people) <= MOST_PEOPLE + 1
    assert people._people[-1].person.track == MOST_PEOPLE + 5


def test_the_main_person_is_the_most_prominent_so_far():
    people = People(TICKS)
    seen(people, [face(1, 1), face(2, 2, left=200, height=120)], 10)
    assert people.main.track == 2


def test_after_a_pause_people_are_known_again():
    people = People(TICKS)
    seen(people, [face(1, 1)], 10)
    people.restart(5000)
    assert numbers(people) == []
    at = seen(people, [face(2, 1)], 8, 5000)
    (person,) = people.stream(at - 5000).people
    assert person.track == 1
    assert person.frames.tolist() == list(range(8))

"""Whose the voice is: in view, out of view, and nobody's."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.streams.person import Person
from avaffect.streams.timeline import Timeline
from avaffect.streams.visual import VisualStream
from avaffect.streams.voice_owner import AWAY, SHORTEST, Voices

RATE = 12.5
SECONDS = 20
TICKS = round(SECONDS * RATE)


def seen(track, *spans, mouth=None):
    """A person in view in spans of seconds, at one frame a tick; ``mouth``: motion wherever in view."""
    frames = [k for begin, end in spans for k in range(round(begin * RATE), round(end * RATE))]
    person = Person(track)
    for k in frames:
        person.see(k, np.array([0, 0, 50, 50]), 1.0)
        person.features[k] = np.zeros(4, np.float32)
        if mouth is not None:
            person.mouth[k] = mouth
    return person


def voices(*people, speech=((0, SECONDS),), cuts=()):
    active = np.zeros(TICKS, dtype=bool)
    for begin, end in speech:
        active[round(begin * RATE) : round(end * RATE)] = True
    times = np.arange(TICKS) / RATE
    visual = VisualStream(times, np.arange(TICKS), list(people), cuts=tuple(round(c * RATE) for c in cuts))
    return Voices(visual, active, times + 1 / RATE, Timeline(RATE))


def spans(stretch):
    """Where a stretch is true, as (begin, end) in seconds."""
    whole = stretch.between(0, TICKS, False)
    edges = np.flatnonzero(np.diff(whole.astype(int), prepend=0, append=0)) / RATE
    return [(float(begin), float(end)) for begin, end in edges.reshape(-1, 2)]


def test_in_view_the_voice_is_theirs_and_nobodys_before_and_after():
    person = seen(1, (4, 12))
    found = voices(person)
    assert spans(found.of(person).own) == [(4, 12)]
    assert spans(found.unclaimed) == [(0, 4), (12, 20)]


def test_who_was_cut_away_from_has_no_voice():
    person = seen(1, (0, 4), (16, 20))
    found = voices(person, cuts=(4, 16))
    assert spans(found.of(person).own) == [(0, 4), (16, 20)]
    assert spans(found.unclaimed) == [(4, 16)]
    assert np.isnan(found.of(person).speaking.between(round(4 * RATE), round(16 * RATE), np.nan)).all()


def test_who_turns_away_while_speaking_keeps_the_voice_for_a_while():
    person = seen(1, (0, 4), (18, 20), mouth=1.0)
    found = voices(person)
    away = pytest.approx(AWAY, abs=0.1)
    (_, end), (begin, _) = spans(found.of(person).own)
    assert end - 4 == away
    assert 18 - begin == away
    assert spans(found.unclaimed) == [(end, begin)]
    short = seen(1, (0, 4), (8, 20), mouth=1.0)
    assert spans(voices(short).of(short).own) == [(0, 20)]


@pytest.mark.parametrize(
    ("person", "others", "options"),
    [
        (seen(1, (0, 4), (8, 20), mouth=1.0), [], {"speech": [(0, 4), (4.2, 7.8), (8, 20)]}),  # a pause
        (seen(1, (0, 4), (8, 20), mouth=1.0), [seen(2, (2, 10), mouth=1.0)], {}),  # somebody else in view
        (seen(1, (0, 4), (8, 20), mouth=0.05), [], {}),  # they were listening
        (seen(1, (0, 4), (8, 20), mouth=1.0), [], {"cuts": [4, 8]}),
    ],
)
def test_out_of_view_a_voice_that_may_be_anothers_is_not_theirs(person, others, options):
    found = voices(person, *others, **options)
    own = found.of(person).own.between(0, TICKS, False)
    assert not own[round(4.3 * RATE) : round(7.7 * RATE)].any()


def test_a_voice_from_off_screen_is_nobodys_while_those_in_view_listen():
    person = seen(1, (0, 20), mouth=0.05)
    found = voices(person, speech=[(5, 15)])
    assert spans(found.of(person).own) == []
    assert spans(found.unclaimed) == [(pytest.approx(5, abs=0.1), pytest.approx(15, abs=0.1))]


def test_a_moment_between_two_turns_is_nobodys_voice_only_where_nobody_is_in_view():
    length = SHORTEST / 2
    one, two = seen(1, (0, 4), mouth=1.0), seen(2, (4 + length, 20), mouth=1.0)
    found = voices(one, two, cuts=(4, 4 + length))
    assert spans(found.unclaimed) == [(4, pytest.approx(4 + length, abs=0.1))]


def test_faces_that_were_cut_beforehand_keep_the_voice():
    person = Person(1)
    person.features[3] = np.zeros(4, np.float32)
    assert spans(voices(person).of(person).own) == [(0, SECONDS)]

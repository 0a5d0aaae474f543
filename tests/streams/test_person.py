"""What is known of a person by frame and tick, and how little memory it takes."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from avaffect.face import Face
from avaffect.media import Frame
from avaffect.streams import kept_rows
from avaffect.streams.by_tick import ByTick, Features
from avaffect.streams.kept_rows import KeptRows
from avaffect.streams.person import Person
from avaffect.streams.timeline import Timeline
from avaffect.streams.visual import VisualStreamReader


def test_numbers_come_in_any_order_and_are_let_go_of():
    known = ByTick()
    for tick, value in ((7, 0.7), (3, 0.3), (10, 1.0), (7, 0.75)):
        known[tick] = value
    assert known.ticks.tolist() == [3, 7, 10]
    np.testing.assert_array_equal(known.between(6, 9), [np.nan, 0.75, np.nan])
    known.forget(5)
    assert known.ticks.tolist() == [2, 5]
    known.forget(8)
    assert known.ticks.tolist() == []
    known[4] = 0.4
    assert known.ticks.tolist() == [4]


@pytest.mark.parametrize("shared", [True, False])
def test_tracks_that_are_one_person_are_joined(shared):
    kept = KeptRows(np.float32) if shared else None
    one, other = Person(1, kept), Person(2, kept)
    for person, frames in ((one, [0, 1, 6]), (other, [3, 4])):
        for frame in frames:
            person.see(frame, np.array([frame, 0, frame + 1, 1]), frame / 10)
            person.features[frame], person.mouth[frame] = np.full(2, frame), frame
    one.join(other)
    assert one.frames.tolist() == [0, 1, 3, 4, 6]
    assert one.boxes[:, 0].tolist() == [0, 1, 3, 4, 6]
    np.testing.assert_allclose(one.confidences, [0, 0.1, 0.3, 0.4, 0.6])
    values, mask = one.features.between(0, 7)
    assert np.flatnonzero(mask).tolist() == one.mouth.ticks.tolist() == [0, 1, 3, 4, 6]
    assert values[mask, 1].tolist() == [0, 1, 3, 4, 6]


def test_features_that_are_let_go_of_take_no_room():
    features = Features()
    for tick in range(100):
        features[tick] = np.full(8, tick)
    features.forget(90)
    assert features.ticks.tolist() == list(range(10))
    assert features.between(0, 10)[0][:, 0].tolist() == list(range(90, 100))
    assert features._kept.shape == (10, 8)


class Everywhere:
    """A tracker that sees one face in every frame."""

    following = True
    face = Face(
        1, np.zeros(4, np.float32), np.zeros((5, 2), np.float32), 0.9, np.zeros((112, 112, 3), np.uint8)
    )

    def curious(self, pts):
        return False

    def trace(self, face, frames):
        return iter(())

    def look(self, frame, shot):
        return [self.face]


def test_a_frame_and_its_face_take_few_bytes(monkeypatch):
    """As objects and vectors in memory they took 800."""
    monkeypatch.setattr(kept_rows, "_IN_MEMORY", 1)
    image = np.zeros((8, 8, 3), np.uint8)
    reader = VisualStreamReader(
        Everywhere(), lambda crops: np.zeros((len(crops), 128), np.float32), Timeline(12.5)
    )
    tracemalloc.start()
    try:
        held = []
        for first, stop in ((0, 200), (200, 800)):
            for index in range(first, stop):
                reader.add(Frame(index, index / 12.5, image))
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert len(reader.finish().people[0].features) == 800
    assert (held[1] - held[0]) / 600 < 150

"""The visual stream: one crop a person and tick, false alarms left out."""

from itertools import takewhile

import cv2
import numpy as np
import pytest

from avaffect.face import Face
from avaffect.face.align import TEMPLATE
from avaffect.media import Frame
from avaffect.streams.timeline import Timeline
from avaffect.streams.visual import VisualStreamReader

IMAGE = np.zeros((8, 8, 3), np.uint8)


class Sure:
    """What all trackers here have in common: there is always somebody, and nothing is unsure."""

    following = True

    def curious(self, pts):
        return False

    def trace(self, face, frames):
        return (face for _ in frames)


class Script(Sure):
    """A tracker that says what the test wrote: track ids by frame, with a crop marked by the frame."""

    def __init__(self, faces, confidence=0.9):
        self.faces, self.confidence = faces, confidence

    def trace(self, face, frames):
        return (face for _ in takewhile(lambda frame: face.track in self.faces[frame.index], frames))

    def look(self, frame, shot):
        box = np.array([0, 0, 4, 4], np.float32)
        crop = np.full((112, 112, 3), frame.index, np.uint8)
        return [
            Face(
                track=track,
                box=box,
                landmarks=np.zeros((5, 2), np.float32),
                confidence=self.confidence,
                crop=crop,
            )
            for track in self.faces[frame.index]
        ]


def embed(crops):
    """The mark of each crop as its only feature."""
    return crops[:, 0, 0, :1].astype(np.float32)


def play(crops, times, *, marks=None, size=(400, 400), rate=12.5):
    """One person in every frame, with these crops."""

    class Player(Sure):
        def look(self, frame, shot):
            found = Face(1, np.array([100, 100, 300, 300], np.float32), marks, 0.9, crops[frame.index])
            return [found]

    reader = VisualStreamReader(Player(), embed, Timeline(rate))
    for index, time in enumerate(times):
        reader.add(Frame(index, float(time), np.zeros((*size, 3), np.uint8)))
    (person,) = reader.finish().people
    return person


def mouths(count, period):
    """Crops in which the mouth's part is one of two textures in turn, `period` frames each."""
    random = np.random.default_rng(0)
    face, other = (cv2.resize(random.integers(0, 256, (16, 16, 3), np.uint8), (112, 112)) for _ in range(2))
    changed = face.copy()
    changed[76:110, 32:80] = other[76:110, 32:80]
    return [changed if k // period % 2 else face for k in range(count)]


MARKS = TEMPLATE * 2 + 100


def watch(faces, times, rate=12.5, **options):
    reader = VisualStreamReader(Script(faces, **options), embed, Timeline(rate))
    for index, time in enumerate(times):
        reader.add(Frame(index, float(time), IMAGE))
    return reader.finish().people


def test_the_frame_nearest_to_the_middle_of_a_tick_stands_for_it():
    # Ticks of 100 ms; frames every 40 ms: 0, 40, 80 | 120, 160 | 200, 240, 280.
    (person,) = watch([[1]] * 8, np.arange(8) * 0.04, rate=10.0)
    values, mask = person.features.between(0, 4)
    assert mask.tolist() == [True, True, True, False]
    assert values[:3, 0].tolist() == [1, 4, 6]
    assert np.isnan(values[3]).all()


def test_every_tick_is_embedded_across_batches():
    frames = 200
    (person,) = watch([[7]] * frames, np.arange(frames) / 12.5 + 0.01)
    _, mask = person.features.between(0, frames)
    assert mask.all()


def test_a_short_false_alarm_is_no_person_but_a_short_recording_may_have_one():
    times = np.arange(50) / 25
    faces = [[1, 3] if i != 20 else [1, 2, 3] for i in range(50)]
    assert [person.track for person in watch(faces, times)] == [1, 2]
    assert [person.track for person in watch([[1]] * 3, times[:3])] == [1]


def test_an_unsure_face_is_in_the_table_but_predicts_nothing():
    (person,) = watch([[1]] * 25, np.arange(25) / 25, confidence=0.01)
    assert len(person.frames) == 25
    assert not len(person.features)
    values, mask = person.features.between(0, 13)
    assert not mask.any()
    assert values.shape[0] == 13


@pytest.mark.parametrize("scale", [1, 3])
def test_prominence_grows_with_the_time_seen(scale):
    (person,) = watch([[1]] * (30 * scale), np.arange(30 * scale) / 25)
    assert person.prominence == pytest.approx(30 * scale * 4 * 0.9, rel=1e-5)


def test_a_mouth_is_compared_from_tick_to_tick_whatever_the_frame_rate():
    for rate in (12.5, 25.0, 50.0):
        times = np.arange(round(2 * rate)) / rate
        person = play(mouths(len(times), round(rate / 12.5)), times, marks=MARKS)
        motion = person.mouth.between(0, 25)
        assert np.isnan(motion[0])  # nothing to compare it with
        assert (motion[1:] > 1).all()
        still = play(mouths(1, 1) * len(times), times, marks=MARKS).mouth.between(0, 25)
        np.testing.assert_allclose(still[1:], 0.0, atol=1e-3)


def test_rare_frames_stand_for_the_ticks_between_them_until_they_are_too_rare():
    person = play(mouths(8, 1), np.arange(8) / 6.25, marks=MARKS)
    assert np.isfinite(person.mouth.between(0, 15)[1:]).all()
    person = play(mouths(8, 1), np.arange(8) / 3.0, marks=MARKS)
    assert np.isnan(person.mouth.between(0, 30)).all()


def test_the_mouth_of_a_small_face_is_not_read():
    person = play(mouths(25, 1), np.arange(25) / 12.5, marks=TEMPLATE / 2 + 100)
    assert np.isnan(person.mouth.between(0, 25)).all()
    assert len(person.features) == 25


def test_without_a_tracker_only_the_frames_times_are_kept():
    reader = VisualStreamReader(None, embed, Timeline(12.5))
    for index in range(5):
        reader.add(Frame(index, index / 25, IMAGE))
    stream = reader.finish()
    assert stream.people == []
    assert stream.times.tolist() == [0.0, 0.04, 0.08, 0.12, 0.16]

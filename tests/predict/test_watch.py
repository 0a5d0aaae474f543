"""The visual half: one crop a person and tick, false alarms left out."""

import numpy as np
import pytest

from avaffect.face import Face
from avaffect.media import Frame
from avaffect.predict.timeline import Timeline
from avaffect.predict.watch import Watcher

IMAGE = np.zeros((8, 8, 3), np.uint8)


class Script:
    """A tracker that says what the test wrote: track ids by frame, with a crop marked by the frame."""

    def __init__(self, faces, confidence=0.9):
        self.faces, self.confidence, self.at = faces, confidence, -1

    def update(self, frame):
        self.at += 1
        box = np.array([0, 0, 4, 4], np.float32)
        crop = np.full((112, 112, 3), self.at, np.uint8)
        return [
            Face(
                track=track,
                box=box,
                landmarks=np.zeros((5, 2), np.float32),
                confidence=self.confidence,
                crop=crop,
            )
            for track in self.faces[self.at]
        ]


def embed(crops):
    """The mark of each crop as its only feature."""
    return crops[:, 0, 0, :1].astype(np.float32)


def watch(faces, times, rate=12.5, **options):
    watcher = Watcher(Script(faces, **options), embed, Timeline(rate))
    for index, time in enumerate(times):
        watcher.add(Frame(index, float(time), IMAGE))
    return watcher.finish()


def test_the_frame_nearest_to_the_middle_of_a_tick_stands_for_it():
    # Ticks of 100 ms; frames every 40 ms: 0, 40, 80 | 120, 160 | 200, 240, 280.
    (person,) = watch([[1]] * 8, np.arange(8) * 0.04, rate=10.0)
    values, mask = person.stream(4)
    assert mask.tolist() == [True, True, True, False]
    assert values[:3, 0].tolist() == [1, 4, 6]
    assert np.isnan(values[3]).all()


def test_every_tick_is_embedded_across_batches():
    frames = 200
    (person,) = watch([[7]] * frames, np.arange(frames) / 12.5 + 0.01)
    _, mask = person.stream(frames)
    assert mask.all()


def test_a_short_false_alarm_is_no_person_but_a_short_recording_may_have_one():
    times = np.arange(50) / 25
    faces = [[1, 3] if i != 20 else [1, 2, 3] for i in range(50)]
    assert [person.track for person in watch(faces, times)] == [1, 2]
    assert [person.track for person in watch([[1]] * 3, times[:3])] == [1]


def test_an_unsure_face_is_in_the_table_but_predicts_nothing():
    (person,) = watch([[1]] * 25, np.arange(25) / 25, confidence=0.01)
    assert len(person.frames) == 25
    assert not person.features
    values, mask = person.stream(13)
    assert not mask.any()
    assert values.shape[0] == 13


@pytest.mark.parametrize("scale", [1, 3])
def test_prominence_grows_with_the_time_seen(scale):
    (person,) = watch([[1]] * (30 * scale), np.arange(30 * scale) / 25)
    assert person.prominence == pytest.approx(30 * scale * 4 * 0.9, rel=1e-5)

"""Few frames are looked at, and the faces of the others are where they were."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from avaffect.face import FaceTracker
from avaffect.face.align import SIZE, TEMPLATE
from avaffect.face.detector import Detection
from avaffect.face.shots import ShotReader
from avaffect.media import Frame
from avaffect.streams.follower import Follower
from avaffect.streams.newcomers import Newcomers
from avaffect.streams.timeline import Timeline

SIDE = 60
RATE = 25.0


class Stage:
    """Painted people, each a number that stands for a texture; as the detector, it sees exactly them."""

    def __init__(self, scenes, *, rate=RATE, score=0.99):
        self.scenes, self.rate, self.score = scenes, rate, score
        self.found = {}
        self.images = []  # kept, so that their identities are their own

    def frames(self):
        for index in range(len(self.scenes)):
            yield Frame(
                index,
                index / self.rate,
                lambda index=index: self.image(index),
                0.0,
                lambda index=index: self.thumbnail(index),
            )

    def image(self, index):
        """A frame that is asked for: (scene, {person: centre})."""
        scene, people = self.scenes[index]
        image = texture(1000 + scene, 480, 270, cell=40)
        for person, (x, y) in people.items():
            left, top = round(x - SIDE / 2), round(y - SIDE / 2)
            image[top : top + SIDE, left : left + SIDE] = texture(person, SIDE, SIDE, cell=5)
        self.images.append(image)
        self.found[id(image)] = [detection(x, y, self.score) for x, y in people.values()]
        return image

    def thumbnail(self, index):
        return texture(1000 + self.scenes[index][0], 480, 270, cell=40)

    def detect(self, image):
        return list(self.found[id(image)])

    def refine(self, image, boxes):
        near = [[d for d in self.found[id(image)] if np.abs(d.box - box).max() < SIDE / 2] for box in boxes]
        return [each[0] if each else None for each in near]


def detection(x, y, score):
    left, top = round(x - SIDE / 2), round(y - SIDE / 2)
    box = np.array([left, top, left + SIDE, top + SIDE], np.float32)
    return Detection(box, (TEMPLATE * SIDE / SIZE + (left, top)).astype(np.float32), score)


def texture(seed, width, height, *, cell):
    small = np.random.default_rng(seed).integers(0, 256, (height // cell, width // cell, 3), np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def follow(stage):
    """The positions of the frames that were looked at, and {position: {track: centre}}."""
    follower = Follower(FaceTracker(stage), Timeline(12.5))
    shots = ShotReader()
    looks = [look for frame in stage.frames() for look in follower.add(frame, shots.read(frame))]
    looks += follower.finish()
    places = {}
    for sight in (sight for look in looks for sight in look.sights):
        places.setdefault(sight.position, {})[sight.track] = tuple((sight.box[:2] + sight.box[2:]) / 2)
    return [round(look.pts * stage.rate) for look in looks], places


def still(frames, people, scene=0):
    return [(scene, people)] * frames


@pytest.mark.parametrize("rate", [10.0, 25.0, 60.0])
def test_one_frame_a_tick_is_looked_at_and_the_first_and_the_last(rate):
    count = round(2 * rate)
    looked, places = follow(Stage(still(count, {1: (100, 100)}), rate=rate))
    centres = (np.arange(25) + 0.5) / 12.5
    nearest = {int(np.abs(np.arange(count) / rate - centre).argmin()) for centre in centres}
    assert set(looked) == nearest | {0, count - 1}
    assert places == {k: {1: (100, 100)} for k in range(count)}


def test_between_two_looks_a_face_is_on_the_straight_line():
    looked, places = follow(Stage([(0, {1: (100 + k, 80)}) for k in range(50)]))
    assert len(looked) < 30
    assert {k: places[k][1][0] for k in range(50)} == pytest.approx({k: 100 + k for k in range(50)})


@pytest.mark.parametrize("last", [20, 21])
def test_a_face_is_there_up_to_its_last_frame_and_from_its_first_one_after_a_cut(last):
    scenes = [*still(last + 1, {1: (100, 100)}), *still(20, {}, 1), *still(30, {1: (200, 100)}, 2)]
    _, places = follow(Stage(scenes))
    assert sorted(places) == [*range(last + 1), *range(last + 21, last + 51)]
    assert {track for seen in places.values() for track in seen} == {1}


@pytest.mark.parametrize("first", [30, 31])
def test_who_leaves_without_a_cut_is_followed_to_the_last_frame(first):
    other = {2: (300, 150)}
    scenes = [*still(first, {1: (100, 100)} | other), *still(40, other)]
    _, places = follow(Stage(scenes))
    assert [k for k, seen in places.items() if 1 in seen] == list(range(first))
    assert all(2 in places[k] for k in range(len(scenes)))


@pytest.mark.parametrize("first", [30, 31])
def test_who_is_found_again_is_traced_back(first):
    """At 60 frames a second a face is found in a look; it was there in frames before that."""
    scenes = [*still(first, {}), *still(60, {1: (100, 100)})]
    looked, places = follow(Stage(scenes, rate=60.0))
    assert min(places) == first
    assert first not in looked


def test_two_who_change_places_are_in_no_frame_in_between_them():
    left, right = (100, 100), (360, 100)
    scenes = [*still(22, {1: left, 2: right}), *still(22, {1: right, 2: left})]
    _, places = follow(Stage(scenes))
    swapped = [{1: left, 2: right}] * 22 + [{2: left, 1: right}] * 22
    assert [places[k] for k in range(44)] == swapped


@pytest.mark.parametrize(
    ("scenes", "score"),
    [
        (still(50, {1: (100, 100)}), 0.88),
        ([(0, {1: (60 + 6 * k, 100)}) for k in range(50)], 0.99),
    ],
    ids=["unsure", "fast"],
)
def test_an_unsure_or_fast_face_is_looked_at_in_every_frame(scenes, score):
    looked, places = follow(Stage(scenes, score=score))
    assert len(looked) >= 48
    assert len(places) == 50


def test_while_nobody_is_there_only_frames_that_are_searched_are_made():
    stage = Stage(still(250, {}))
    looked, places = follow(stage)
    assert not places
    assert len(stage.images) == len(looked) == 84  # every 0.12 s


def test_frames_without_ticks_of_their_own_are_not_all_held():
    """A thousand frames a second: none is waiting for long."""
    stage = Stage(still(300, {1: (100, 100)}), rate=1000.0)
    follower = Follower(FaceTracker(stage), Timeline(12.5))
    shots, done = ShotReader(), 0
    for frame in stage.frames():
        done += sum(len(look.sights) for look in follower.add(frame, shots.read(frame)))
        assert frame.index - done < 32


@pytest.mark.parametrize("rate", [25.0, 60.0])
@pytest.mark.parametrize("first", [40, 41, 47, 53])
def test_a_newcomer_beside_others_is_there_from_the_first_look_that_shows_them(first, rate):
    """However long it is until the next search."""
    other = {2: (300, 150)}
    scenes = [*still(first, other), *still(60, {1: (100, 100)} | other)]
    looked, places = follow(Stage(scenes, rate=rate))
    seen = [k for k, people in places.items() if (100, 100) in people.values()]
    assert min(seen) == min(k for k in looked if k >= first)
    assert sorted(seen) == list(range(min(seen), len(scenes)))
    assert all(len(people) == 1 + (k >= min(seen)) for k, people in places.items())


def test_a_newcomer_is_traced_to_the_frame_in_which_they_came_to_this_place():
    other = {2: (300, 150)}
    scenes = [*still(30, other), *[(0, {1: (40 + 2 * k, 100)} | other) for k in range(40)]]
    _, places = follow(Stage(scenes))
    (track,) = {track for people in places.values() for track in people} - {1}
    seen = {k: people[track][0] for k, people in places.items() if track in people}
    assert seen == pytest.approx({k: 40 + 2 * (k - 30) for k in seen}, abs=1)
    assert min(seen) in (30, 31)


def test_a_newcomer_is_not_traced_onto_somebody_else():
    stage = Stage(still(8, {1: (100, 100)}))
    tracker, frames = FaceTracker(stage), list(stage.frames())
    known, newcomers = {}, Newcomers(tracker, apart=0.01)
    for k, frame in enumerate(frames):
        (face,) = tracker.update(frame)
        known[k] = replace(face, track=1 if k < 4 else 2)
        newcomers.add(frame, [known[k]] if k < 4 else [], k, [])
    looks, sights = newcomers.before(known[7], frames[7].pts, [], 7)
    assert [round(look.pts * RATE) for look in looks] == [4, 5, 6, 7]
    assert sights == []

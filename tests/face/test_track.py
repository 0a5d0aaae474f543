"""The tracker on painted people: a detector that sees exactly who is on stage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from avaffect.errors import DataError
from avaffect.face import FaceTracker
from avaffect.face.detector import Detection

RATE = 25.0


@dataclass
class Shot:
    image: np.ndarray
    pts: float

    @property
    def thumbnail(self):
        return self.image


def _play(stage, scenes, *, tracker=None, rate=RATE, **options):
    """Frames (people, keywords of `Stage.shot`) -> per frame the {person: track} reported."""
    tracker = tracker or FaceTracker(stage)
    reported = []
    for k, people in enumerate(scenes):
        faces = tracker.update(stage.shot(k / rate, people, **options))
        centres = {f.track: (f.box[:2] + f.box[2:]) / 2 for f in faces}
        seen = {}
        for person, place in people.items():
            for track, centre in centres.items():
                if np.abs(centre - place).max() <= 1:
                    seen[person] = track
        assert len(seen) == len(faces)
        reported.append(seen)
    return reported


def test_one_person_is_one_track_from_the_first_frame(stage):
    scenes = [{7: (60 + k, 80 + 10 * np.sin(k / 5))} for k in range(75)]
    assert _play(stage, scenes) == [{7: 1}] * 75


def test_the_whole_picture_is_searched_now_and_then(stage):
    _play(stage, [{7: (60, 80)}] * 76, tracker=FaceTracker(stage, detection_interval=0.4))
    assert stage.searches == 8  # at 0, 0.4 ... 2.8 s


def test_nobody(stage):
    tracker = FaceTracker(stage, search_interval=0.2)
    assert _play(stage, [{}] * 26, tracker=tracker) == [{}] * 26
    assert stage.searches == 6


def test_people_who_come_together_are_numbered_from_left_to_right(stage):
    assert _play(stage, [{5: (200, 80), 6: (60, 90), 7: (280, 60)}])[0] == {6: 1, 5: 2, 7: 3}


def test_a_newcomer_is_found_by_the_next_search(stage):
    scenes = [{1: (60, 80)}] * 10 + [{1: (60, 80), 2: (200, 80)}] * 20
    reported = _play(stage, scenes, tracker=FaceTracker(stage, detection_interval=0.3))
    first = next(k for k, seen in enumerate(reported) if 2 in seen)
    assert first - 10 <= 0.3 * RATE
    assert all(seen == {1: 1, 2: 2} for seen in reported[first:])


@pytest.mark.parametrize("seconds", [0.2, 0.8, 1.4])
def test_a_short_loss_keeps_the_number(stage, seconds):
    lost = round(seconds * RATE)
    places = [(60 + 0.8 * k, 80) for k in range(40 + lost)]
    scenes = [{1: p, 2: (250, 120)} for p in places]
    for k in range(20, 20 + lost):
        del scenes[k][1]
    reported = _play(stage, scenes)
    assert all(seen == {2: 2} for seen in reported[20 : 20 + lost])
    back = 20 + lost + round(0.12 * RATE)  # by the next search at the latest
    assert all(seen == {1: 1, 2: 2} for seen in reported[:20] + reported[back:])


def test_after_a_long_loss_looks_decide(stage):
    away = [{}] * 75
    there, elsewhere = {1: (60, 80)}, {1: (220, 100)}
    stranger = {9: (60, 80)}
    reported = _play(stage, [there] * 20 + away + [elsewhere] * 20 + away + [stranger] * 20)
    assert reported[19] == reported[114] == {1: 1}
    assert reported[-1] == {9: 2}


def test_who_is_gone_for_longer_than_memory_is_forgotten(stage):
    scenes = [{1: (60, 80)}] * 5 + [{}] * 75 + [{1: (60, 80)}] * 5
    reported = _play(stage, scenes, tracker=FaceTracker(stage, memory=2.0))
    assert reported[0] == {1: 1}
    assert reported[-1] == {1: 2}


@pytest.mark.parametrize("step", [2, 5])
def test_two_people_crossing_keep_their_numbers(stage, step):
    frames = 240 // step
    scenes = [{1: (40 + step * k, 90), 2: (280 - step * k, 95)} for k in range(frames)]
    tracker = FaceTracker(stage)
    reported = []
    for k, people in enumerate(scenes):
        faces = tracker.update(stage.shot(k / RATE, people))
        reported.append({f.track: float(f.box[0] + f.box[2]) / 2 for f in faces})
    assert set().union(*reported) == {1, 2}
    assert min(len(seen) for seen in reported) == 1  # one hides the other for a moment
    assert reported[0][1] < reported[0][2]
    assert reported[-1][1] == pytest.approx(scenes[-1][1][0], abs=1)
    assert reported[-1][2] == pytest.approx(scenes[-1][2][0], abs=1)


def test_two_people_who_meet_and_part_again_keep_their_numbers(stage):
    def scene(k):
        x = 40 + 110 * np.sin(np.pi * k / 60)
        return {1: (x, 90), 2: (320 - x, 95)}

    reported = _play_crossing(stage, [scene(k) for k in range(61)])
    assert reported[0] == reported[-1] == {1: 1, 2: 2}


def _play_crossing(stage, scenes):
    """As `_play`, for people who overlap: only the first and the last frame are told apart."""
    tracker = FaceTracker(stage)
    reported = []
    for k, people in enumerate(scenes):
        faces = tracker.update(stage.shot(k / RATE, people))
        reported.append(
            {min(people, key=lambda p: abs(people[p][0] - (f.box[0] + f.box[2]) / 2)): f.track for f in faces}
        )
    return reported


def test_a_false_alarm_of_one_frame_stays_one_frame(stage):
    scenes = [{1: (60, 80)} for _ in range(40)]
    scenes[0] = {1: (60, 80), 50: (200, 150)}
    reported = _play(stage, scenes)
    assert reported[0] == {1: 1, 50: 2}
    assert reported[1:] == [{1: 1}] * 39


def test_a_weak_detection_starts_no_track(stage):
    shot = stage.shot(0.0, {1: (60, 80)})
    stage.seen = [Detection(d.box, d.landmarks, 0.8) for d in stage.seen]
    assert FaceTracker(stage, start=0.85).update(shot) == []
    assert len(FaceTracker(stage, start=0.75).update(shot)) == 1


def test_a_cut_to_another_person_in_the_same_place(stage):
    tracker = FaceTracker(stage, detection_interval=100)
    seen = []
    for k in range(60):
        other = 20 <= k < 40
        people = {2 if other else 1: (100, 90)}
        faces = tracker.update(stage.shot(k / RATE, people, scene=int(other)))
        seen.append([f.track for f in faces])
    assert seen == [[1]] * 20 + [[2]] * 20 + [[1]] * 20
    assert stage.searches == 3  # at the start and at each cut


def test_another_person_in_the_same_place_without_a_cut(stage):
    # The background stays, so nothing but the face itself tells.
    reported = _play(stage, [{1: (100, 90)}] * 10 + [{2: (100, 90)}] * 10)
    assert reported[9] == {1: 1}
    assert reported[10:] == [{2: 2}] * 10


def test_few_frames_a_second(stage):
    scenes = [{1: (60 + 12 * k, 80), 2: (260 - 12 * k, 140)} for k in range(15)]
    assert _play(stage, scenes, rate=5.0) == [{1: 1, 2: 2}] * 15


def test_a_step_back_in_time_forgets_everybody(stage):
    tracker = FaceTracker(stage)
    assert [f.track for f in tracker.update(stage.shot(5.0, {1: (60, 80)}))] == [1]
    assert [f.track for f in tracker.update(stage.shot(1.0, {1: (60, 80)}))] == [2]


def test_confidence_falls_with_size(stage):
    confidences = [
        FaceTracker(stage).update(stage.shot(0.0, {1: (100, 90)}, side=side))[0].confidence
        for side in (60, 40, 20, 10)
    ]
    np.testing.assert_allclose(confidences, [0.99, 0.99, 0.495, 0.2475], atol=1e-6)


def test_crops_show_the_face(stage):
    face = FaceTracker(stage).update(stage.shot(0.0, {1: (100, 90)}, side=112))[0]
    assert face.crop.shape == (112, 112, 3)
    inside = stage.shot(0.0, {1: (100, 90)}, side=112).image[34:146, 44:156]
    assert np.abs(face.crop.astype(int) - inside).max() <= 2


def test_looks_may_come_from_elsewhere(stage):
    # An embedding to which everybody looks the same: a newcomer after a long loss takes the number.
    calls = []

    def embed(crops):
        calls.append(crops.shape)
        return np.ones((len(crops), 3))

    scenes = [{1: (60, 80)}] * 5 + [{}] * 60 + [{2: (250, 80)}] * 5
    reported = _play(stage, scenes, tracker=FaceTracker(stage, embed=embed))
    assert reported[-1] == {2: 1}
    assert set(calls) == {(1, 112, 112, 3)}


def test_a_gray_picture_is_refused(stage):
    shot = stage.shot(0.0, {})
    shot.image = shot.image[..., 0]
    with pytest.raises(DataError, match="np.repeat"):
        FaceTracker(stage).update(shot)


def test_a_picture_seen_through_a_mirror_or_a_window(mtcnn, astronaut):
    # Views with unusual strides, as `bgr[..., ::-1]` and a crop are.
    for view in (astronaut[..., ::-1][..., ::-1], astronaut[:, ::-1], astronaut[20:, 30:]):
        assert len(FaceTracker(mtcnn).update(Shot(view, 0.0))) == 1


def test_people_who_change_places_keep_their_numbers(stage):
    left, right = (80, 90), (240, 90)
    scenes = [{1: left, 2: right}] * 20 + [{1: right, 2: left}] * 20 + [{1: left, 2: right}] * 20
    assert _play(stage, scenes) == [{1: 1, 2: 2}] * 60


def test_who_takes_the_place_of_one_who_left_keeps_the_number(stage):
    left, right = (80, 90), (240, 90)
    reported = _play(stage, [{1: left, 2: right}] * 20 + [{2: left}] * 20 + [{1: right, 2: left}] * 20)
    assert reported[:40] == [{1: 1, 2: 2}] * 20 + [{2: 2}] * 20
    assert reported[48:] == [{1: 1, 2: 2}] * 12  # found again by the next search


def _with_score(stage, frames, score, **options):
    tracker = FaceTracker(stage, **options)
    seen = []
    for k in range(frames):
        shot = stage.shot(k / RATE, {1: (60, 80)})
        stage.seen = [Detection(d.box, d.landmarks, score) for d in stage.seen]
        seen.append([face.track for face in tracker.update(shot)])
    return seen


def test_a_steady_weak_face_starts_a_track(stage):
    seen = _with_score(stage, 100, 0.81)
    begun = seen.index([1])
    assert begun == pytest.approx(0.5 * RATE, abs=1)
    assert seen[begun:] == [[1]] * (100 - begun)
    assert _with_score(stage, 100, 0.86) == [[1]] * 100
    assert not any(_with_score(stage, 100, 0.81, steady=10.0))


def test_a_weak_face_that_comes_and_goes_starts_none(stage):
    tracker = FaceTracker(stage)
    for k in range(100):
        shot = stage.shot(k / RATE, {1: (60, 80)} if k % 10 < 8 else {})
        stage.seen = [Detection(d.box, d.landmarks, 0.81) for d in stage.seen]
        assert tracker.update(shot) == []


def test_after_a_dissolve_another_face_in_the_same_place_is_another_person(stage):
    scenes = [({1: (100, 90)}, 0), ({2: (105, 92)}, 1), ({1: (95, 92)}, 0)]
    tracker, time, seen, last = FaceTracker(stage), 0.0, [], None
    for people, scene in scenes:
        for k in range(50):
            shot = stage.shot(time, people, scene=scene)
            if last is not None and k < 15:  # the old picture gives way to the new one
                share = (k + 1) / 16
                shot.image = (share * shot.image + (1 - share) * last).astype(np.uint8)
            found = tracker.update(shot)
            time += 1 / RATE
        last = shot.image
        seen.append([face.track for face in found])
    assert len({tuple(each) for each in seen}) == 2
    assert seen[0] == seen[2] == [1]

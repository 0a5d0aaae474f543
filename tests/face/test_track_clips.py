"""Detector and tracker on real recordings, where they are at hand."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain, islice

import av
import cv2
import numpy as np
import pytest

from avaffect.face import FaceTracker
from avaffect.face.align import TEMPLATE, align_matrix


class Picture:
    def __init__(self, image, pts):
        self.image, self.pts = image, pts
        self.thumbnail = image


def _frames(path, start=0.0):
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield Picture(frame.to_ndarray(format="rgb24"), start + float(frame.time))


def _tracks(mtcnn, pictures):
    """Track number -> its [(pts, Face)]."""
    tracker, tracks = FaceTracker(mtcnn), defaultdict(list)
    for picture in pictures:
        for face in tracker.update(picture):
            tracks[face.track].append((picture.pts, face))
    return tracks


def _lasting(tracks):
    return [seen for seen in tracks.values() if len(seen) > 5]


GRID = ["grid_bbaf2n", "grid_lbax4n", "grid_pwij3p", "grid_sbwe5n"]


@pytest.mark.parametrize("name", GRID)
def test_every_frame_of_a_speaker_is_one_track(mtcnn, clips, name):
    tracks = _tracks(mtcnn, _frames(clips / f"{name}.mpg"))
    assert list(tracks) == [1]
    faces = [face for _, face in tracks[1]]
    assert len(faces) == 75
    assert min(f.confidence for f in faces) > 0.95
    # Landmarks are steady: what each departs from the mean of its neighbours is within a pixel.
    points = np.stack([f.landmarks for f in faces])
    assert np.median(np.abs(points[1:-1] - (points[2:] + points[:-2]) / 2)) < 0.5
    # Eyes, nose and mouth lie where a frontal face has them.
    for face in faces[::10]:
        matrix = align_matrix(face.landmarks)
        assert np.abs(face.landmarks @ matrix[:, :2].T + matrix[:, 2] - TEMPLATE).max() < 8


def test_speakers_cut_together_are_told_apart(mtcnn, clips):
    names = [*GRID, GRID[0]]
    parts = [islice(_frames(clips / f"{name}.mpg", 3.0 * k), 35) for k, name in enumerate(names)]
    tracks = _tracks(mtcnn, chain(*parts))
    shown = {number: {int(pts // 3) for pts, _ in seen} for number, seen in tracks.items()}
    assert shown == {1: {0, 4}, 2: {1}, 3: {2}, 4: {3}}


@pytest.mark.parametrize("seconds", [0.4, 1.0, 2.0, 3.0])
def test_one_speaker_dissolved_into_another_filmed_alike(mtcnn, clips, seconds):
    def speaker(name):
        still = [picture.image for picture in _frames(clips / f"{name}.mpg")][::2]
        return [*still, *still[::-1]]

    one, two = (speaker(name) for name in ("grid_pwij3p", "grid_sbwe5n"))  # the pair that looks most alike
    begin, end = 1.0, 1.0 + seconds
    times = np.arange(0, end + 1.0, 0.08)
    shares = np.clip((times - begin) / seconds, 0, 1)
    mixed = [cv2.addWeighted(a, 1 - s, b, s, 0) for a, b, s in zip(one, two, shares, strict=False)]
    tracks = _tracks(mtcnn, map(Picture, mixed, times))
    assert len(tracks) == 2
    first, second = ([pts for pts, _ in seen] for seen in tracks.values())
    assert first[0] == 0
    assert begin - 0.5 < first[-1] < second[0] < end + 0.5


def test_no_face_no_track(mtcnn, clips):
    assert _tracks(mtcnn, _frames(clips / "no_face.mp4")) == {}


def test_a_face_that_appears_part_way(mtcnn, clips):
    (seen,) = _tracks(mtcnn, _frames(clips / "face_appears.mov")).values()
    assert seen[0][0] == pytest.approx(3.95, abs=0.05)  # the first frame of the second shot
    assert len(seen) == 72


def test_a_short_clip_of_one_face(mtcnn, clips):
    (seen,) = _tracks(mtcnn, _frames(clips / "single_face.mp4")).values()
    assert len(seen) == 72


def test_two_distant_people_and_then_one_of_them_near(mtcnn, clips):
    lasting = _lasting(_tracks(mtcnn, _frames(clips / "debate_two_people.mp4")))
    assert len(lasting) == 3
    distant, near = lasting[:2], lasting[2]
    assert all(face.confidence < 0.7 for seen in distant for _, face in seen)
    assert all(face.confidence > 0.9 for _, face in near)
    together = set.intersection(*({pts for pts, _ in seen} for seen in distant))
    assert len(together) >= 15
    # He stands on the left throughout.
    left, right = ({pts: face.box[0] for pts, face in seen} for seen in distant)
    assert all(left[pts] < right[pts] - 20 for pts in together)
    assert max(pts for seen in distant for pts, _ in seen) < near[0][0]


def test_two_speakers_crossing(mtcnn, clips):
    """Two real heads, moved across each other over a plain ground."""
    heads = [
        [p.image[y : y + 240, x : x + 200] for p in _frames(clips / f"{name}.mpg")]
        for name, x, y in (("grid_bbaf2n", 52, 47), ("grid_lbax4n", 88, 26))
    ]
    oval = cv2.ellipse(np.zeros((240, 200)), (100, 120), (85, 118), 0, 0, 360, 1.0, -1)[..., None]

    def pictures():
        for k in range(0, 75, 2):
            image = np.full((300, 640, 3), 90, np.uint8)
            for head, x in zip(heads, (20 + 5 * k, 420 - 5 * k), strict=True):
                under = image[30:270, x : x + 200]
                image[30:270, x : x + 200] = np.where(oval > 0, head[k], under)
            yield Picture(image, k / 25)

    tracks = _tracks(mtcnn, pictures())
    assert list(tracks) == [1, 2]
    path = [[float(f.box[0]) for _, f in tracks[n]] for n in (1, 2)]
    assert path[0][0] < 150
    assert path[0][-1] > 350
    assert path[1][0] > 350
    assert path[1][-1] < 150

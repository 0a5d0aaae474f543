"""Mouth motion: seen in lips that move, and not in a head, a light or a codec that does."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from avaffect.face import align
from avaffect.face.align import TEMPLATE
from avaffect.face.mouth import MAX_TURN, MIN_EYES, mouth_motion, readable, reduced
from avaffect.streams.active_speaker import STILL

SIZE = (400, 400)


@pytest.fixture(scope="module")
def portrait(mtcnn, astronaut):
    """A face in a picture, and its landmarks."""
    found = max(mtcnn.detect(astronaut), key=lambda d: d.score)
    return astronaut, found.landmarks.astype(np.float64)


def bumped(image, middle, reach, shift):
    """The picture with what lies round a point moved by ``shift`` px."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    near = np.exp(-(((x - middle[0]) / reach[0]) ** 2 + ((y - middle[1]) / reach[1]) ** 2) / 2)
    source = [(axis - near * move).astype(np.float32) for axis, move in zip((x, y), shift, strict=True)]
    return cv2.remap(image, *source, cv2.INTER_CUBIC)


def opened(portrait, share):
    """The portrait with its lower lip and chin lowered by a share of the distance of the eyes."""
    image, marks = portrait
    eyes = np.hypot(*(marks[1] - marks[0]))
    lip = marks[3:].mean(0) + (0, 0.2 * eyes)
    return bumped(image, lip, (0.5 * eyes, 0.17 * eyes), (0, share * eyes))


def moved(image, marks, random, *, amount=1.0):
    """A picture after a small movement of the head, and the landmarks a trembling detector gives."""
    eyes = np.hypot(*(marks[1] - marks[0]))
    centre = tuple(marks.mean(0).tolist())
    turn, growth = 3 * amount * random.normal(), 1 + 0.03 * amount * random.normal()
    matrix = cv2.getRotationMatrix2D(centre, float(turn), float(growth))
    matrix[:, 2] += 0.1 * eyes * amount * random.normal(size=2)
    size = image.shape[1::-1]
    after = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    where = marks @ matrix[:, :2].T + matrix[:, 2] + random.normal(0, 0.01 * eyes, (5, 2))
    return after, where


def pair(before, after):
    return mouth_motion(reduced(before), reduced(after))


def test_the_same_crop_twice_has_no_motion(portrait):
    crop = align(*portrait)
    assert pair(crop, crop) == pytest.approx(0.0, abs=1e-3)


def test_the_wider_a_mouth_opens_the_more_it_moves(portrait):
    _, marks = portrait
    shut = align(*portrait)
    motions = [pair(shut, align(opened(portrait, share), marks)) for share in (0.03, 0.06, 0.12)]
    assert motions == sorted(motions)
    assert motions[0] > STILL
    back = pair(align(opened(portrait, 0.06), marks), shut)
    assert back == pytest.approx(motions[1], rel=0.3)


@pytest.mark.parametrize("scale", [1.0, 0.6])
def test_a_head_that_moves_is_no_mouth_that_moves(portrait, scale):
    image, marks = (
        cv2.resize(portrait[0], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA),
        portrait[1] * scale,
    )
    random = np.random.default_rng(1)
    crops = []
    for _ in range(30):
        after, where = moved(image, marks, random)
        noisy = np.clip(after + random.normal(0, 4, after.shape), 0, 255).astype(np.uint8)
        stored = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
        crops.append(align(cv2.imdecode(stored, cv2.IMREAD_COLOR), where))
    motions = [pair(a, b) for a, b in zip(crops[:-1], crops[1:], strict=True)]
    assert np.quantile(motions, 0.85) < STILL


def test_lips_are_seen_to_move_while_the_head_does(portrait):
    random = np.random.default_rng(2)
    crops = []
    for k in range(20):
        image = opened(portrait, 0.08 * (k % 2))
        after, where = moved(image, portrait[1], random, amount=0.5)
        crops.append(align(after, where))
    motions = [pair(a, b) for a, b in zip(crops[:-1], crops[1:], strict=True)]
    assert np.median(motions) > 2 * STILL


def test_light_that_changes_is_no_motion(portrait):
    crop = align(*portrait)
    assert pair(crop, (0.7 * crop.astype(float) + 30).astype(np.uint8)) < 0.1


def test_a_blink_is_no_motion(portrait):
    image, marks = portrait
    eyes = np.hypot(*(marks[1] - marks[0]))
    shut = bumped(image, marks[0] - (0, 0.05 * eyes), (0.2 * eyes, 0.08 * eyes), (0, 0.12 * eyes))
    assert pair(align(image, marks), align(shut, marks)) < 0.1


def test_a_box_of_one_colour_tells_nothing():
    blank = np.full((112, 112, 3), 90, np.uint8)
    assert np.isnan(pair(blank, blank))


def test_what_is_left_over_agrees_with_plain_least_squares():
    """The same by `np.gradient`, `np.linalg.lstsq` and a search over whole shifts."""
    random = np.random.default_rng(3)

    def texture():
        return cv2.resize(
            random.integers(0, 256, (14, 14, 3), np.uint8), (112, 112), interpolation=cv2.INTER_CUBIC
        )

    one = texture()
    other = cv2.addWeighted(np.roll(one, (2, -2), (0, 1)), 0.9, texture(), 0.1, 0)
    before, after = reduced(one)[0], reduced(other)[0]
    down, across = np.gradient(before)

    def left_over(top, bottom, left, right):
        target = after[top + 2 : bottom + 2, left + 2 : right + 2]
        fits = []
        for y in range(5):
            for x in range(5):
                cut = np.s_[top + y : bottom + y, left + x : right + x]
                v, u = np.mgrid[: bottom - top, : right - left] / 1.0
                here, gx, gy = before[cut], across[cut], down[cut]
                likeness = np.corrcoef(here.ravel(), target.ravel())[0, 1]
                terms = [here, np.ones_like(here), gx, gy, u * gx + v * gy, u * gy - v * gx]
                basis = np.stack([term.ravel() for term in terms], axis=1)
                best, *_ = np.linalg.lstsq(basis, target.ravel(), rcond=None)
                left_behind = np.mean((target.ravel() - basis @ best) ** 2)
                fits.append((likeness, left_behind, np.mean(gx**2 + gy**2)))
        return max(fits)[1:]

    mouth, slope = left_over(38, 55, 16, 40)
    face, _ = left_over(20, 38, 13, 43)
    expected = 2 * np.sqrt(max(mouth - face, 0) / slope)
    assert pair(one, other) == pytest.approx(expected, rel=1e-2, abs=1e-3)


def landmarks(eyes):
    """Those of the template, with the eyes so many pixels from each other, in the middle of a picture."""
    return (TEMPLATE - TEMPLATE.mean(0)) * eyes / np.ptp(TEMPLATE[:2, 0]) + np.array(SIZE) / 2


def test_only_faces_large_enough_are_readable():
    assert readable(landmarks(MIN_EYES * 1.01), SIZE)
    assert not readable(landmarks(MIN_EYES * 0.99), SIZE)
    assert not readable(np.zeros((5, 2)), SIZE)


@pytest.mark.parametrize("tilt", [0.0, 40.0])
def test_a_head_turned_too_far_is_not_readable(tilt):
    matrix = cv2.getRotationMatrix2D((200.0, 200.0), tilt, 1.0)
    for turn, expected in ((0.9 * MAX_TURN, True), (1.1 * MAX_TURN, False)):
        marks = landmarks(60.0)
        marks[2, 0] = marks[:2, 0].mean() + turn * 60
        assert readable(marks @ matrix[:, :2].T + matrix[:, 2], SIZE) == expected


def test_a_mouth_beyond_the_edge_is_not_readable():
    low = landmarks(60.0)
    low[:, 1] += SIZE[0] - low[3, 1] - 10
    assert not readable(low, SIZE)

"""Who speaks: decided from made-up mouth motions, and from real and made clips."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

import avaffect
from avaffect import media
from avaffect.streams.active_speaker import (
    HOLD,
    LEAST,
    SHARE,
    SPEAKS,
    STILL,
    WINDOW,
    _typical,
    speaking_probability,
)

RATE = 12.5
HEARD = np.ones(50, dtype=bool)
TALKS, RESTS = np.full(50, 1.0), np.full(50, 0.05)
GRID = ("grid_bbaf2n.mpg", "grid_lbax4n.mpg", "grid_pwij3p.mpg", "grid_sbwe5n.mpg")


def one(motion, active=HEARD):
    (probability,) = speaking_probability([motion], active, RATE)
    return probability


def test_a_moving_mouth_speaks_and_a_still_one_does_not():
    assert (one(TALKS) > 0.95).all()
    assert (one(RESTS) < 0.05).all()
    np.testing.assert_allclose(one(np.full(50, STILL)), 0.5)


def test_nothing_is_said_where_nobody_is_heard():
    active = HEARD.copy()
    active[20:30] = False
    assert np.isnan(one(TALKS, active)[20:30]).all()
    assert np.isfinite(one(TALKS, active)[active]).all()
    assert np.isnan(one(TALKS, np.zeros(50, dtype=bool))).all()


def test_motion_in_silence_does_not_count():
    active = HEARD.copy()
    active[:25] = False
    laughs_before = np.where(active, 0.05, 2.0)
    assert (one(laughs_before, active)[active] < 0.05).all()


def test_less_than_a_second_of_speech_is_too_little_to_tell():
    active = np.zeros(50, dtype=bool)
    active[20 : 20 + round(LEAST * RATE) - 2] = True
    assert np.isnan(one(RESTS, active)).all()


def test_lips_that_cannot_be_read_are_unknown():
    assert np.isnan(one(np.full(50, np.nan))).all()


def test_a_single_start_is_not_speech_and_pauses_between_words_are_not_silence():
    start, words = RESTS.copy(), RESTS.copy()
    start[[10, 30]] = 5.0
    words[::4] = 1.0
    assert (one(start) < SPEAKS).all()
    assert (one(words) > SPEAKS).all()


def test_who_moves_far_less_than_another_listens():
    nods = np.full(50, 0.6)
    assert (one(nods) > SPEAKS).all()
    talker, listener = speaking_probability([np.full(50, 3.0), nods], HEARD, RATE)
    assert (talker > 0.95).all()
    assert (listener < SPEAKS).all()
    both = speaking_probability([TALKS, np.full(50, 0.8)], HEARD, RATE)
    assert (np.stack(both) > SPEAKS).all()
    unseen = speaking_probability([np.full(50, np.nan), nods], HEARD, RATE)
    assert np.isnan(unseen[0]).all()
    assert (unseen[1] > SPEAKS).all()


def test_still_people_do_not_take_the_voice_from_each_other():
    alone = one(np.full(50, 0.1))
    beside, _ = speaking_probability([np.full(50, 0.1), np.full(50, 0.29)], HEARD, RATE)
    assert (alone < SPEAKS).all()
    assert (beside < SPEAKS).all()
    (_, doubtful) = speaking_probability([np.full(50, 0.1), np.full(50, 0.4)], HEARD, RATE)
    assert (doubtful > SPEAKS).all()


def test_a_decision_holds_while_a_listener_looks_away_but_not_for_ever():
    heard, motion = np.ones(150, dtype=bool), np.full(150, 0.05)
    motion[50:] = np.nan
    found = one(motion, heard)
    assert (found[: 50 + round((HOLD - 0.5) * RATE)] < SPEAKS).all()
    assert np.isnan(found[50 + round(HOLD * RATE) :]).all()


def test_a_decision_does_not_outlast_a_pause():
    heard, motion = np.ones(100, dtype=bool), np.full(100, 0.05)
    heard[48:50] = False
    motion[50:] = np.nan
    found = one(motion, heard)
    assert (found[:48] < SPEAKS).all()
    assert np.isnan(found[50:]).all()


def test_turns_change_hands():
    first = np.where(np.arange(100) < 50, 1.0, 0.05)
    a, b = speaking_probability([first, first[::-1]], np.ones(100, dtype=bool), RATE)
    margin = round(WINDOW * RATE / 2)
    assert (a[: 50 - margin] > SPEAKS).all()
    assert (b[: 50 - margin] < SPEAKS).all()
    assert (a[50 + margin :] < SPEAKS).all()
    assert (b[50 + margin :] > SPEAKS).all()


def test_the_window_agrees_with_a_plain_loop():
    random = np.random.default_rng(0)
    motion = np.where(random.random(80) < 0.8, random.exponential(1.0, 80), np.nan)
    found, half = _typical(motion, RATE), round(WINDOW * RATE / 2)
    for tick in range(80):
        near = motion[max(tick - half, 0) : tick + half + 1]
        near = near[np.isfinite(near)]
        if np.isfinite(motion[tick]) and len(near) >= LEAST * RATE - 0.5:
            assert found[tick] == np.quantile(near, SHARE, method="lower")
        else:
            assert np.isnan(found[tick])


def test_nobody_in_view_is_no_error():
    assert speaking_probability([], HEARD, RATE) == []


@pytest.fixture(scope="module")
def predictor():
    return avaffect.load("hgrjca.default")


def played(predictor, images, samples, rate=25.0):
    """The rows of people in view, of pictures at an even rate with sound at 16 kHz."""
    table = predictor.process_signal(
        frames=images, times=np.arange(len(images)) / rate, samples=samples, sample_rate=16000
    ).table
    return table[table["track"].notna()]


def heard(path):
    """Sound from second 0, and pictures."""
    samples, start, _ = media.read_audio(path)
    silence = np.zeros(round(start * 16000), np.float32)
    return np.concatenate([silence, samples]), [frame.image for frame in media.frames(path)]


def test_the_made_clips_portrait_speaks_and_its_photograph_does_not(predictor, sample_clip):
    samples, images = heard(sample_clip)
    images, samples = images[:75], samples[:48000]
    moving, photograph = (played(predictor, shown, samples) for shown in (images, images[:1] * 75))
    for table, speaks in ((moving, True), (photograph, False)):
        voiced = table[table["voiced"] >= 0.5]
        assert len(voiced) > 50
        assert ((voiced["speaking"] >= SPEAKS) == speaks).all()
        assert (voiced["source"] == ("face+voice" if speaks else "face")).all()
        assert voiced["valence"].notna().all()


@pytest.mark.parametrize("name", GRID)
def test_real_speakers_keep_their_voice_and_frozen_mouths_lose_it(predictor, clips, name):
    samples, images = heard(clips / name)
    table = played(predictor, images, samples)
    voiced = table["voiced"] >= 0.5
    assert voiced.sum() > 20
    assert (table.loc[voiced, "speaking"] >= SPEAKS).all()
    assert table.loc[voiced, "attended_audio"].notna().all()
    frozen = played(predictor, frozen_mouth(images, table), samples)
    assert (frozen.loc[voiced, "speaking"] < SPEAKS).all()
    assert frozen.loc[voiced, "attended_audio"].isna().all()


def frozen_mouth(images, table):
    """Pictures with the lower face of the first one laid over all, where the face's box has moved to."""
    boxes = table[["face_x1", "face_y1", "face_x2", "face_y2"]].to_numpy()
    boxes = cv2.blur(boxes, (1, 17), borderType=cv2.BORDER_REPLICATE)  # the box trembles, a face does not
    x1, y1, x2, y2 = boxes[0]
    centre, half = ((x1 + x2) / 2, y1 + 0.8 * (y2 - y1)), (0.3 * (x2 - x1), 0.18 * (y2 - y1))
    mask = np.zeros(images[0].shape[:2], np.float32)
    cv2.ellipse(mask, np.intp(centre).tolist(), np.intp(half).tolist(), 0, 0, 360, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), 4)[..., None]
    out = []
    for image, box in zip(images, boxes, strict=True):
        shift = np.array(
            [[1, 0, box[[0, 2]].mean() - (x1 + x2) / 2], [0, 1, box[[1, 3]].mean() - (y1 + y2) / 2]]
        )
        size = image.shape[1::-1]
        patch, over = (cv2.warpAffine(x, shift, size) for x in (images[0], mask))
        out.append((image * (1 - over[..., None]) + patch * over[..., None]).astype(np.uint8))
    return out


def test_two_people_side_by_side_take_turns(predictor, clips):
    casts = [heard(clips / name) for name in GRID[:2]]
    still = [(images[-16:] + images[-2:-16:-1]) * 3 for _, images in casts]  # after their last word
    left, right = casts[0][1] + still[0][:75], still[1][:75] + casts[1][1]
    images = [np.concatenate(two, axis=1) for two in zip(left, right, strict=True)]
    samples = np.concatenate([np.resize(np.pad(x, (0, 48000)), 48000) for x, _ in casts])
    table = played(predictor, images, samples)
    assert sorted(table["track"].unique()) == [1, 2]
    for (begin, end), speaker in zip(pairwise((0.0, 3.0, 6.0)), (1, 2), strict=True):
        voiced = table[(table["voiced"] >= 0.5) & table["pts"].between(begin, end, inclusive="left")]
        speaks = voiced["track"] == speaker
        assert speaks.sum() > 20
        assert (voiced.loc[speaks, "speaking"] >= SPEAKS).all()
        assert (voiced.loc[~speaks, "speaking"] < SPEAKS).all()

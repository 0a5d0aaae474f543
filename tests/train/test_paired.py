"""Paired sequences: what is shown, masked, damaged, and what the label says."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.train.paired import (
    CLEAN,
    RATE,
    SHARES,
    FaceBank,
    Stock,
    VoiceClip,
    Wear,
    compose,
    path,
    say,
    show_faces,
)
from avaffect.train.rendered import held, smooth

NOT_WORN = np.zeros(120, bool)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def faces(rng: np.random.Generator) -> FaceBank:
    """200 faces whose two features are their valence and arousal; damaged ones are off by 10."""
    affect = rng.uniform(-0.8, 0.8, (200, 2)).astype(np.float32)
    views = np.repeat(affect[:, None], 3, axis=1)
    return FaceBank(views, views + 10, affect)


@pytest.fixture
def voices(rng: np.random.Generator) -> dict[str, list[VoiceClip]]:
    """Two speakers of 40 clips of 2 s; a third feature tells the speaker."""
    bank: dict[str, list[VoiceClip]] = {}
    for number, speaker in enumerate(("ann", "bob")):
        for affect in rng.uniform(-0.8, 0.8, (40, 2)).astype(np.float32):
            features = np.tile(np.append(affect, number).astype(np.float32), (25, 1))
            active = np.ones(25, bool)
            active[10:12] = False
            bank.setdefault(speaker, []).append(VoiceClip(features, features + 10, active, affect))
    return bank


def test_path_is_smooth_bounded_and_slower_in_valence(rng: np.random.Generator) -> None:
    steps = []
    for _ in range(300):
        course = path(400, rng, anchor=np.zeros(2, np.float32))
        assert np.abs(course).max() <= 1
        moved = np.diff(course, axis=0)
        steps.append(moved.std(0) / course.std(0))
    valence, arousal = np.median(steps, axis=0)
    assert valence < arousal < 0.5


def test_faces_follow_the_path(faces: FaceBank, rng: np.random.Generator) -> None:
    course = np.repeat(np.array([[0.5, -0.5], [-0.5, 0.5]], np.float32), 60, axis=0)
    shown = show_faces(faces, course, NOT_WORN, rng)
    assert np.abs(shown.affect[:40] - course[0]).max() < 0.4
    assert np.abs(shown.affect[-40:] - course[-1]).max() < 0.4
    assert np.abs(shown.features - shown.affect).max() < 1.5  # equal but for cross-fades
    assert (shown.features == shown.affect).all(1).mean() > 0.5


def test_worn_ticks_take_damaged_features(faces: FaceBank, voices, rng: np.random.Generator) -> None:
    course = np.zeros((120, 2), np.float32)
    worn = np.arange(120) >= 60
    seen = show_faces(faces, course, worn, rng)
    heard = say(voices["ann"], course, worn, rng)
    assert (seen.features[:58] < 5).all()
    assert (seen.features[63:] > 5).all()
    spoken = heard.mask
    assert (heard.features[spoken & worn][:, :2] > 5).all()
    assert (heard.features[spoken & ~worn][:, :2] < 5).all()


def test_pauses_are_masked_and_one_speaker_speaks(faces: FaceBank, voices) -> None:
    for seed in range(20):
        one = compose(Stock(faces, voices), 150, np.random.default_rng(seed), wear=CLEAN)
        assert 0.3 < one.audio_mask.mean() < 1
        assert (one.audio[~one.audio_mask] == 0).all()
        assert len(np.unique(one.audio[one.audio_mask][:, 2])) == 1
        assert one.visual_mask.all()
        assert not one.audio_worn.any()
        assert one.labelled.all()


def test_clean_label_is_what_is_shown_by_the_shares_of_the_modalities(faces: FaceBank, voices) -> None:
    voice, face = np.array(SHARES["audio"]), np.array(SHARES["visual"])
    by_shares, evenly = [], []
    for seed in range(20):
        one = compose(Stock(faces, voices), 150, np.random.default_rng(seed), wear=CLEAN)
        inside = one.audio_mask & (np.abs(np.diff(one.visual, axis=0, prepend=0)).max(1) == 0)
        for errors, mean in (
            (by_shares, voice * one.audio[:, :2] + face * one.visual),
            (evenly, (one.audio[:, :2] + one.visual) / 2),
        ):
            errors.append(np.abs(mean - one.affect)[inside].mean(0))
    assert (np.mean(by_shares, axis=0) < 0.06).all()
    assert (np.mean(by_shares, axis=0) < np.mean(evenly, axis=0)).all()


def test_label_stays_with_the_modality_on_the_path(faces: FaceBank, voices) -> None:
    wear = Wear(damaged=1, absent=0, missing=0, worn=0, other=1)
    kept = {"audio": 0, "visual": 0}
    for seed in range(40):
        one = compose(Stock(faces, voices), 150, np.random.default_rng(seed), wear=wear)
        assert one.audio_worn.any() != one.visual_worn.any()  # never both
        intact = "visual" if one.audio_worn.any() else "audio"
        there = one.audio_mask & one.visual_mask
        near = {m: np.abs(getattr(one, m)[there][:, :2] - one.affect[there]).mean() for m in kept}
        kept[intact] += min(near, key=near.__getitem__) == intact
    assert sum(kept.values()) >= 38


def test_missing_spans_and_absent_modalities(faces: FaceBank, voices) -> None:
    wear = Wear(damaged=1, absent=0.3, missing=0.5, worn=0, other=0)
    found = [compose(Stock(faces, voices), 120, np.random.default_rng(s), wear=wear) for s in range(60)]
    assert any(not s.visual_mask.any() and s.audio_mask.any() for s in found)
    assert any(not s.audio_mask.any() and s.visual_mask.all() for s in found)
    for one in found:
        assert (one.labelled == (one.audio_mask | one.visual_mask)).all()
        assert (one.visual[~one.visual_mask] == 0).all()
        assert np.isfinite(one.affect).all()


def test_same_seed_same_sequence(faces: FaceBank, voices) -> None:
    one, two = (compose(Stock(faces, voices), 60, np.random.default_rng(5), wear=Wear()) for _ in range(2))
    for name in one.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_held_stretches_cover_the_sequence(rng: np.random.Generator) -> None:
    spans = held(1000, 0.3, 4.0, rng)
    assert [end for _, end in spans[:-1]] == [begin for begin, _ in spans[1:]]
    assert (spans[0][0], spans[-1][1]) == (0, 1000)
    lengths = np.array([end - begin for begin, end in spans[:-1]]) / RATE
    assert lengths.min() >= 0.3 - 1 / RATE
    assert lengths.max() <= 4.0 + 1 / RATE


def test_smooth_fades_into_pauses() -> None:
    values = np.full((50, 2), np.nan, np.float32)
    values[:20] = 0.8
    mask = np.arange(50) < 20
    mean, weight = smooth(values, mask, half_life=1.0, rate=10.0)
    np.testing.assert_allclose(mean, 0.8, rtol=1e-6)
    np.testing.assert_allclose(weight[:20], 1)
    assert weight[29] == pytest.approx(0.5)  # one second after the last


def test_a_slip_shows_another_item_than_the_label_says(faces: FaceBank) -> None:
    course = np.zeros((3000, 2), np.float32)
    not_worn = np.zeros(3000, bool)
    apart = {}
    for slip in ((0.0, 0.0), (0.4, 0.0)):
        shown = show_faces(faces, course, not_worn, np.random.default_rng(1), slip=slip)
        apart[slip] = shown.features - shown.affect
    np.testing.assert_allclose(apart[0.4, 0.0].mean(0), [0.4, 0.0], atol=0.05)
    assert apart[0.4, 0.0].std(0).max() < 0.2
    assert np.abs(apart[0.0, 0.0]).mean() < 0.05  # cross-fades


def test_a_stranger_is_misread_in_one_way_throughout(faces: FaceBank, voices) -> None:
    stock = Stock(faces, voices, face_slip=(0.3, 0.0))
    shifts = []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        one = compose(stock, 150, rng, wear=Wear(damaged=1, absent=0, missing=0, worn=0, other=0))
        silent = one.visual_mask & ~one.audio_mask
        shifts.append(
            np.median((one.visual - one.affect)[silent], axis=0) if silent.sum() > 5 else [np.nan] * 2
        )
    valence, arousal = np.nanstd(shifts, axis=0)
    assert valence > 1.5 * arousal

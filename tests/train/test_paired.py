"""Paired sequences: what is rendered, masked, corrupted, and what the label says."""

from __future__ import annotations

import numpy as np
import pytest

from avaffect.train.feature_pool import ClipFeatures, FaceFeatures, FeaturePool
from avaffect.train.paired import (
    CLEAN,
    LABEL_SHARES,
    SequenceCorruption,
    affect_course,
    compose,
    render_faces,
    render_voice,
)

INTACT = np.zeros(120, bool)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def faces(rng: np.random.Generator) -> FaceFeatures:
    """200 faces whose two features are their valence and arousal; corrupted ones are off by 10."""
    affect = rng.uniform(-0.8, 0.8, (200, 2)).astype(np.float32)
    views = np.repeat(affect[:, None], 3, axis=1)
    return FaceFeatures(views, views + 10, affect)


@pytest.fixture
def voices(rng: np.random.Generator) -> dict[str, list[ClipFeatures]]:
    """Two speakers of 40 clips of 2 s; a third feature tells the speaker."""
    found: dict[str, list[ClipFeatures]] = {}
    for number, speaker in enumerate(("ann", "bob")):
        for affect in rng.uniform(-0.8, 0.8, (40, 2)).astype(np.float32):
            features = np.tile(np.append(affect, number).astype(np.float32), (25, 1))
            active = np.ones(25, bool)
            active[10:12] = False
            found.setdefault(speaker, []).append(ClipFeatures(features, features + 10, active, affect))
    return found


def test_course_is_smooth_bounded_and_slower_in_valence(rng: np.random.Generator) -> None:
    steps = []
    for _ in range(300):
        course = affect_course(400, rng, anchor=np.zeros(2, np.float32))
        assert np.abs(course).max() <= 1
        moved = np.diff(course, axis=0)
        steps.append(moved.std(0) / course.std(0))
    valence, arousal = np.median(steps, axis=0)
    assert valence < arousal < 0.5


def test_faces_follow_the_course(faces: FaceFeatures, rng: np.random.Generator) -> None:
    course = np.repeat(np.array([[0.5, -0.5], [-0.5, 0.5]], np.float32), 60, axis=0)
    stream = render_faces(faces, course, INTACT, rng)
    assert np.abs(stream.affect[:40] - course[0]).max() < 0.4
    assert np.abs(stream.affect[-40:] - course[-1]).max() < 0.4
    assert np.abs(stream.features - stream.affect).max() < 1.5  # equal but for cross-fades
    assert (stream.features == stream.affect).all(1).mean() > 0.5


def test_corrupted_ticks_take_corrupted_features(
    faces: FaceFeatures, voices, rng: np.random.Generator
) -> None:
    course = np.zeros((120, 2), np.float32)
    corrupted = np.arange(120) >= 60
    seen = render_faces(faces, course, corrupted, rng)
    heard = render_voice(voices["ann"], course, corrupted, rng)
    assert (seen.features[:58] < 5).all()
    assert (seen.features[63:] > 5).all()
    spoken = heard.mask
    assert (heard.features[spoken & corrupted][:, :2] > 5).all()
    assert (heard.features[spoken & ~corrupted][:, :2] < 5).all()


def test_pauses_are_masked_and_one_speaker_speaks(faces: FaceFeatures, voices) -> None:
    for seed in range(20):
        one = compose(FeaturePool(faces, voices), 150, np.random.default_rng(seed), corruption=CLEAN)
        assert 0.3 < one.audio_mask.mean() < 1
        assert (one.audio[~one.audio_mask] == 0).all()
        assert len(np.unique(one.audio[one.audio_mask][:, 2])) == 1
        assert one.visual_mask.all()
        assert not one.audio_corrupted.any()
        assert one.labelled.all()


def test_clean_label_is_what_is_rendered_by_the_shares_of_the_modalities(faces: FaceFeatures, voices) -> None:
    voice, face = np.array(LABEL_SHARES["audio"]), np.array(LABEL_SHARES["visual"])
    by_shares, evenly = [], []
    for seed in range(20):
        one = compose(FeaturePool(faces, voices), 150, np.random.default_rng(seed), corruption=CLEAN)
        inside = one.audio_mask & (np.abs(np.diff(one.visual, axis=0, prepend=0)).max(1) == 0)
        for errors, mean in (
            (by_shares, voice * one.audio[:, :2] + face * one.visual),
            (evenly, (one.audio[:, :2] + one.visual) / 2),
        ):
            errors.append(np.abs(mean - one.affect)[inside].mean(0))
    assert (np.mean(by_shares, axis=0) < 0.06).all()
    assert (np.mean(by_shares, axis=0) < np.mean(evenly, axis=0)).all()


def test_label_stays_with_the_modality_on_the_course(faces: FaceFeatures, voices) -> None:
    corruption = SequenceCorruption(sequences=1, absent=0, missing=0, corrupted=0, unrelated=1)
    kept = {"audio": 0, "visual": 0}
    for seed in range(40):
        one = compose(FeaturePool(faces, voices), 150, np.random.default_rng(seed), corruption=corruption)
        assert one.audio_corrupted.any() != one.visual_corrupted.any()  # never both
        intact = "visual" if one.audio_corrupted.any() else "audio"
        there = one.audio_mask & one.visual_mask
        near = {m: np.abs(getattr(one, m)[there][:, :2] - one.affect[there]).mean() for m in kept}
        kept[intact] += min(near, key=near.__getitem__) == intact
    assert sum(kept.values()) >= 38


def test_missing_spans_and_absent_modalities(faces: FaceFeatures, voices) -> None:
    corruption = SequenceCorruption(sequences=1, absent=0.3, missing=0.5, corrupted=0, unrelated=0)
    found = [
        compose(FeaturePool(faces, voices), 120, np.random.default_rng(s), corruption=corruption)
        for s in range(60)
    ]
    assert any(not s.visual_mask.any() and s.audio_mask.any() for s in found)
    assert any(not s.audio_mask.any() and s.visual_mask.all() for s in found)
    for one in found:
        assert (one.labelled == (one.audio_mask | one.visual_mask)).all()
        assert (one.visual[~one.visual_mask] == 0).all()
        assert np.isfinite(one.affect).all()


def test_same_seed_same_sequence(faces: FaceFeatures, voices) -> None:
    one, two = (
        compose(FeaturePool(faces, voices), 60, np.random.default_rng(5), corruption=SequenceCorruption())
        for _ in range(2)
    )
    for name in one.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_an_offset_renders_another_item_than_the_label_says(faces: FaceFeatures) -> None:
    course = np.zeros((3000, 2), np.float32)
    intact = np.zeros(3000, bool)
    apart = {}
    for offset in ((0.0, 0.0), (0.4, 0.0)):
        stream = render_faces(faces, course, intact, np.random.default_rng(1), offset=offset)
        apart[offset] = stream.features - stream.affect
    np.testing.assert_allclose(apart[0.4, 0.0].mean(0), [0.4, 0.0], atol=0.05)
    assert apart[0.4, 0.0].std(0).max() < 0.2
    assert np.abs(apart[0.0, 0.0]).mean() < 0.05  # cross-fades


def test_a_person_is_misread_in_one_way_throughout(faces: FaceFeatures, voices) -> None:
    pool = FeaturePool(faces, voices, face_generalisation_error=(0.3, 0.0))
    shifts = []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        one = compose(
            pool,
            150,
            rng,
            corruption=SequenceCorruption(sequences=1, absent=0, missing=0, corrupted=0, unrelated=0),
        )
        silent = one.visual_mask & ~one.audio_mask
        shifts.append(
            np.median((one.visual - one.affect)[silent], axis=0) if silent.sum() > 5 else [np.nan] * 2
        )
    valence, arousal = np.nanstd(shifts, axis=0)
    assert valence > 1.5 * arousal

"""FERPlus and DiffusionFER: votes, splits, and where the aligner cuts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avaffect.corpus.emotions import VALENCE_AROUSAL
from avaffect.corpus.faces import EMOTIONS, diffusionfer, expected_valence_arousal, ferplus, framings
from avaffect.errors import DataError
from avaffect.face.align import TEMPLATE

NAMES = [*EMOTIONS, "unknown", "NF"]


def write(path: Path, votes: list[list[int]], *, split: list[int], leak: list[bool]) -> Path:
    count = len(votes)
    np.savez(
        path,
        X=np.arange(count, dtype=np.uint8)[:, None, None] * np.ones((1, 48, 48), np.uint8),
        ferplus_votes=np.array(votes, np.uint8),
        ferplus_names=np.array(NAMES),
        split=np.array(split, np.uint8),
        leak_dup=np.array(leak),
    )
    return path


def test_votes_become_shares_and_proxies(tmp_path: Path) -> None:
    votes = [[6, 4, 0, 0, 0, 0, 0, 0, 0, 0]]
    faces = ferplus(write(tmp_path / "f.npz", votes, split=[0], leak=[False]))
    np.testing.assert_allclose(faces.emotions[0, :2], [0.6, 0.4])
    happy = np.array(VALENCE_AROUSAL["happiness"])
    np.testing.assert_allclose(faces.valence_arousal[0], 0.4 * happy, rtol=1e-5)
    assert not faces.rated[0]
    assert faces.agreed[0]


def test_what_is_dropped(tmp_path: Path) -> None:
    votes = [
        [9, 1, 0, 0, 0, 0, 0, 0, 0, 0],  # kept, and the single vote is a slip
        [2, 0, 0, 0, 0, 0, 0, 0, 8, 0],  # unknown
        [2, 0, 0, 0, 0, 0, 0, 0, 0, 8],  # not a face
        [0, 9, 0, 0, 0, 0, 0, 0, 0, 1],  # test image that is also in training
        [0, 9, 0, 0, 0, 0, 0, 0, 0, 1],  # training image with a copy in test
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],  # nothing but slips
    ]
    leak = [False, False, False, True, True, False]
    faces = ferplus(write(tmp_path / "f.npz", votes, split=[0, 0, 0, 2, 0, 0], leak=leak))
    assert faces.images[:, 0, 0].tolist() == [0, 4]
    assert faces.emotions[0].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert len(faces.part("test")) == 0


def test_disagreement_is_marked(tmp_path: Path) -> None:
    votes = [[5, 3, 2, 0, 0, 0, 0, 0, 0, 0], [3, 0, 0, 0, 2, 0, 0, 0, 2, 3]]
    faces = ferplus(write(tmp_path / "f.npz", votes, split=[1, 1], leak=[False, False]))
    assert faces.agreed.tolist() == [False, False]


def test_expected_coordinates() -> None:
    shares = np.full((1, 8), 1 / 8)
    want = np.mean([VALENCE_AROUSAL[name] for name in EMOTIONS], axis=0)
    np.testing.assert_allclose(expected_valence_arousal(shares)[0], want, rtol=1e-5)


def test_diffusionfer_splits_and_gray(tmp_path: Path) -> None:
    pictures = np.zeros((30, 64, 64, 3), np.uint8)
    pictures[..., 1] = 200
    test = np.arange(30) % 3 == 0
    affect = np.linspace(-1, 1, 60, dtype=np.float32).reshape(30, 2)
    np.savez(tmp_path / "d.npz", X=pictures, va=affect, is_test=test)
    faces = diffusionfer(tmp_path / "d.npz", val_every=5)
    assert (faces.images == round(200 * 0.587)).all()
    assert len(faces.part("test")) == 10
    assert len(faces.part("val")) == 4
    np.testing.assert_array_equal(faces.part("test").valence_arousal, affect[test])
    assert np.isnan(faces.emotions).all()


def test_framing_is_the_aligners_at_half_size() -> None:
    # Landmarks at the template of a 112-pixel picture: the cut is the picture itself, halved.
    images = np.zeros((3, 112, 112), np.uint8)
    spots = np.stack([TEMPLATE, TEMPLATE, TEMPLATE + 40])
    matrices = framings(images, lambda pictures: (spots, np.array([0.9, 0.8, 0.1])))
    np.testing.assert_allclose(matrices[0], [[0.5, 0, -0.25], [0, 0.5, -0.25]], atol=1e-9)
    # The third score is low: cut upright where the others are.
    np.testing.assert_allclose(matrices[2], matrices[0], atol=1e-9)


def test_implausible_landmarks_are_not_followed() -> None:
    images = np.zeros((4, 112, 112), np.uint8)
    turned = TEMPLATE[:, ::-1] * [1, -1]  # by a quarter
    spots = np.stack([TEMPLATE, TEMPLATE, TEMPLATE * 3, turned])
    matrices = framings(images, lambda pictures: (spots, np.ones(4)))
    for wrong in (2, 3):
        np.testing.assert_allclose(matrices[wrong], matrices[0], atol=1e-6)


def test_no_face_at_all() -> None:
    spots = np.zeros((2, 5, 2)) + TEMPLATE
    with pytest.raises(DataError, match="no face was found"):
        framings(np.zeros((2, 48, 48), np.uint8), lambda pictures: (spots, np.zeros(2)))


def test_other_files_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", X=np.zeros(1))
    with pytest.raises(DataError, match="no 'va' inside; it has X"):
        diffusionfer(tmp_path / "x.npz")
    with pytest.raises(DataError, match="no such file; give the folder of corpora as data=PATH"):
        ferplus(tmp_path / "none.npz")


def test_the_real_corpora(shared: Path) -> None:
    faces = ferplus(shared / "data" / "fer2013_ferplus.npz")
    assert len(faces.part("test")) > 3000
    assert np.abs(faces.emotions.sum(1) - 1).max() < 1e-6
    assert np.abs(faces.valence_arousal).max() <= 1
    rated = diffusionfer(shared / "data" / "diffusionfer_va.npz")
    assert len(rated.part("test")) == 262


def test_votes_need_all_emotions(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "f.npz", X=np.zeros((1, 48, 48), np.uint8), ferplus_votes=np.zeros((1, 2)),
        ferplus_names=np.array(["neutral", "anger"]), split=np.zeros(1), leak_dup=np.zeros(1, bool),
    )  # fmt: skip
    with pytest.raises(DataError, match=r"ferplus_names are \['neutral', 'anger'\]; expected at least"):
        ferplus(tmp_path / "f.npz")

"""Cumulative match, mAP and mINP against loops, and the protocols of the corpora."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from avaffect.errors import DataError
from avaffect.retrieval import SYSU, RegDB, rank, regdb, sysu
from avaffect.retrieval.pictures import Picture, balanced_batches, cameras, identities, read


def by_hand(similarity, query, gallery, hidden, unique):
    """Query by query, picture by picture."""
    ranks = len(set(gallery)) if unique else len(gallery)
    cmc, aps, inps = np.zeros(ranks), [], []
    for q, identity in enumerate(query):
        order = sorted(range(len(gallery)), key=lambda g: -similarity[q][g])
        order = [g for g in order if not hidden[q][g]]
        if identity not in [gallery[g] for g in order]:
            continue
        shown: list[int] = []
        for g in order:
            if not unique or gallery[g] not in shown:
                shown.append(gallery[g])
        cmc += np.arange(ranks) >= shown.index(identity)
        right, precisions = 0, []
        for place, g in enumerate(order, start=1):
            if gallery[g] == identity:
                right += 1
                precisions.append(right / place)
                last = place
        aps.append(np.mean(precisions))
        inps.append(right / last)
    return cmc / len(aps), np.mean(aps), np.mean(inps), len(aps)


@pytest.mark.parametrize("unique", [False, True])
def test_figures_by_hand(unique: bool) -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        query, gallery = random.integers(0, 6, 9), random.integers(0, 6, 17)
        similarity, hidden = random.normal(size=(9, 17)), random.random((9, 17)) < 0.2
        got = rank(similarity, query, gallery, hidden=hidden, unique=unique)
        cmc, mean_ap, mean_inp, queries = by_hand(similarity, query, gallery, hidden, unique)
        np.testing.assert_allclose(got.cmc, cmc)
        assert (got.mean_ap, got.mean_inp, got.queries) == pytest.approx((mean_ap, mean_inp, queries))


def test_perfect_and_worst() -> None:
    people = np.arange(4)
    best = rank(np.eye(4), people, people)
    assert (best.rank1, best.mean_ap, best.mean_inp) == (1, 1, 1)
    worst = rank(-np.eye(4), people, people)
    assert (worst.rank1, worst.mean_ap, worst.cmc[-1]) == (0, 0.25, 1)


def test_what_cannot_be_ranked_is_said() -> None:
    with pytest.raises(DataError, match=r"expected \(1, 2\)"):
        rank(np.zeros((2, 2)), np.array([1]), np.array([1, 2]))
    with pytest.raises(DataError, match="no query has its person"):
        rank(np.zeros((1, 2)), np.array([3]), np.array([1, 2]))


def picture(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((16, 8, 3), value, np.uint8))


@pytest.fixture
def sysu_folder(tmp_path: Path) -> Path:
    """Identities 1 and 2 train, 3 validates, 4 and 5 test; two pictures by each camera."""
    for camera in range(1, 7):
        for identity in range(1, 6):
            for number in (1, 2):
                picture(tmp_path / f"cam{camera}/{identity:04d}/{number:04d}.jpg", 40 * identity)
    for split, people in {"train": "1,2", "val": "3", "test": "4,5"}.items():
        (tmp_path / "exp").mkdir(exist_ok=True)
        (tmp_path / "exp" / f"{split}_id.txt").write_text(people + "\n")
    return tmp_path


def test_sysu(sysu_folder: Path) -> None:
    corpus = SYSU(sysu_folder)
    visible, infrared = corpus.training()
    assert len(visible) == 4 * 3 * 2
    assert len(infrared) == 2 * 3 * 2
    assert set(identities(visible)) == {1, 2, 3}
    query, gallery = corpus.test()
    assert set(cameras(query)) == {3, 6}
    assert set(cameras(gallery)) == {1, 2, 4, 5}
    assert set(cameras(corpus.test("indoor")[1])) == {1, 2}
    assert abs(int(read(gallery[0]).mean()) - 160) < 4
    assert read(gallery[0]).shape == (288, 144, 3)
    with pytest.raises(DataError, match="mode='outdoor'"):
        corpus.test("outdoor")
    (sysu_folder / "exp/test_id.txt").write_text("four")
    with pytest.raises(DataError, match="'four' is no list of identities"):
        corpus.test()


def test_galleries_of_sysu_are_single_shot_and_always_the_same(sysu_folder: Path) -> None:
    _, pictures = SYSU(sysu_folder).test()
    drawn = sysu.single_shot(pictures, seed=3)
    assert np.array_equal(drawn, sysu.single_shot(pictures, seed=3))
    places = [(pictures[k].identity, pictures[k].camera) for k in drawn]
    assert sorted(places) == [(identity, camera) for identity in (4, 5) for camera in (1, 2, 4, 5)]
    assert len({tuple(sysu.single_shot(pictures, seed)) for seed in range(10)}) > 1


def test_camera_3_does_not_see_camera_2_in_sysu(sysu_folder: Path) -> None:
    query, pictures = SYSU(sysu_folder).test()
    same = identities(query)[:, None] == identities(pictures)[None]
    seen_by_2 = cameras(pictures)[None] == 2
    # Every query likes the wrong person of camera 2 best, then the right person.
    similarity = np.where(~same & seen_by_2, 2.0, same.astype(float))
    of_3 = [k for k, each in enumerate(query) if each.camera == 3]
    of_6 = [k for k, each in enumerate(query) if each.camera == 6]
    assert sysu.evaluate(similarity[of_3], [query[k] for k in of_3], pictures).rank1 == 1
    assert sysu.evaluate(similarity[of_6], [query[k] for k in of_6], pictures).rank1 == 0


def test_regdb(tmp_path: Path) -> None:
    (tmp_path / "idx").mkdir()
    for modality in ("visible", "thermal"):
        for split, people in (("train", (0, 1)), ("test", (0, 1, 2))):
            names = [f"{modality.title()}/{split}{p}/a b.bmp" for p in people]
            lines = [f"{name} {p}" for name, p in zip(names, people, strict=True)]
            (tmp_path / f"idx/{split}_{modality}_2.txt").write_text("\n".join(lines) + "\n\n")
            for name in names:
                picture(tmp_path / name, 90)
    corpus = RegDB(tmp_path, draw=2)
    visible, thermal = corpus.training()
    assert [each.identity for each in visible] == [0, 1]
    assert read(thermal[0]).shape == (288, 144, 3)
    query, gallery = corpus.test("thermal")
    assert "Thermal" in str(query[0].path)
    assert "Visible" in str(gallery[0].path)
    assert regdb.evaluate(np.eye(3), query, gallery).mean_ap == 1
    with pytest.raises(DataError, match="draw=11"):
        RegDB(tmp_path, draw=11)
    (tmp_path / "idx/test_visible_2.txt").write_text("Visible/1.bmp")
    with pytest.raises(DataError, match="expected a path and an identity"):
        corpus.test()


def test_batches_are_balanced() -> None:
    random = np.random.default_rng(0)
    visible, infrared = np.repeat(np.arange(5), 6), np.repeat(np.arange(1, 6), 3)
    batches = list(balanced_batches(visible, infrared, random, people=3, pictures=2))
    assert len(batches) == 30 // 6
    for of_visible, of_infrared in batches:
        assert np.array_equal(visible[of_visible], infrared[of_infrared])
        assert len(set(visible[of_visible])) == 3
        assert len(of_visible) == 6
    with pytest.raises(DataError, match="4 identities are in both"):
        next(balanced_batches(visible, infrared, random, people=5))


def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.jpg: not readable as a picture"):
        read(Picture(tmp_path / "gone.jpg", 1))

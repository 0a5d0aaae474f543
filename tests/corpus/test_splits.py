"""No subject is on both sides of a split."""

import pytest

from avaffect.corpus.base import Recording
from avaffect.corpus.splits import leave_one_out, rolling_folds, shared_subjects
from avaffect.errors import DataError


def corpus():
    recordings = [Recording(f"r{i}", f"s{i // 2}", "train") for i in range(20)]
    recordings += [Recording(f"v{i}", f"v{i}", "val") for i in range(4)]
    return [*recordings, Recording("t0", "t0", "test")]


def test_first_fold_is_official_and_the_others_roll():
    items = corpus()
    folds = rolling_folds(items, 6)
    assert len(folds) == 6
    assert [r.split for r in folds[0].val] == ["val"] * 4
    assert len(folds[0].train) == 20
    for fold in folds:
        assert not {r.subject for r in fold.train} & {r.subject for r in fold.val}
        assert not any(r.split == "test" for r in (*fold.train, *fold.val))
    rolled = [r.name for fold in folds[1:] for r in fold.val]
    assert sorted(rolled) == sorted(r.name for r in items if r.split == "train")
    assert {len(fold.val) for fold in folds[1:]} == {4}
    assert all(len(fold.train) == 20 for fold in folds[1:])
    assert folds == rolling_folds(items, 6)


def test_without_an_official_split_all_recordings_roll():
    items = [Recording(f"r{i}", f"s{i}") for i in range(7)]
    folds = rolling_folds(items, 3)
    assert sorted(len(fold.val) for fold in folds) == [2, 2, 3]
    assert all(len(fold.train) + len(fold.val) == 7 for fold in folds)


def test_leave_one_out_is_by_subject():
    folds = leave_one_out([Recording("a1", "a"), Recording("a2", "a"), Recording("b1", "b")])
    assert [(fold.name, len(fold.train), len(fold.val)) for fold in folds] == [("a", 1, 2), ("b", 2, 1)]


def test_too_many_folds():
    with pytest.raises(DataError, match="2 subjects cannot be divided into 3 groups"):
        rolling_folds([Recording("a", "a"), Recording("b", "b")], 3)
    with pytest.raises(DataError, match="at least 2"):
        rolling_folds([Recording("a", "a"), Recording("b", "b")], 1)


def test_a_subject_in_several_sets_is_said():
    items = [Recording(name, subject) for name, subject in (("a", "ann"), ("b", "ann"), ("c", "bob"))]
    sets = {"train": items[:1], "val": items[2:], "test": items[1:2]}
    assert shared_subjects(sets).startswith("subjects in more than one set: ann (train, test); ")
    assert shared_subjects({**sets, "test": []}) == ""

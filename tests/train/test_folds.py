"""Cross-fitting: who is left out where, and feature spaces that are brought together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from avaffect.errors import DataError
from avaffect.progress import silent
from avaffect.train import voice
from avaffect.train.feature_pool import ClipFeatures, FaceFeatures, FeaturePool, Pair
from avaffect.train.folds import ALL, Aligned, Fold, align, fold_of, folds_of, make_folds
from avaffect.train.fusion import pool_folds, without
from avaffect.train.recipe import CorpusRecipe, read_corpus_recipe
from avaffect.train.voice import left_out, train_without
from avaffect.train.voice_clips import analyse_clips
from avaffect.train.voice_views import ClipViews, View

from .conftest import utterance

ACTED = "acted={folder: acted, folds: 3}"


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_every_unit_is_in_one_fold_and_kinds_are_even(count: int) -> None:
    corpora, actors = [f"c{k}" for k in range(4)], [f"a{k}" for k in range(7)]
    folds = make_folds(corpora, reversed(actors), count=count)
    assert len(folds) == len({fold.name for fold in folds}) == min(count, 7)
    assert sorted(unit for fold in folds for unit in fold.units) == sorted(corpora + actors)
    for kind in (corpora, actors):
        sizes = [len(fold.units & set(kind)) for fold in folds]
        assert max(sizes) - min(sizes) <= 1
        assert all(fold_of(unit, folds) == next(f for f in folds if unit in f.units) for unit in kind)
    assert fold_of("nobody", folds) is None
    assert make_folds([], count=3) == []


def settings_of(recipe: Path, *overrides: str) -> CorpusRecipe:
    return read_corpus_recipe(recipe, overrides)


def test_the_folds_of_a_recipe(recipe: Path) -> None:
    actors, speakers = [f"acted_{k}" for k in range(4)], [f"s{k}" for k in range(8)]
    both = folds_of(settings_of(recipe, ACTED), actors, speakers)
    assert len(both) == 3
    assert {u for fold in both for u in fold.units} == {"ravdess", "emogator", *actors}
    one = folds_of(settings_of(recipe, ACTED, "voice.corpora=[emogator]"), actors, speakers)
    assert {u for fold in one for u in fold.units} == {*speakers, *actors}
    # The face stage knows no speakers: an actor is in the same fold all the same.
    for found in (one, folds_of(settings_of(recipe, ACTED), actors)):
        assert [fold.units & set(actors) for fold in found] == [fold.units & set(actors) for fold in both]
    few = folds_of(settings_of(recipe, ACTED), actors[:2])
    assert len(few) == 2  # no fold without an actor
    assert {u for f in folds_of(settings_of(recipe), []) for u in f.units} == {"ravdess", "emogator"}


def clip(corpus: str) -> ClipFeatures:
    features = np.zeros((3, 2), np.float32)
    return ClipFeatures(features, features, np.ones(3, bool), np.zeros(2, np.float32), corpus)


def test_a_pool_without_a_fold_has_nothing_of_it(recipe: Path) -> None:
    streams = {"audio": np.zeros((3, 2), np.float32), "visual": np.zeros((3, 2), np.float32)}
    masks = {name: np.ones(3, bool) for name in streams}
    actors = [f"acted_{k}" for k in range(4)]
    pairs = {actor: [Pair(actor, streams, streams, masks, np.zeros(2, np.float32))] for actor in actors}
    faces = FaceFeatures(*np.zeros((2, 1, 1, 2), np.float32), np.zeros((1, 2), np.float32))
    voices = {f"emogator_{k}": [clip("emogator")] for k in range(5)}
    pools = {
        "train": FeaturePool(faces, voices, pairs),
        "val": FeaturePool(faces, {"emogator_8": [clip("emogator")]}),
    }
    settings = settings_of(recipe, ACTED, "voice.corpora=[emogator]")
    folds = pool_folds(settings, pools)
    assert folds == folds_of(settings, actors, [*voices, "emogator_8"])  # as the voice stage has them
    for fold in folds:
        left = without(pools["train"], fold)
        assert not fold.units & {*left.voices, *left.pairs}
        assert {*left.voices, *left.pairs} | fold.units >= {*voices, *pairs}
    corpora = without(
        FeaturePool(faces, {"x": [clip("a"), clip("b")], "y": [clip("b")]}), Fold("f", frozenset("b"))
    )
    assert {speaker: [c.corpus for c in own] for speaker, own in corpora.voices.items()} == {"x": ["a"]}


def test_an_encoder_is_trained_on_nothing_of_its_fold(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = analyse_clips(
        [utterance("ravdess", speaker=s) for s in ("a", "b")]
        + [utterance("acted", speaker=f"acted_{s}") for s in ("a", "b")]
        + [utterance("emogator", speaker="c")]
    )
    views = [ClipViews(item, View(np.zeros((16, 64), np.float16), np.ones(2, bool)), ()) for item in items]
    shown: list[set[str]] = []

    class Stopped(Exception):
        pass

    def batches(clips: list[ClipViews], **rest: object) -> None:
        shown.append({c.item.clip.speaker for c in clips})
        raise Stopped

    monkeypatch.setattr(voice, "ViewBatches", batches)
    settings = settings_of(recipe)
    for units, seen in (
        ({"ravdess", "acted_b"}, {"acted_a", "c"}),
        ({"a", "emogator"}, {"b", "acted_a", "acted_b"}),
        (set(), {"a", "b", "acted_a", "acted_b", "c"}),
    ):
        fold = Fold("fold0", frozenset(units))
        with pytest.raises(Stopped):
            train_without(settings, views, fold, silent)
        assert shown[-1] == seen
        assert {item.clip.speaker for item in items if not left_out(item, fold)} == seen
    with pytest.raises(DataError, match="without acted, emogator, ravdess no clip is left to train on"):
        train_without(settings, views, Fold("x", frozenset(["ravdess", "acted", "emogator"])), silent)


def test_align_recovers_an_affine_map() -> None:
    generator = torch.Generator().manual_seed(0)
    own = 3 + torch.randn(400, 5, generator=generator) * torch.tensor([1.0, 2.0, 0.5, 1.0, 3.0])
    slope, shift = torch.randn(5, 7, generator=generator), torch.randn(7, generator=generator)
    common = own @ slope + shift
    matrix = align(own, common)
    assert matrix.shape == (6, 7)
    torch.testing.assert_close(own @ matrix[:-1] + matrix[-1], common, atol=0.03, rtol=0.03)
    # Against the closed form in NumPy.
    x = (own - own.mean(0)).double().numpy()
    gram = x.T @ x
    gram += 1e-3 * np.trace(gram) / 5 * np.eye(5)
    expected = np.linalg.inv(gram) @ x.T @ (common - common.mean(0)).double().numpy()
    np.testing.assert_allclose(matrix[:-1].numpy(), expected, atol=1e-4)


def test_features_without_spread_align_to_the_mean() -> None:
    common = torch.arange(8.0)[:, None].repeat(1, 2)
    matrix = align(torch.ones(8, 3), common)
    torch.testing.assert_close(torch.ones(1, 3) @ matrix[:-1] + matrix[-1], torch.full((1, 2), 3.5))


def test_an_aligned_encoder_gives_features_of_the_common_space() -> None:
    torch.manual_seed(0)
    encoder = nn.Linear(4, 3)
    matrix = torch.randn(4, 6)
    inputs = torch.randn(2, 5, 4)
    own = torch.cat([encoder(inputs), torch.ones(2, 5, 1)], dim=2)
    torch.testing.assert_close(Aligned(encoder, matrix)(inputs), own @ matrix)
    assert ALL not in {fold.name for fold in make_folds("abc", count=3)}

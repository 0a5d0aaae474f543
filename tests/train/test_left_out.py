"""Figures on people left out: scale, intervals, advantage, on networks whose predictions are known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from avaffect.metric import ccc
from avaffect.model import AffectHead, FusionNetwork
from avaffect.spec import TARGETS
from avaffect.train.acted import CORPUS
from avaffect.train.calibrate import half_widths
from avaffect.train.left_out import (
    LeftOut,
    LeftOutClip,
    clip_means,
    coverage_by_fold,
    figures,
    fit_scale,
    scaled,
)

STREAMS = ("audio", "visual")


class Reading(nn.Module):
    """tanh of the mean of the available streams, as `AffectHead` scales it."""

    def __init__(self) -> None:
        super().__init__()
        self.streams, self.head = STREAMS, AffectHead(2, 2)

    def forward(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> SimpleNamespace:
        total = sum(streams[m] * masks[m][..., None] for m in streams)
        count = sum(masks[m].float() for m in streams).clamp_min(1)[..., None]
        return SimpleNamespace(values=torch.tanh(total / count * self.head.slope + self.head.shift))


def left_out(
    count: int,
    *,
    shrink: float = 1.0,
    shift: float = 0.0,
    noise: float = 0.0,
    voice: float = 1.0,
    seed: int = 0,
) -> LeftOut:
    """Clips of two corpora in four folds; streams hold the label before its tanh, shrunk, shifted, noisy."""
    rng = np.random.default_rng(seed)
    clips = []
    for k in range(count):
        affect = rng.uniform(-0.8, 0.8, 2).astype(np.float32)
        z = shrink * np.arctanh(affect) + shift
        ticks = int(rng.integers(3, 9))
        streams = {
            name: np.tile(z + spread * noise * rng.normal(size=2), (ticks, 1)).astype(np.float32)
            for name, spread in (("audio", voice), ("visual", 1.0))
        }
        masks = {name: np.ones(ticks, bool) for name in STREAMS}
        corpus = CORPUS if k % 3 else "ravdess"
        if corpus != CORPUS:
            masks["visual"][:] = False
        clips.append(LeftOutClip(corpus, f"fold{k % 4}", streams, masks, affect))
    return LeftOut(clips, {f"fold{k}": cast(FusionNetwork, Reading()) for k in range(4)})


def moments(values: np.ndarray, corpora: np.ndarray) -> np.ndarray:
    """Mean and deviation with which every corpus counts the same: (2, targets)."""
    groups = [values[corpora == name] for name in np.unique(corpora)]
    mean = np.mean([group.mean(axis=0) for group in groups], axis=0)
    square = np.mean([((group - mean) ** 2).mean(axis=0) for group in groups], axis=0)
    return np.stack([mean, np.sqrt(square)])


def test_the_scale_brings_mean_and_spread_to_those_of_the_labels() -> None:
    found = left_out(300, shrink=0.4, shift=0.5, noise=0.1)
    corpora = np.array([clip.corpus for clip in found.clips])
    labels = np.stack([clip.affect for clip in found.clips])
    before = moments(clip_means(found.predict()), corpora)
    assert (before[0] > 0.3).all()
    scale = fit_scale(found)
    assert set(scale) == set(TARGETS)
    after = moments(clip_means(scaled(found, scale).predict()), corpora)
    np.testing.assert_allclose(after, moments(labels, corpora), atol=0.005)


def test_the_scale_undoes_what_was_done() -> None:
    for slope, shift in fit_scale(left_out(200, shrink=0.5, shift=-0.25)).values():
        assert (slope, shift) == pytest.approx((2.0, 0.5), abs=0.02)
    for slope, shift in fit_scale(left_out(200)).values():
        assert (slope, shift) == pytest.approx((1.0, 0.0), abs=0.01)


def test_clips_without_any_stream_have_no_value_and_do_not_count() -> None:
    found = left_out(60, shrink=0.5)
    nothing = {name: np.zeros(4, bool) for name in STREAMS}
    streams = {name: np.full((4, 2), 9, np.float32) for name in STREAMS}
    empty = LeftOutClip(CORPUS, "fold0", streams, nothing, np.full(2, 0.9, np.float32))
    with_it = LeftOut([*found.clips, empty], found.networks)
    means = clip_means(with_it.predict())
    assert np.isnan(means[-1]).all()
    assert np.isfinite(means[:-1]).all()
    heard = clip_means(found.predict(("visual",)))
    assert np.isfinite(heard).all()
    alone = clip_means(found.predict(("audio",)))
    assert np.isnan(alone[:, 0]).tolist() == [clip.corpus != CORPUS for clip in found.clips]


def test_intervals_of_other_folds_cover_what_they_should() -> None:
    found = left_out(800, noise=0.4)
    for coverage in (0.6, 0.9):
        by = coverage_by_fold(found, STREAMS, coverage=coverage)
        assert set(by) == {CORPUS, "ravdess"}
        for shares in by.values():
            assert set(shares) == {f"{target}/{unit}" for target in TARGETS for unit in ("ticks", "clips")}
            for share in shares.values():
                assert share == pytest.approx(coverage, abs=0.06)


def test_a_fold_of_another_kind_is_covered_less() -> None:
    """The widths of a fold come from the others alone."""
    calm, wild = left_out(200, noise=0.1), left_out(200, noise=1.5, seed=1)
    clips = [clip for clip in calm.clips if clip.fold != "fold0"]
    clips += [clip for clip in wild.clips if clip.fold == "fold0"]
    by = coverage_by_fold(LeftOut(clips, calm.networks), STREAMS, coverage=0.9)
    assert by[CORPUS]["valence/clips"] < 0.85
    widths = half_widths(calm.predict, STREAMS, TARGETS, coverage=0.9)
    assert set(widths) == {"audio+visual", "audio", "visual"}


def test_the_advantage_is_over_the_better_stream_and_has_an_interval() -> None:
    found = left_out(300, noise=0.6, voice=2.0)
    by = figures(found, STREAMS)
    assert by[CORPUS]["clips"] == 200
    assert by["ravdess"]["clips"] == 100
    own = [k for k, clip in enumerate(found.clips) if clip.corpus == CORPUS]
    labels = np.stack([found.clips[k].affect for k in own])
    ways = {"fusion": (), "visual": ("audio",), "audio": ("visual",)}
    for k, target in enumerate(TARGETS):
        values = {name: clip_means(found.predict(hide))[own][:, k] for name, hide in ways.items()}
        measured = {name: ccc(of, labels[:, k]) for name, of in values.items()}
        for name, value in measured.items():
            assert by[CORPUS][f"{name}/ccc_{target}"] == pytest.approx(value)
        assert measured["audio"] < measured["visual"]
        gain = by[CORPUS][f"advantage/{target}"]
        assert gain == pytest.approx(measured["fusion"] - measured["visual"])
        low, high = by[CORPUS][f"advantage/{target}/low"], by[CORPUS][f"advantage/{target}/high"]
        assert low < gain < high
        assert high - low < 0.5
    assert not any(name.startswith("advantage") for name in by["ravdess"])
    assert not any("advantage" in name for name in figures(found, STREAMS[:1])[CORPUS])

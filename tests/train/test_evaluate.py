"""Figures and intervals on a model whose predictions are known."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from avaffect.metric import ccc
from avaffect.model import Affect
from avaffect.spec import TARGETS
from avaffect.train.calibrate import HalfWidths, coverages, half_widths
from avaffect.train.evaluate import (
    advantage,
    error_by_corruption,
    evaluate,
    gates_by_corruption,
    predict_sequences,
    predictions,
)


class Adding(torch.nn.Module):
    """Mean of the available streams' first two features; gates know far-off values as damage."""

    def __init__(self, *streams: str) -> None:
        super().__init__()
        self.streams = streams or ("audio", "visual")

    def forward(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> Affect:
        total = sum(streams[m] * masks[m][..., None] for m in streams)
        count = sum(masks[m].float() for m in streams).clamp_min(1)[..., None]
        far = {m: (streams[m].abs().mean(-1) > 2).float() for m in streams}
        attended = {f"attended.{m}": off for m, off in far.items()}
        share = {f"share.{m}": 1 - off for m, off in far.items()}
        return Affect(total / count, attended | share)


def made_up(count: int, *, noise: float, seed: int) -> dict[str, Tensor]:
    """Labels, and each stream the label with noise of its own; the audio is missing at the last third."""
    rng = np.random.default_rng(seed)
    affect = rng.normal(0, 0.4, (count, 30, 2))
    streams = {m: affect + rng.normal(0, noise, affect.shape) for m in ("audio", "visual")}
    there = np.ones((count, 30), bool)
    audio_there = there & (np.arange(30) < 20)
    corrupted = there & (np.arange(30) < 5)
    streams["visual"][corrupted] += 10
    data = {
        **streams,
        "affect": affect,
        "labelled": there,
        "audio_mask": audio_there,
        "visual_mask": there,
        "audio_corrupted": ~there,
        "visual_corrupted": corrupted,
    }
    return {
        name: torch.tensor(value, dtype=torch.bool if value.dtype == bool else torch.float32)
        for name, value in data.items()
    }


def widths_of(network: Adding, data: dict[str, Tensor]) -> HalfWidths:
    return half_widths(partial(predictions, network, data), network.streams, TARGETS, coverage=0.9)


def coverages_of(network: Adding, data: dict[str, Tensor], widths: HalfWidths) -> HalfWidths:
    return coverages(partial(predictions, network, data), network.streams, TARGETS, widths)


def test_fusion_of_two_noisy_streams_beats_each() -> None:
    data = made_up(60, noise=0.4, seed=0)
    for key in ("audio", "visual"):
        data[key] = torch.where(data["visual_corrupted"][..., None], data["affect"], data[key])
    data["audio_mask"] = torch.ones_like(data["audio_mask"])
    figures = evaluate(Adding(), data)
    want = ccc(data["audio"][..., 1].numpy(), data["affect"][..., 1].numpy())
    assert figures["audio/ccc_arousal"] == pytest.approx(want, abs=1e-6)
    assert figures["fusion/ccc_valence"] > figures["audio/ccc_valence"] + 0.05
    assert figures["fusion/ccc_valence"] == pytest.approx(figures["mean/ccc_valence"], abs=1e-6)
    # The mean of both is what this model is: no advantage over it, and an interval of no width.
    assert advantage(Adding(), data, resamples=20)["valence"] == pytest.approx([0, 0, 0], abs=1e-6)


def test_attended_rises_and_share_falls_where_the_stream_is_damaged() -> None:
    data = made_up(60, noise=0.1, seed=0)
    gates = gates_by_corruption(Adding(), data)
    assert gates["attended.visual/visual_corrupted"] > 0.9
    assert gates["share.visual/visual_corrupted"] < -0.9
    assert not any(name.endswith("/audio_corrupted") for name in gates)  # no damaged audio in the data


def test_errors_by_what_is_damaged() -> None:
    data = made_up(60, noise=0.1, seed=0)
    errors = error_by_corruption(Adding(), data)
    assert errors["visual"] > 10 * errors["none"]
    assert "audio" not in errors  # nothing of the kind in the data


def test_intervals_cover_other_data_and_widen_with_noise() -> None:
    quiet, other = (made_up(200, noise=0.2, seed=seed) for seed in (1, 2))
    for data in (quiet, other):
        data["visual_corrupted"][:] = False
        data["visual"] = torch.where(data["visual"].abs() > 5, data["affect"], data["visual"])
    widths = widths_of(Adding(), quiet)
    for single in ("audio", "visual"):
        assert widths[single]["valence"] > 1.2 * widths["audio+visual"]["valence"]
    covered = coverages_of(Adding(), other, widths)
    error = np.abs(predict_sequences(Adding(), other)[0] - other["affect"].numpy())[..., 0]
    both = (other["audio_mask"] & other["visual_mask"]).numpy()
    width = np.where(both, widths["audio+visual"]["valence"], widths["visual"]["valence"])
    assert covered["all"]["valence"] == pytest.approx((error <= width).mean())
    assert 0.88 < covered["visual"]["arousal"] < 0.93
    assert 0.88 < covered["audio+visual"]["valence"] < 0.93


def test_intervals_of_one_stream_are_for_where_it_is() -> None:
    data = made_up(200, noise=0.2, seed=1)
    widths = widths_of(Adding("audio"), data)
    assert list(widths) == ["audio"]
    errors = (data["audio"] - data["affect"]).abs()[data["audio_mask"]].numpy()
    assert widths["audio"]["arousal"] == pytest.approx(np.quantile(errors[:, 1], 0.905), abs=0.01)
    covered = coverages_of(Adding("audio"), data, widths)
    assert covered["all"] == covered["audio"]
    figures = evaluate(Adding("audio"), data)
    assert list(figures) == ["fusion/ccc_valence", "fusion/ccc_arousal"]

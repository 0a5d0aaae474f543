"""The answer to a step: a network that looks ahead shows it early, one that reads causally does not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from avaffect.corpus.emotions import coordinates
from avaffect.corpus.speech import INTENSITY
from avaffect.model import FusionNetwork
from avaffect.train.feature_pool import Pair
from avaffect.train.folds import Fold
from avaffect.train.left_out import LeftOut
from avaffect.train.step import step_response

AROUND = 6  # ticks to both sides


class Smooth(nn.Module):
    """The mean of what is available within some ticks."""

    def forward(self, streams: dict[str, Tensor], masks: dict[str, Tensor]) -> SimpleNamespace:
        mask = masks["visual"].float()[:, None]
        weights = torch.ones(1, 1, 2 * AROUND + 1)
        total = nn.functional.conv1d(streams["visual"].mT * mask, weights, padding=AROUND)
        count = nn.functional.conv1d(mask, weights, padding=AROUND).clamp_min(1)
        return SimpleNamespace(values=(total / count).mT)


def pair(emotion: str, value: float) -> Pair:
    """A clip of 5 s whose valence is this."""
    streams = {m: np.full((62, 1), value, np.float32) for m in ("audio", "visual")}
    masks = {m: np.ones(62, bool) for m in streams}
    affect = INTENSITY[""] * np.array(coordinates(emotion), np.float32)
    return Pair("ann", streams, streams, masks, affect)


def test_a_causal_reading_shows_nothing_before_the_step() -> None:
    found = LeftOut([], {"fold0": cast(FusionNetwork, Smooth())})
    pairs = {"ann": [pair("neutral", 0.0), pair("happiness", 0.5)]}
    folds = [Fold("fold0", frozenset(["ann"]))]
    whole = step_response(found, pairs, folds)
    assert whole["before"] == pytest.approx(1 / 13, abs=0.01)
    assert whole["half_seconds"] == 0
    causal = step_response(found, pairs, folds, causal=True)
    assert causal["before"] == 0
    assert causal["half_seconds"] == pytest.approx(0.24)  # half of the 7 ticks that a mean reaches back
    assert causal["after"] == pytest.approx(1)


def test_without_the_two_emotions_there_is_no_answer() -> None:
    found = LeftOut([], {"fold0": cast(FusionNetwork, Smooth())})
    assert step_response(found, {"ann": [pair("anger", 0.0)]}, [Fold("fold0", frozenset(["ann"]))]) == {}

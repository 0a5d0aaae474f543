"""The voice stage: the input of the encoder, its loss and its heads."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avaffect.train.voice import LABEL_SMOOTHING, VoiceHeads, emotion_loss, encoder_input
from avaffect.train.voice_clips import analyse_clips

from .conftest import utterance


def test_the_input_is_relative_to_the_reference():
    item = analyse_clips([utterance(gain=0.1), utterance(gain=0.001)])[0]
    alone, long = encoder_input(item, "clip"), encoder_input(item, "speaker")
    assert alone.shape == long.shape == (1, 100, 64)
    assert (long - alone).mean() > 0.3  # louder than usual, which one clip cannot tell


def test_emotion_loss_by_hand():
    logits = torch.tensor([[1.0, 2.0, 5.0], [0.0, 1.0, -1.0]])
    known = torch.tensor([[True, True, False], [True, True, True]])
    expected = 0.0
    for row, truth, classes in ((logits[0], 0, [0, 1]), (logits[1], 2, [0, 1, 2])):
        total = sum(np.exp(row[c].item()) for c in classes)
        log_share = {c: np.log(np.exp(row[c].item()) / total) for c in classes}
        mean = sum(log_share.values()) / len(classes)
        expected -= ((1 - LABEL_SMOOTHING) * log_share[truth] + LABEL_SMOOTHING * mean) / 2
    loss = emotion_loss(logits, torch.tensor([0, 2]), known)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_unvoiced_ticks_do_not_count():
    torch.manual_seed(0)
    heads = VoiceHeads(16).eval()
    features = torch.randn(2, 10, 16)
    mask = torch.rand(2, 10) < 0.5
    mask[:, 0] = True
    changed = torch.where(mask[..., None], features, torch.randn(2, 10, 16) * 9)
    for one, two in zip(heads(features, mask), heads(changed, mask), strict=True):
        torch.testing.assert_close(one, two)

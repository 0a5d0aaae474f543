"""The voice stage: input of the encoder, loss, heads, and encoders other than the package's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from avaffect.encoder import AudioEncoder
from avaffect.encoder.voice import VoiceNet
from avaffect.errors import ModelError
from avaffect.metric import ccc
from avaffect.train import voice
from avaffect.train.recipe import read_corpus_recipe
from avaffect.train.run import run
from avaffect.train.voice import (
    LABEL_SMOOTHING,
    VoiceHeads,
    emotion_loss,
    load_voice,
    per_corpus,
    predict_clips,
    predict_views,
)
from avaffect.train.voice_clips import analyse_clips
from avaffect.train.voice_views import ClipViews, View

from .conftest import utterance


def test_the_reference_of_a_clip_is_its_own_or_the_speakers() -> None:
    torch.manual_seed(0)
    net, heads = Levels(), VoiceHeads(1).eval()
    items = analyse_clips([utterance(gain=0.1), utterance(gain=0.001)])
    alone, long = (predict_clips(net, heads, items, of)["affect"] for of in ("clip", "speaker"))
    slope = heads.affect.weight.detach().numpy()[:, 0]
    louder = (long - alone)[:1] / slope  # the first is louder than usual, which one clip cannot tell
    assert (louder > 0.3).all()


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


class Levels(AudioEncoder):
    """Mean of the log-mel of each tick."""

    context = 0

    def __init__(self) -> None:
        super().__init__()
        self.dim = 1
        self.scale = nn.Parameter(torch.ones(1))

    def features(self, inputs: Tensor) -> Tensor:
        whole = inputs[:, : inputs.shape[1] // self.stride * self.stride]
        return whole.unflatten(1, (-1, self.stride)).mean((2, 3))[..., None] * self.scale


class Coarse(Levels):
    """Half as many features a second as paired sequences have ticks."""

    stride = 16


def test_figures_by_corpus() -> None:
    torch.manual_seed(0)
    net, heads = Levels(), VoiceHeads(1).eval()
    emotions = ("anger", "sadness", "happiness", "calm")
    items = analyse_clips([utterance(emotion=e, gain=g) for e in emotions for g in (0.02, 0.1)])
    items += analyse_clips([utterance("nemo", emotion=e) for e in emotions[:3]])
    found = per_corpus(net, heads, items)
    assert set(found) == {"ravdess", "nemo"}
    assert (found["ravdess"]["clips"], found["ravdess"]["speakers"]) == (8, 1)
    alone = per_corpus(net, heads, items[:8])
    assert set(alone) == {"ravdess"}
    for name, value in alone["ravdess"].items():
        assert found["ravdess"][name] == pytest.approx(value, nan_ok=True)
    out = predict_clips(net, heads, items[:8])["affect"]
    labels = np.array([item.clip.valence_arousal for item in items[:8]])
    assert found["ravdess"]["ccc_arousal"] == pytest.approx(ccc(out[:, 1], labels[:, 1]))


def test_no_clips_no_figures() -> None:
    assert per_corpus(Levels(), VoiceHeads(1), []) == {}


def test_a_clip_is_read_alike_alone_and_among_longer_ones() -> None:
    torch.manual_seed(0)
    net = VoiceNet(dim=16, widths=(4, 8, 8)).eval()
    heads = VoiceHeads(16).eval()
    items = analyse_clips([utterance(), utterance(emotion="sadness")])
    short = ClipViews(items[0], View(np.ones((40, 64), np.float16), np.ones(5, bool)), ())
    long = ClipViews(items[1], View(np.ones((400, 64), np.float16), np.ones(50, bool)), ())
    among, alone = (predict_views(net, heads, clips)["affect"][0] for clips in ([short, long], [short]))
    np.testing.assert_array_equal(among, alone)


def test_another_encoder_of_voices_is_trained(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "create_encoder", lambda name, **options: Levels())
    run(recipe, stages=["voice"])
    for fold in ("fold0", "fold1", "all"):
        net, heads = load_voice(read_corpus_recipe(recipe), fold)
        assert isinstance(net, Levels)
        assert heads.affect.in_features == 1


def test_an_encoder_of_another_tick_rate_is_refused(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "create_encoder", lambda name, **options: Coarse())
    with pytest.raises(ModelError, match=r"Coarse gives 6\.25 features a second"):
        run(recipe, stages=["voice"])

"""Training the voice encoder: what is done to clips, which are drawn, and the loss."""

import numpy as np
import pytest
import torch

from avaffect.corpus.speech import EMOTIONS, Utterance
from avaffect.train.voice.augment import Damage, add_noise, cut, mask_bands
from avaffect.train.voice.clips import LOUDER, TICKS, Heard, VoiceBatches, hear, loudness, ticks
from avaffect.train.voice.module import SMOOTHING, VoiceHeads, emotion_loss
from avaffect.train.voice.stage import view
from avaffect.voice.level import GAIN_SPREAD, MANNER_SPREAD

NONE = Damage(speed=0, room=0, microphone=0, band=0, noise=0, babble=0, time_masks=0, band_masks=0)


def clip(corpus: str = "ravdess", emotion: str = "anger", speaker: str = "a", gain: float = 0.1) -> Utterance:
    rng = np.random.default_rng(len(corpus) + len(emotion) + len(speaker))
    samples = (gain * 32767 * rng.uniform(-1, 1, 16000)).astype(np.int16)
    return Utterance(corpus, "x", speaker, "", "", emotion, "strong", "train", samples)


def heard(corpus: str = "ravdess", emotion: str = "anger", manner: float = 0.0) -> Heard:
    return Heard(clip(corpus, emotion), np.ones(100, bool), -2.0 + manner, -2.0)


@pytest.mark.parametrize("seed", range(6))
def test_the_mask_follows_the_voice(seed):
    voiced = np.zeros(100, bool)
    voiced[30:60] = True
    sound = np.repeat(voiced, 160).astype(np.float32) * 0.5
    rng = np.random.default_rng(seed)
    piece, mask = cut(sound, voiced, 256, rng, Damage(speed=0.1, room=0, microphone=0, band=0))
    assert piece.shape == (256 * 160,)
    assert mask.any()
    level = np.abs(piece.reshape(256, 160)).mean(axis=1)
    inside, outside = mask & (level > 0.4), ~mask & (level < 0.1)
    assert (inside | outside).sum() >= 252  # but for a frame at each edge


def test_an_untouched_cut_is_the_clip():
    sound = np.random.default_rng(0).standard_normal(48000).astype(np.float32)
    piece, _ = cut(sound, np.ones(300, bool), 100, np.random.default_rng(3), NONE)
    start = min(range(0, 32001, 160), key=lambda i: np.abs(sound[i : i + 160] - piece[:160]).sum())
    np.testing.assert_allclose(piece, sound[start : start + 16000], atol=1e-5)


def test_speed_moves_the_pitch():
    tone = np.sin(2 * np.pi * 1000 * np.arange(48000) / 16000).astype(np.float32)
    found = set()
    for seed in range(8):
        damage = Damage(speed=0.2, room=0, microphone=0, band=0)
        piece, _ = cut(tone, np.ones(300, bool), 100, np.random.default_rng(seed), damage)
        found.add(round(np.abs(np.fft.rfft(piece)).argmax() * 16000 / len(piece)))
    assert min(found) < 950
    assert max(found) > 1050
    assert all(780 <= pitch <= 1270 for pitch in found)


def test_noise_is_as_loud_as_was_drawn():
    voiced = np.arange(200) < 100
    sound = np.repeat(voiced, 160).astype(np.float32)
    ratios = []
    for seed in range(40):
        noisy = add_noise(sound, voiced, [], np.random.default_rng(seed), Damage(noise=1, babble=0))
        ratios.append(-np.log10(np.mean((noisy - sound) ** 2)))
    assert 0.29 < min(ratios) < 1.0
    assert 3.8 < max(ratios) < 4.51


def test_masks_leave_the_input_alone():
    logmel = np.random.default_rng(0).standard_normal((256, 64)).astype(np.float32)
    before = logmel.copy()
    out = mask_bands(logmel, np.random.default_rng(0), Damage())
    np.testing.assert_array_equal(logmel, before)
    changed = out != logmel
    assert changed.any()
    np.testing.assert_array_equal(out[changed], np.full(changed.sum(), logmel.mean()))


def test_loudness_keeps_manner_and_loses_it_in_short_recordings():
    rng = np.random.default_rng(0)
    loud = np.array([loudness(heard(manner=1.0), rng) for _ in range(4000)])
    left = MANNER_SPREAD**2 / (MANNER_SPREAD**2 + GAIN_SPREAD**2)
    assert loud.mean() == pytest.approx((1 + left) / 2, abs=0.03)


def test_loudness_that_a_corpus_lost_follows_arousal():
    rng = np.random.default_rng(0)

    def usual(emotion: str) -> float:
        scaled = Heard(clip(emotion=emotion), np.ones(100, bool), 5.0, float("nan"))
        return float(np.mean([loudness(scaled, rng) for _ in range(4000)]))

    kept = (1 + MANNER_SPREAD**2 / (MANNER_SPREAD**2 + GAIN_SPREAD**2)) / 2
    arousal = {name: clip(emotion=name).valence_arousal[1] for name in ("anger", "sadness")}
    expected = kept * LOUDER * (arousal["anger"] - arousal["sadness"])
    assert usual("anger") - usual("sadness") == pytest.approx(expected, abs=0.05)


def test_usual_level_is_the_speakers_where_the_corpus_kept_it():
    clips = [clip(gain=0.1), clip(gain=0.01), clip(speaker="bb"), clip("nemo", speaker="ccc")]
    items = hear(clips)
    assert items[0].level - items[1].level == pytest.approx(2.0, abs=0.02)
    assert items[0].usual == pytest.approx((items[0].level + items[1].level) / 2)
    assert items[2].usual == pytest.approx(items[2].level)
    assert np.isnan(items[3].usual)
    assert all(item.voiced.any() for item in items)  # noise is no speech: the loud frames count


def test_the_view_is_relative_to_what_is_known():
    item = hear([clip(gain=0.1), clip(gain=0.001)])[0]
    alone, long = view(item, "clip"), view(item, "speaker")
    assert alone.shape == long.shape == (1, 100, 64)
    assert (long - alone).mean() > 0.3  # louder than usual, which one clip cannot tell


def test_batches_are_even_and_repeat():
    items = [heard(emotion="anger")] * 9 + [heard(emotion="calm")]
    items += [heard("emodb4_full", "anger"), heard("emodb4_full", "sadness")]
    batches = VoiceBatches(items, draws=90, batch=30, seed=0, damage=Damage())
    first, again = list(batches), list(batches)
    assert len(first) == len(batches) == 3
    assert torch.equal(first[0]["logmel"], again[0]["logmel"])
    batches.epoch = 1
    assert not torch.equal(first[0]["logmel"], next(iter(batches))["logmel"])
    batch = {name: torch.cat([b[name] for b in first]) for name in first[0]}
    assert batch["logmel"].shape == (90, TICKS * 8, 64)
    assert batch["mask"].any(dim=1).all()
    names = [EMOTIONS[i] for i in batch["emotion"].tolist()]
    assert 0.2 < names.count("calm") / 90 < 0.5  # half of RAVDESS' 45 parts in 65
    sad = names.index("sadness")
    assert batch["known"][sad].nonzero()[:, 0].tolist() == [
        EMOTIONS.index("sadness"), EMOTIONS.index("anger"),
    ]  # fmt: skip


def test_emotion_loss_by_hand():
    logits = torch.tensor([[1.0, 2.0, 5.0], [0.0, 1.0, -1.0]])
    known = torch.tensor([[True, True, False], [True, True, True]])
    expected = 0.0
    for row, truth, classes in ((logits[0], 0, [0, 1]), (logits[1], 2, [0, 1, 2])):
        total = sum(np.exp(row[c].item()) for c in classes)
        log_share = {c: np.log(np.exp(row[c].item()) / total) for c in classes}
        mean = sum(log_share.values()) / len(classes)
        expected -= ((1 - SMOOTHING) * log_share[truth] + SMOOTHING * mean) / 2
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


def test_ticks_of_frames():
    voiced = np.zeros(35, bool)
    voiced[6:20] = True
    assert ticks(voiced).tolist() == [False, True, True, False]
    assert ticks(np.arange(16) == 3).tolist() == [True, False]  # never none

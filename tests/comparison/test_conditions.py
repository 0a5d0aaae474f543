"""Clips of actors with one stream changed, and side by side."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avaffect.comparison import all_systems
from avaffect.comparison.conditions import Condition, clip_batch, every_condition
from avaffect.comparison.network import Settings, create_network
from avaffect.errors import DataError
from avaffect.train.evaluate import predict_sequences
from avaffect.train.feature_pool import by_actor

from .conftest import pairs_of

STREAMS = ("audio", "visual")


def batch_of(clips, condition):
    return clip_batch(clips, condition, by_actor(clips), np.random.default_rng(0))


def test_intact_clips_are_as_they_are(pairs):
    batch = batch_of(pairs, None)
    assert not batch.hit.any()
    for row, clip in enumerate(pairs):
        ticks = len(clip.masks["audio"])
        for name in STREAMS:
            np.testing.assert_array_equal(batch.data[name][row, :ticks].numpy(), clip.intact[name])
            np.testing.assert_array_equal(batch.data[f"{name}_mask"][row, :ticks].numpy(), clip.masks[name])
            assert not batch.data[f"{name}_mask"][row, ticks:].any()
        np.testing.assert_array_equal(batch.data["affect"][row].numpy()[0], clip.affect)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_share_of_one_stream_is_degraded(pairs, stream, share):
    other = STREAMS[stream == STREAMS[0]]
    batch, whole = batch_of(pairs, Condition(stream, "degraded", share)), batch_of(pairs, None)
    assert torch.equal(batch.data[other], whole.data[other])
    for name in STREAMS:
        assert torch.equal(batch.data[f"{name}_mask"], whole.data[f"{name}_mask"])
    for row, clip in enumerate(pairs):
        ticks = len(clip.masks["audio"])
        values, hit = batch.data[stream][row, :ticks].numpy(), batch.hit[row, :ticks]
        np.testing.assert_array_equal(values[hit], clip.corrupted[stream][hit])
        same = (values == clip.intact[stream]).all(axis=1)
        assert (~same).sum() == (hit & clip.masks[stream]).sum() == hit.sum()
        assert hit.sum() <= round(share * ticks)
    if share == 1.0:
        np.testing.assert_array_equal(batch.hit, whole.data[f"{stream}_mask"].numpy())


@pytest.mark.parametrize("stream", STREAMS)
def test_another_clip_is_of_the_same_actor_with_another_emotion(pairs, stream):
    other = STREAMS[stream == STREAMS[0]]
    batch, whole = batch_of(pairs, Condition(stream, "other")), batch_of(pairs, None)
    assert torch.equal(batch.data[other], whole.data[other])
    assert torch.equal(batch.data["affect"], whole.data["affect"])
    for row, clip in enumerate(pairs):
        ticks = len(clip.masks[stream])
        values, mask = batch.data[stream][row].numpy(), batch.data[f"{stream}_mask"][row].numpy()
        (donor,) = (
            each
            for each in pairs
            if np.array_equal(each.intact[stream][:ticks], values[: min(ticks, len(each.intact[stream]))])
        )
        assert donor.actor == clip.actor
        assert not np.allclose(donor.affect, clip.affect)
        kept = donor.masks[stream][:ticks]
        np.testing.assert_array_equal(mask[: len(kept)], kept)
        assert not mask[len(kept) :].any()
        np.testing.assert_array_equal(batch.hit[row], mask)


def test_an_actor_of_one_emotion_is_said():
    with pytest.raises(DataError, match="ann has one emotion only"):
        batch_of(pairs_of(actors=("ann",), emotions=((0.8, 0.4),)), Condition("audio", "other"))


def test_keys_are_all_different():
    keys = [condition.key for condition in every_condition()]
    assert len(set(keys)) == len(keys) == 8
    assert "visual.degraded.60" in keys


@pytest.mark.parametrize("system", [each for each in all_systems() if each.fusion], ids=lambda s: s.name)
def test_a_clip_reads_the_same_alone_and_beside_longer_ones(pairs, system):
    torch.manual_seed(0)
    dims = {name: pairs[0].intact[name].shape[1] for name in system.streams}
    network = create_network(system.fusion, dims, Settings(size=8)).eval()
    clips = sorted(pairs[:6], key=lambda clip: len(clip.masks["audio"]))
    together, _ = predict_sequences(network, batch_of(clips, None).data)
    alone, _ = predict_sequences(network, clip_batch(clips[:1], None, {}, np.random.default_rng(0)).data)
    assert together.shape[1] > alone.shape[1]
    np.testing.assert_allclose(together[0, : alone.shape[1]], alone[0], atol=1e-5)

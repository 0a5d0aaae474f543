"""Models over whole recordings."""

import numpy as np
import pytest
import torch

from avaffect.corpus.windows import Windows
from avaffect.errors import DataError
from avaffect.metric import ccc
from avaffect.spec import Component
from avaffect.train.sequence import Replay, SequenceModel, predict, score


def model_of(store, **options):
    torch.manual_seed(0)
    return SequenceModel(store.dims, fusion=Component("hgrjca"), fused_dim=8, **options).train()


def test_overlapping_windows_are_averaged(store):
    windows = Windows(store.recordings, ticks=40, hop=15, labelled_only=False)
    model = model_of(store)
    replays = predict(model, windows, batch=7, weights=True)
    assert model.training
    model.eval()
    assert list(replays) == [stored.name for stored in store]
    for number, (stored, replay) in enumerate(zip(store, replays.values(), strict=True)):
        values, attended = np.zeros((stored.ticks, 2)), np.zeros(stored.ticks)
        count = np.zeros((stored.ticks, 1))
        for index, window in enumerate(windows.windows):
            if window.recording != number:
                continue
            data = windows[[index]]
            with torch.no_grad():
                out = model(data, {name: data[f"{name}_mask"] for name in store.dims})
            where = slice(window.start, window.start + window.length)
            values[where] += out.values[0].numpy()
            attended[where] += out.weights["attended.audio"][0].numpy()
            count[where] += 1
        np.testing.assert_allclose(replay.values, values / count, atol=1e-5)
        np.testing.assert_allclose(replay.weights["attended.audio"], attended / count[:, 0], atol=1e-5)
        np.testing.assert_array_equal(replay.labels, stored.read()["labels"].numpy())


def test_a_hidden_stream_is_as_if_it_were_never_there(store):
    class Deaf(Windows):
        def __getitem__(self, index):
            batch = super().__getitem__(index)
            return batch | {"audio_mask": torch.zeros_like(batch["audio_mask"])}

    options = {"ticks": 40, "hop": 20, "labelled_only": False}
    model = model_of(store)
    seen = predict(model, Windows(store.split("val"), **options))
    hidden = predict(model, Windows(store.split("val"), **options), hide=["audio"])
    deaf = predict(model, Deaf(store.split("val"), **options))
    for name, replay in hidden.items():
        np.testing.assert_array_equal(replay.values, deaf[name].values)
        assert np.abs(replay.values - seen[name].values).max() > 1e-3


def test_uncovered_ticks_are_missing(store):
    windows = Windows(store.split("val"), ticks=10, hop=30, labelled_only=False)
    replay = next(iter(predict(model_of(store), windows).values()))
    assert np.isfinite(replay.values[:10]).all()
    assert np.isnan(replay.values[10:30]).all()


def test_targets_of_the_model_only(store):
    windows = Windows(store.split("val"), ticks=40, hop=40, labelled_only=False)
    replays = predict(model_of(store, targets=("arousal",)), windows)
    first = windows.recordings[0]
    np.testing.assert_array_equal(replays[first.name].labels[:, 0], first.read()["labels"][:, 1].numpy())
    with pytest.raises(DataError, match="no rating of 'arosal' in the store; did you mean 'arousal'"):
        predict(model_of(store, targets=("arosal",)), windows)


def test_score_pools_recordings():
    rng = np.random.default_rng(0)
    labels = [rng.normal(size=(n, 2)).astype(np.float32) for n in (30, 50)]
    values = [x + rng.normal(size=x.shape).astype(np.float32) for x in labels]
    labels[0][:5] = np.nan
    values[1][:7] = np.nan
    replays = {str(i): Replay(v, x, {}) for i, (v, x) in enumerate(zip(values, labels, strict=True))}
    figures = score(replays, ("valence", "arousal"))
    expected = [ccc(np.concatenate(values)[:, k], np.concatenate(labels)[:, k]) for k in range(2)]
    assert [figures["ccc_valence"], figures["ccc_arousal"]] == expected
    assert figures["ccc"] == pytest.approx(np.mean(expected))

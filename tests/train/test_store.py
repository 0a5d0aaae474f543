"""A store as a source: shares of batches, predictions over whole recordings, scales of features."""

import numpy as np
import pytest
import torch

from avaffect.corpus.windows import Windows
from avaffect.errors import DataError
from avaffect.metric import ccc
from avaffect.spec import Component
from avaffect.train.prediction import Prediction, score
from avaffect.train.store import Shares, WindowBatches, measure_scale, predict

from .stores import network_of


def test_order_depends_on_seed_and_epoch_alone():
    def epoch(number, seed=0):
        return list(Shares(11, number, batch=4, seed=seed))

    assert [len(batch) for batch in epoch(0)] == [4, 4, 3]
    assert sorted(i for batch in epoch(0) for i in batch) == list(range(11))
    assert epoch(3) == epoch(3)
    assert epoch(3) != epoch(2)
    assert epoch(3) != epoch(3, seed=1)


def test_processes_share_each_batch():
    whole = list(Shares(9, 0, batch=4, seed=0))
    parts = [list(Shares(9, 0, batch=4, seed=0, process=p, processes=2)) for p in range(2)]
    assert [sorted(a + b) for a, b in zip(*parts, strict=True)] == [sorted(batch) for batch in whole]
    assert parts[1][-1] == []


def test_an_empty_share_is_a_window_without_ratings(store):
    windows = Windows(store.recordings, ticks=30, hop=30)
    cut = WindowBatches(windows, ("valence", "arousal"), batch=4, seed=0).cut
    empty = cut[[]]
    assert empty["audio"].shape == (1, 30, 3)
    assert empty["affect"].isnan().all()
    assert not empty["labelled"].any()
    full = cut[[0, len(windows) - 1]]
    assert full["recording"].tolist() == [0, 5]
    assert full["affect"].isfinite().any()


def model_of(store, **options):
    torch.manual_seed(0)
    return network_of(store.dims, temporal=Component("tcn"), **options).train()


def test_overlapping_windows_are_averaged(store):
    windows = Windows(store.recordings, ticks=40, hop=15, labelled_only=False)
    model = model_of(store)
    predictions = predict(model, windows, batch=7, weights=True)
    assert model.training
    model.eval()
    assert list(predictions) == [stored.name for stored in store]
    for number, (stored, prediction) in enumerate(zip(store, predictions.values(), strict=True)):
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
        np.testing.assert_allclose(prediction.values, values / count, atol=1e-5)
        np.testing.assert_allclose(prediction.weights["attended.audio"], attended / count[:, 0], atol=1e-5)
        np.testing.assert_array_equal(prediction.labels, stored.read()["labels"].numpy())


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
    for name, prediction in hidden.items():
        np.testing.assert_array_equal(prediction.values, deaf[name].values)
        assert np.abs(prediction.values - seen[name].values).max() > 1e-3


def test_uncovered_ticks_are_missing(store):
    windows = Windows(store.split("val"), ticks=10, hop=30, labelled_only=False)
    prediction = next(iter(predict(model_of(store), windows).values()))
    assert np.isfinite(prediction.values[:10]).all()
    assert np.isnan(prediction.values[10:30]).all()


def test_targets_of_the_model_only(store):
    windows = Windows(store.split("val"), ticks=40, hop=40, labelled_only=False)
    predictions = predict(model_of(store, targets=("arousal",)), windows)
    first = windows.recordings[0]
    np.testing.assert_array_equal(predictions[first.name].labels[:, 0], first.read()["labels"][:, 1].numpy())
    with pytest.raises(DataError, match="no rating of 'arosal' in the store; did you mean 'arousal'"):
        predict(model_of(store, targets=("arosal",)), windows)


def test_score_pools_recordings():
    rng = np.random.default_rng(0)
    labels = [rng.normal(size=(n, 2)).astype(np.float32) for n in (30, 50)]
    values = [x + rng.normal(size=x.shape).astype(np.float32) for x in labels]
    labels[0][:5] = np.nan
    values[1][:7] = np.nan
    predictions = {
        str(i): Prediction(v, x, {}, {}) for i, (v, x) in enumerate(zip(values, labels, strict=True))
    }
    figures = score(predictions, ("valence", "arousal"))
    expected = [ccc(np.concatenate(values)[:, k], np.concatenate(labels)[:, k]) for k in range(2)]
    assert [figures["ccc_valence"], figures["ccc_arousal"]] == expected
    assert figures["ccc"] == pytest.approx(np.mean(expected))


def test_standardised_over_available_ticks(store):
    windows = Windows(store.split("train"), ticks=40, hop=40)
    network = network_of(store.dims, "concat", standardise=True)
    measure_scale(network, windows)
    for name in store.dims:
        read = [stored.features() for stored in windows.recordings]
        seen = np.concatenate([r.streams[name][r.masks[name]] for r in read])
        np.testing.assert_allclose(network.get_buffer(f"mean_{name}"), seen.mean(0), rtol=1e-4)
        np.testing.assert_allclose(network.get_buffer(f"deviation_{name}"), seen.std(0), rtol=1e-4)
    assert "mean_audio" in network.state_dict()
    plain = network_of(store.dims, "concat")
    measure_scale(plain, windows)
    assert "mean_audio" not in plain.state_dict()

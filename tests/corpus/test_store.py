"""The feature store and its windows."""

import os
import pickle

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save
from torch.utils.data import DataLoader

from avaffect.corpus.base import Features
from avaffect.corpus.store import FeatureStore, Meta, inspect, write
from avaffect.corpus.windows import Windows
from avaffect.errors import DataError
from avaffect.windows import window_starts


def meta(name, **changes):
    known = {
        "subject": name,
        "split": "train",
        "corpus": "c",
        "targets": ("valence", "arousal"),
        "tick_rate": 12.5,
    }
    return Meta(**{"name": name, "encoders": "e", **known, **changes})


def put(folder, name, ticks, *, half=True, dim=4, labelled=None, **changes):
    """A file whose features tell their tick, so that any slip of alignment shows."""
    ramp = np.arange(ticks, dtype=np.float32)[:, None]
    mask = np.arange(ticks) % 5 != 0
    streams = {"audio": ramp + np.zeros(dim, np.float32), "visual": -ramp * np.ones(2, np.float32)}
    known = np.ones(ticks, bool) if labelled is None else labelled
    labels = np.where(known[:, None], np.concatenate([ramp, -ramp], axis=1) / 1000, np.nan).astype(np.float32)
    features = Features(streams, {"audio": mask, "visual": ~mask})
    return write(folder, meta(name, **changes), features, labels, known, half=half)


@pytest.fixture
def store(tmp_path):
    put(tmp_path, "b", 25, split="val")
    put(tmp_path, "a", 40, labelled=np.arange(40) >= 20)
    put(tmp_path, "c", 6)
    return FeatureStore(tmp_path)


def test_what_is_written_is_read(tmp_path):
    path = put(tmp_path, "a", 7, options={"scale": (1, 9)})
    stored = inspect(path)
    assert (stored.name, stored.ticks, stored.dims) == ("a", 7, {"audio": 4, "visual": 2})
    assert stored.meta.to_json() == meta("a", options={"scale": (1, 9)}).to_json()
    tensors = stored.read()
    assert tensors["features.audio"].dtype == torch.float16
    assert tensors["features.audio"][:, 0].tolist() == list(range(7))
    assert tensors["mask.visual"].tolist() == [True, False, False, False, False, True, False]
    assert os.listdir(tmp_path) == ["a.safetensors"]


def test_features_too_large_for_half_stay_single(tmp_path):
    features = Features({"audio": np.full((2, 1), 1e5, np.float32)}, {"audio": np.ones(2, bool)})
    labels = np.zeros((2, 2), np.float32)
    path = write(tmp_path, meta("a"), features, labels, np.ones(2, bool), half=True)
    assert inspect(path).read()["features.audio"].tolist() == [[1e5], [1e5]]


def test_splits_and_folds(store):
    assert [r.name for r in store] == ["a", "b", "c"]
    assert [r.name for r in store.split("val")] == ["b"]
    assert [r.name for r in store.folds(2)[0].val] == ["b"]
    assert [fold.name for fold in store.folds()] == ["a", "b", "c"]
    assert (store.tick_rate, store.targets) == (12.5, ("valence", "arousal"))
    with pytest.raises(DataError, match="has no recording 'd'"):
        store["d"]


def test_a_killed_writer_leaves_nothing_that_is_read(store, tmp_path):
    (tmp_path / ".d.safetensors.12345678.part").write_bytes(b"half")
    assert len(FeatureStore(tmp_path)) == 3


def test_problems(tmp_path):
    with pytest.raises(DataError, match="no extracted recordings; make them with `avaffect extract"):
        FeatureStore(tmp_path)
    put(tmp_path, "a", 5)
    put(tmp_path, "b", 5, encoders="other")
    with pytest.raises(DataError, match="differ in corpus, options"):
        FeatureStore(tmp_path)
    (tmp_path / "b.safetensors").write_bytes(b"no tensors")
    with pytest.raises(DataError, match="b.safetensors: not a file of a feature store"):
        FeatureStore(tmp_path)


def test_windows_cover_every_tick():
    for ticks in (1, 9, 10, 11, 57):
        starts = window_starts(ticks, 10, 7)
        covered = {k for start in starts for k in range(start, min(start + 10, ticks))}
        assert covered == set(range(ticks))
        assert all(start + 10 <= ticks for start in starts) or ticks < 10
        assert len(set(starts)) == len(starts)


@pytest.mark.parametrize("load", [True, False])
def test_windows_hold_what_stands_at_their_ticks(store, load):
    windows = Windows(store.recordings, ticks=10, hop=10, load=load)
    # Of "a" only the second half is labelled; "b" ends with a window from 15 on; "c" is padded.
    where = [(store.recordings[w.recording].name, w.start) for w in windows.windows]
    assert where == [("a", 20), ("a", 30), ("b", 0), ("b", 10), ("b", 15), ("c", 0)]
    batch = windows[[1, 5]]
    assert batch["audio"].dtype == torch.float32
    assert batch["audio"].shape == (2, 10, 4)
    assert batch["audio"][0, :, 0].tolist() == list(range(30, 40))
    assert batch["visual"][0, :, 1].tolist() == [-t for t in range(30, 40)]
    np.testing.assert_allclose(batch["affect"][0, :, 0], np.arange(30, 40) / 1000, rtol=1e-6)
    assert batch["audio_mask"][0].tolist() == [t % 5 != 0 for t in range(30, 40)]
    assert batch["labelled"].sum(1).tolist() == [10, 6]
    assert not batch["audio_mask"][1, 6:].any()
    assert batch["affect"][1, 6:].isnan().all()
    one = windows[5]
    assert one["audio"].equal(batch["audio"][1])
    assert one["window"].item() == 5


@pytest.mark.parametrize(("load", "workers"), [(True, 0), (False, 1)])
def test_loaders_take_windows(store, load, workers):
    windows = Windows(store.recordings, ticks=4, hop=1, labelled_only=False, load=load)
    assert windows[0]["audio"].shape == (4, 4)  # files are open in this process, workers open their own
    batches = list(DataLoader(windows, batch_size=8, shuffle=True, num_workers=workers))
    assert sorted(i for batch in batches for i in batch["window"].tolist()) == list(range(len(windows)))
    assert batches[0]["audio"].shape == (8, 4, 4)


def test_windows_need_recordings(store):
    with pytest.raises(DataError, match="no recordings to cut windows from"):
        Windows(store.split("test"), ticks=4, hop=1)
    with pytest.raises(DataError, match="ticks=0, hop=1"):
        Windows(store.recordings, ticks=0, hop=1)


def test_a_window_with_one_known_target_is_kept(tmp_path):
    labels = np.full((20, 2), np.nan, np.float32)
    labels[12, 0] = 0.5
    features = Features({"audio": np.zeros((20, 1), np.float32)}, {"audio": np.ones(20, bool)})
    write(tmp_path, meta("a"), features, labels, np.zeros(20, bool), half=True)
    windows = Windows(FeatureStore(tmp_path).recordings, ticks=10, hop=10)
    assert [window.start for window in windows.windows] == [10]
    assert windows[0]["affect"][2, 0] == 0.5
    assert windows[0]["affect"].isfinite().sum() == 1


@pytest.mark.parametrize("load", [True, False])
def test_windows_can_be_sent_to_another_process(store, load):
    windows = Windows(store.recordings, ticks=10, hop=5, load=load)
    first = windows[0]
    copy = pickle.loads(pickle.dumps(windows))
    torch.testing.assert_close(copy[0], first, equal_nan=True)


def rewritten(path, change, metadata=None):
    """Change the arrays of a file, or its metadata."""
    with safe_open(path, framework="np") as file:
        text = file.metadata()["meta"]
    arrays = change(load_file(path))
    text = text if metadata is None else metadata(text)
    path.write_bytes(save({k: np.ascontiguousarray(v) for k, v in arrays.items()}, metadata={"meta": text}))


def same(arrays):
    return arrays


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a | {"features.audio": a["features.audio"][:, 0]}, "features.audio is F.. of shape"),
        (lambda a: a | {"features.audio": a["features.audio"][:, :0]}, "features.audio is F.. of shape"),
        (lambda a: a | {"features.audio": a["features.audio"].astype(int)}, "features.audio is I64 of shape"),
        (lambda a: a | {"mask.audio": a["mask.audio"][:3]}, "mask.audio is BOOL of shape"),
        (lambda a: a | {"mask.audio": a["mask.audio"].astype(float)}, "mask.audio is F64 of shape"),
        (lambda a: a | {"labels": a["labels"][:, :1]}, "labels is F32 of shape"),
        (lambda a: {k: v for k, v in a.items() if k != "mask.audio"}, "mask.audio is missing"),
        (lambda a: {k: v for k, v in a.items() if k != "labels"}, "labels is missing"),
        (lambda a: {k: v for k, v in a.items() if k != "labelled"}, "no array 'labelled'"),
        (lambda a: a | {"other": a["labels"]}, "'other' does not belong there"),
    ],
)
def test_arrays_are_checked_before_use(store, change, message):
    rewritten(store.recordings[0].path, change)
    with pytest.raises(DataError, match=f"not a file of a feature store .{message}.*; delete it") as caught:
        FeatureStore(store.path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (lambda text: "[" * 100_000, "not valid JSON"),
        (lambda text: text.replace('"split": "', '"split": "x'), "split: String should match"),
        (lambda text: text.replace("12.5", "-1"), "tick_rate: Input should be greater than 0"),
        (
            lambda text: text.replace('"corpus"', '"korpus"'),
            "the key 'corpus' is missing|unknown key",
        ),
        (lambda text: text.replace('"format": 2', '"format": 1'), "format: Input should be 2, but it is 1"),
    ],
)
def test_metadata_are_checked_before_use(store, metadata, message):
    rewritten(store.recordings[0].path, same, metadata)
    with pytest.raises(DataError, match=f"its metadata: ({message})") as caught:
        FeatureStore(store.path)
    assert "\n" not in str(caught.value)


def test_available_features_are_numbers(store):
    def spoil(arrays):
        values, mask = arrays["features.audio"].copy(), arrays["mask.audio"]
        values[np.flatnonzero(mask)[0]] = np.nan
        return arrays | {"features.audio": values}

    rewritten(store.recordings[0].path, spoil)
    with pytest.raises(DataError, match="features.audio are no finite numbers at ticks where mask.audio"):
        FeatureStore(store.path).recordings[0].read()


def test_two_files_of_one_recording(store):
    first = store.recordings[0].path
    first.with_name("copy.safetensors").write_bytes(first.read_bytes())
    with pytest.raises(DataError, match="two files hold the recording"):
        FeatureStore(store.path)


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_byte_changed_gives_a_recording_or_a_line(store, data):
    path, fault = store.recordings[0].path, ""
    content = path.read_bytes()
    place = data.draw(st.integers(0, min(len(content) - 1, 1500)))
    rest = content[place + data.draw(st.integers(0, 4)) :]
    path.write_bytes(content[:place] + data.draw(st.binary(max_size=4)) + rest)
    try:
        inspect(path).read()
    except DataError as error:
        fault = str(error)
    finally:
        path.write_bytes(content)
    assert "\n" not in fault

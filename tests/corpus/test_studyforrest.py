"""studyforrest: features straight in, and the segments as what is left out."""

import numpy as np
import pytest

from avaffect.corpus import open_corpus
from avaffect.errors import DataError
from avaffect.streams.timeline import Timeline


@pytest.fixture
def archive(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {}
    for run, t in ((1, 101), (2, 50), (10, 60)):
        arrays |= {
            f"run{run}_audio": rng.normal(size=(t, 2)).astype(np.float32),
            f"run{run}_visual": rng.normal(size=(t, 4)).astype(np.float32),
            f"run{run}_phash": rng.integers(0, 256, (t, 18), dtype=np.uint8),
            f"run{run}_valence": rng.uniform(-1, 1, t).astype(np.float32),
            f"run{run}_arousal": rng.uniform(-1, 1, t).astype(np.float32),
            f"run{run}_labelled": rng.random(t) < 0.6,
        }
    path = tmp_path / "studyforrest_av_va.npz"
    np.savez(path, **arrays)
    return path, arrays


def test_features_straight_in(archive):
    path, arrays = archive
    corpus = open_corpus("studyforrest", path, phash=True)
    assert [r.name for r in corpus.recordings] == ["run1", "run2", "run10"]
    features = corpus.features(corpus["run1"])
    np.testing.assert_array_equal(features.streams["audio"], arrays["run1_audio"])
    np.testing.assert_array_equal(features.streams["visual"][:, :4], arrays["run1_visual"])
    np.testing.assert_array_equal(
        features.streams["visual"][:, 4:], np.unpackbits(arrays["run1_phash"], axis=1)
    )
    assert features.masks["audio"].all()
    ratings = corpus.ratings(corpus["run1"])["arousal"]
    labelled = arrays["run1_labelled"]
    np.testing.assert_array_equal(ratings.valid, labelled)
    np.testing.assert_allclose(
        ratings.at(Timeline(25.0), 101)[labelled], arrays["run1_arousal"][labelled], rtol=1e-6
    )


def test_a_lower_rate_is_the_mean_over_the_tick(archive):
    path, arrays = archive
    corpus = open_corpus("studyforrest", path.parent, tick_rate=12.5)
    features = corpus.features(corpus["run1"])
    assert len(features) == 51
    pairs = arrays["run1_visual"][:100].reshape(50, 2, 4).mean(axis=1)
    np.testing.assert_allclose(features.streams["visual"][:50], pairs, rtol=1e-5, atol=1e-6)


def test_leave_one_segment_out(archive):
    corpus = open_corpus("studyforrest", archive[0])
    assert [[r.name for r in fold.val] for fold in corpus.folds()] == [["run1"], ["run2"], ["run10"]]
    assert all(len(fold.train) == 2 for fold in corpus.folds())


def test_the_real_file(shared):
    corpus = open_corpus("studyforrest", shared / "data" / "studyforrest_av_va.npz")
    assert len(corpus) == 8
    features = [corpus.features(r) for r in corpus.recordings]
    assert sum(map(len, features)) == 180_759
    shares = [corpus.ratings(r)["valence"].valid.mean() for r in corpus.recordings]
    assert 0.5 < min(shares) < max(shares) < 0.83


def test_problems(tmp_path, archive):
    with pytest.raises(DataError, match="expected studyforrest's .npz"):
        open_corpus("studyforrest", tmp_path / "nowhere")
    with pytest.raises(DataError, match="tick_rate=50"):
        open_corpus("studyforrest", archive[0], tick_rate=50)
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(DataError, match="no runs inside"):
        open_corpus("studyforrest", tmp_path / "other.npz")
    np.savez(tmp_path / "half.npz", run1_audio=np.zeros((3, 2)))
    corpus = open_corpus("studyforrest", tmp_path / "half.npz")
    with pytest.raises(DataError, match="no 'run1_visual' inside"):
        corpus.features(corpus["run1"])


def test_arrays_of_different_lengths_are_refused(tmp_path, archive):
    with np.load(archive[0]) as old:
        arrays = dict(old)
    arrays["run1_valence"] = arrays["run1_valence"][:-1]
    np.savez(tmp_path / "short.npz", **arrays)
    corpus = open_corpus("studyforrest", tmp_path / "short.npz")
    with pytest.raises(DataError, match=r"arrays of run1 have \[\d+, \d+\] rows; expected one length"):
        corpus.features(corpus["run1"])

"""Utterances of three streams and one score."""

import numpy as np
import pytest

from avaffect.corpus import open_corpus
from avaffect.corpus.ratings import label_ticks
from avaffect.errors import DataError
from avaffect.streams.timeline import Timeline


def write(path, *, steps=(4, 8, 2), score=1.5, **extra):
    rng = np.random.default_rng(1)
    streams = {n: rng.normal(size=(t, 3)) for n, t in zip(("text", "audio", "visual"), steps, strict=True)}
    np.savez(path, **{**streams, "score": score, **extra})
    return streams


def test_streams_are_brought_to_the_steps_of_the_longest(tmp_path):
    raw = write(tmp_path / "video1_0.npz", split="train")
    corpus = open_corpus("utterances", tmp_path)
    assert [(r.name, r.subject, r.split) for r in corpus.recordings] == [("video1_0", "video1", "train")]
    features = corpus.features(corpus["video1_0"])
    np.testing.assert_allclose(features.streams["audio"], raw["audio"], rtol=1e-6)
    np.testing.assert_allclose(features.streams["text"], np.repeat(raw["text"], 2, axis=0), rtol=1e-6)
    np.testing.assert_allclose(features.streams["visual"], np.repeat(raw["visual"], 4, axis=0), rtol=1e-6)
    ratings = corpus.ratings(corpus["video1_0"])
    labels, labelled = label_ticks(ratings, corpus.targets, Timeline(corpus.tick_rate), len(features))
    np.testing.assert_allclose(labels, np.full((8, 1), 0.5))  # 1.5 on a scale from -3 to 3
    assert labelled.all()


def test_padding_and_infinities_are_masked(tmp_path):
    write(tmp_path / "a_0.npz", steps=(3, 3, 3))
    with np.load(tmp_path / "a_0.npz") as old:
        arrays = dict(old)
    arrays["text"][0] = 0
    arrays["audio"][1, 2] = -np.inf
    np.savez(tmp_path / "a_0.npz", **arrays)
    features = open_corpus("utterances", tmp_path).features(open_corpus("utterances", tmp_path)["a_0"])
    assert features.masks["text"].tolist() == [False, True, True]
    assert features.masks["audio"].tolist() == [True, False, True]
    assert features.masks["visual"].all()
    assert np.isfinite(features.streams["audio"]).all()


def test_problems(tmp_path):
    with pytest.raises(DataError, match="no utterances; expected one .npz each with text, audio, visual"):
        open_corpus("utterances", tmp_path)
    write(tmp_path / "a_0.npz", score=5.0, subject="ann")
    corpus = open_corpus("utterances", tmp_path)
    assert corpus["a_0"].subject == "ann"
    with pytest.raises(DataError, match=r"score: values from 5 to 5, expected \[-3, 3\]"):
        corpus.ratings(corpus["a_0"])
    np.savez(tmp_path / "a_0.npz", text=np.zeros((2, 3)), score=1.0)
    with pytest.raises(DataError, match="no 'audio' inside; it has text, score"):
        corpus.features(corpus["a_0"])
    write(tmp_path / "a_0.npz", score=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DataError, match="not readable as an .npz of plain arrays"):
        corpus.features(corpus["a_0"])
    write(tmp_path / "a_0.npz", split="dev")
    with pytest.raises(DataError, match="split 'dev'"):
        open_corpus("utterances", tmp_path)


def test_scores_and_streams_of_another_shape_are_refused(tmp_path):
    write(tmp_path / "a_0.npz", score=np.array([1.0, 2.0]))
    corpus = open_corpus("utterances", tmp_path)
    assert corpus.rating_files(corpus["a_0"]) == [tmp_path / "a_0.npz"]
    with pytest.raises(DataError, match="score must be one number"):
        corpus.ratings(corpus["a_0"])
    np.savez(tmp_path / "a_0.npz", text=np.zeros(3), audio=np.zeros((2, 3)), visual=np.zeros((2, 3)), score=1)
    with pytest.raises(DataError, match=r"text has the shape \(3,\); expected \(steps, features\)"):
        corpus.features(corpus["a_0"])

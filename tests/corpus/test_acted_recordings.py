"""Clips of acted emotions as a corpus."""

import numpy as np

from avaffect.corpus import open_corpus
from avaffect.corpus.emotions import coordinates
from avaffect.streams.timeline import Timeline


def test_a_clip_has_the_coordinates_of_its_emotion_throughout(tmp_path, make_clip):
    make_clip(tmp_path / "a.mp4", [0.0, 0.04])
    make_clip(tmp_path / "b.mp4", [0.0])
    (tmp_path / "labels.csv").write_text("file,actor,sentence,emotion\na.mp4,01,1,happy\nb.mp4,02,1,sad\n")
    corpus = open_corpus("acted", tmp_path)
    assert [(r.name, r.subject) for r in corpus.recordings] == [("a", "01"), ("b", "02")]
    ratings = corpus.ratings(corpus["a"])
    for target, value in zip(("valence", "arousal"), coordinates("happiness"), strict=True):
        np.testing.assert_array_equal(ratings[target].at(Timeline(12.5), 100), value)
    assert corpus.rating_files(corpus["a"]) == [tmp_path / "labels.csv"]

"""A plain folder of recordings, its ratings in each of the ways."""

import numpy as np
import pytest

from avaffect.corpus import open_corpus
from avaffect.errors import DataError

TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"
0
2
<exists>
2
"IntervalTier"
"valence"
0
2
1
0
2
"9"
"TextTier"
"arousal"
0
2
1
1
"5"
"""


@pytest.fixture
def root(tmp_path, make_clip):
    for name in ("a.mp4", "sub/a.mp4", "b.mp4"):
        make_clip(tmp_path / name, [0.0, 0.04])
    return tmp_path


def test_one_csv(root):
    (root / "labels.csv").write_text(
        "file,pts,valence,arousal\na.mp4,0.0,0.1,-0.1\na.mp4,0.04,,0.2\nsub/a.mp4,0.0,1,-1\n"
    )
    corpus = open_corpus("folder", root)
    # b.mp4 is not rated and so not part of the corpus.
    assert [(r.name, r.subject) for r in corpus.recordings] == [("a", "a"), ("sub__a", "sub__a")]
    ratings = corpus.ratings(corpus["a"])
    np.testing.assert_allclose(ratings["valence"].times, [0, 0.04])
    np.testing.assert_allclose(ratings["valence"].values, [0.1, np.nan])
    np.testing.assert_allclose(ratings["arousal"].values, [-0.1, 0.2])
    np.testing.assert_allclose(corpus.ratings(corpus["sub__a"])["valence"].values, [1])


def test_csv_of_intervals_on_another_scale(root):
    (root / "labels.csv").write_text("file,pts,end,valence,arousal\na.mp4,0,2,1,5\na.mp4,2,3,9,9\n")
    corpus = open_corpus("folder", root, scale=(1, 9))
    ratings = corpus.ratings(corpus["a"])["valence"]
    np.testing.assert_allclose(ratings.ends, [2, 3])
    np.testing.assert_allclose(ratings.values, [-1, 1])
    with pytest.raises(DataError, match=r"ratings of a\.mp4: valence: values from 1 to 9"):
        open_corpus("folder", root).ratings(open_corpus("folder", root)["a"])


def test_tracks_beside_the_recordings(root):
    (root / "a.TextGrid").write_text(TEXTGRID)
    corpus = open_corpus("folder", root, scale=(1, 9))
    assert [r.name for r in corpus.recordings] == ["a"]
    ratings = corpus.ratings(corpus["a"])
    np.testing.assert_allclose(ratings["valence"].values, [1])
    np.testing.assert_allclose(ratings["arousal"].values, [0])


def test_carma_beside_the_recording(root):
    head = "Multimedia File,b.mp4\nMinimum Value,-100\nMaximum Value,100\nSecond,Rating\n%%%%%%,%%%%%%\n"
    (root / "b.valence.csv").write_text(head + "1,50\n")
    (root / "b.arousal.csv").write_text(head + "1,-100\n2,0\n")
    corpus = open_corpus("folder", root)
    ratings = corpus.ratings(corpus["b"])
    np.testing.assert_allclose(ratings["valence"].values, [0.5])
    np.testing.assert_allclose(ratings["arousal"].values, [-1, 0])


def test_who_is_who(root):
    (root / "labels.csv").write_text("file,pts,valence,arousal\na.mp4,0,0,0\nb.mp4,0,0,0\n")
    (root / "recordings.csv").write_text(
        "file,subject,split\na.mp4,ann,train\nb.mp4,ann,val\nsub/a.mp4,bob,test\n"
    )
    corpus = open_corpus("folder", root)
    assert [(r.name, r.subject, r.split) for r in corpus.recordings] == [
        ("a", "ann", "train"), ("b", "ann", "val"), ("sub__a", "bob", "test"),
    ]  # fmt: skip
    assert corpus.ratings(corpus["sub__a"]) == {}


def test_same_stem_twice(root, make_clip):
    make_clip(root / "a.avi", [0.0])
    (root / "labels.csv").write_text("file,pts,valence,arousal\na.mp4,0,0,0\na.avi,0,0,0\n")
    assert [r.name for r in open_corpus("folder", root).recordings] == ["a.avi", "a.mp4"]


def test_problems_say_what_is_expected(root, tmp_path):
    with pytest.raises(
        DataError, match=r"no ratings; expected a csv with the columns file,pts,valence,arousal"
    ):
        open_corpus("folder", root)
    (root / "labels.csv").write_text("file,pts,valence,arousal\nA.mp4,0,0,0\nB.mp4,0,0,0\n")
    with pytest.raises(DataError, match=r"a table names 'A\.mp4' and 1 more files that are not there"):
        open_corpus("folder", root)
    (root / "labels.csv").write_text("file,pts,valence,arousal\na.mp4,zero,0,0\n")
    with pytest.raises(DataError, match="expected columns file,pts,valence,arousal"):
        open_corpus("folder", root)
    (root / "labels.csv").write_text("file,pts,valence,arousal\na.mp4,0,0,0\n")
    (root / "recordings.csv").write_text("file,subject,split\na.mp4,ann,dev\n")
    with pytest.raises(DataError, match="split 'dev'; expected train, val, test, or empty"):
        open_corpus("folder", root)
    (root / "empty").mkdir()
    with pytest.raises(DataError, match="no video or audio files"):
        open_corpus("folder", root / "empty")
    with pytest.raises(DataError, match="does not take these options"):
        open_corpus("folder", root, range=(1, 9))
    with pytest.raises(DataError, match="unknown corpus 'folders'; did you mean 'folder'"):
        open_corpus("folders", root)


def test_darma_beside_the_recording(root):
    head = "Multimedia File,b.mp4\nMagnitude,100\nSecond,Arousal,Valence\n%%%%%%,%%%%%%,%%%%%%\n"
    (root / "b.csv").write_text(head + "1,-100,50\n")
    corpus = open_corpus("folder", root)
    ratings = corpus.ratings(corpus["b"])
    assert {target: r.values.tolist() for target, r in ratings.items()} == {"arousal": [-1], "valence": [0.5]}
    (root / "b.csv").write_text(head.replace("Arousal,Valence", "X,Y") + "1,-100,50\n")
    with pytest.raises(DataError, match=r"b\.csv: its axes are not named valence and arousal"):
        corpus.ratings(corpus["b"])


def test_a_recording_of_the_test_split_needs_no_ratings(root):
    (root / "a.TextGrid").write_text(TEXTGRID)
    (root / "recordings.csv").write_text("file,subject,split\nb.mp4,bob,test\n")
    corpus = open_corpus("folder", root)
    assert corpus.ratings(corpus["b"]) == {}
    assert [r.name for r in corpus.split("test")] == ["b"]


def test_rating_files_are_those_beside_the_recording(root):
    (root / "a.TextGrid").write_text(TEXTGRID)
    (root / "b.valence.csv").write_text("")
    corpus = open_corpus("folder", root)
    assert corpus.rating_files(corpus["a"]) == [root / "a.TextGrid"]
    assert corpus.rating_files(corpus["b"]) == [root / "b.valence.csv"]


def test_two_csvs_with_ratings_are_refused(root):
    for name in ("one.csv", "two.csv"):
        (root / name).write_text("file,pts,valence,arousal\na.mp4,0,0,0\n")
    with pytest.raises(DataError, match=r"one\.csv and two\.csv both hold ratings; keep one of them"):
        open_corpus("folder", root)


def test_a_table_of_recordings_needs_its_columns(root):
    (root / "a.TextGrid").write_text(TEXTGRID)
    (root / "recordings.csv").write_text("file,who\na.mp4,ann\n")
    with pytest.raises(DataError, match=r"recordings\.csv: no column 'subject'; expected file,subject,split"):
        open_corpus("folder", root)


def test_one_csv_beside_each_recording(root):
    (root / "a.csv").write_text("Time;Valence;Arousal\n0;0,5;NA\n0,04;0,25;1\n")
    (root / "sub" / "a.TXT").write_text("valence,arousal\n0.5,-5\n0.25,1\n")
    (root / "b.EAF").write_text("not ELAN's")
    corpus = open_corpus("folder", root)
    assert [r.name for r in corpus.recordings] == ["a", "b", "sub__a"]
    for name in ("a", "sub__a"):
        ratings = corpus.ratings(corpus[name])
        np.testing.assert_allclose(ratings["valence"].times, [0, 0.04])
        np.testing.assert_allclose(ratings["valence"].values, [0.5, 0.25])
        np.testing.assert_allclose(ratings["arousal"].values, [np.nan, 1])
    with pytest.raises(DataError, match="not readable as ELAN's XML"):
        corpus.ratings(corpus["b"])


def test_numbers_of_frames_are_those_of_the_video(root):
    (root / "a.csv").write_text("frame,valence,arousal\n1,0.5,0.5\n2,1,1\n")
    corpus = open_corpus("folder", root)
    assert corpus.ratings(corpus["a"])["valence"].times.tolist() == [0.04]  # it has two frames
    (root / "a.csv").write_text("frame,valence,arousal\n1,0.5,0.5\n25,1,1\n50,1,1\n")
    with pytest.raises(DataError, match="2 of 3 labels lie outside its 2 frames"):
        corpus.ratings(corpus["a"])


def test_our_own_results_beside_a_recording_are_no_ratings(root):
    own = "file,start,end,track,frame,pts,valence,valence_lo,valence_hi,arousal\na.mp4,0,1,1,0,0,0,0,0,0\n"
    (root / "a.csv").write_text(own)
    (root / "sub" / "a.csv").write_text(own)
    with pytest.raises(DataError, match=r"no ratings; .*a\.csv is a table that avaffect wrote: predictions"):
        open_corpus("folder", root)
    (root / "b.csv").write_text("time,valence,arousal\n0,0,0\n")
    assert [r.name for r in open_corpus("folder", root).recordings] == ["b"]


def test_names_in_a_table_may_leave_out_the_ending_or_the_folder(root, make_clip):
    make_clip(root / "sub" / "c.mp4", [0.0])
    (root / "labels.csv").write_text(
        "file,pts,valence,arousal\nsub\\a,0,0.5,0\nb,0,0,0\n/data/study/sub/c.mp4,0,0,0\n"
    )
    corpus = open_corpus("folder", root)
    assert [r.name for r in corpus.recordings] == ["b", "sub__a", "sub__c"]
    assert corpus.ratings(corpus["sub__a"])["valence"].values.tolist() == [0.5]
    (root / "labels.csv").write_text("file,pts,valence,arousal\nc,0,0,0\nsub/c.mp4,0,0,0\n")
    with pytest.raises(DataError, match=r"names sub/c\.mp4 in two ways"):
        open_corpus("folder", root)


def test_names_that_would_be_the_same_differ(root, make_clip):
    make_clip(root / "sub__a.mp4", [0.0])
    (root / "labels.csv").write_text(
        "file,pts,valence,arousal\nsub__a.mp4,0,0.5,0\nsub/a.mp4,0,-0.5,0\na.mp4,0,0,0\n"
    )
    corpus = open_corpus("folder", root)
    names = [r.name for r in corpus.recordings]
    assert len(set(names)) == 3
    assert "a" in names
    assert [r.name for r in open_corpus("folder", root).recordings] == names
    values = {
        r.video.name: corpus.ratings(r)["valence"].values[0] for r in corpus.recordings if r.name != "a"
    }
    assert values == {"sub__a.mp4": 0.5, "a.mp4": -0.5}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "cannot read .*it is empty"),
        (b"file,subject\na.mp4,x\na,b,c\n", "data row 2 has 3 cells, the header 2"),
        (b"file,subject\na.mp4,x\na.mp4,y\n", "a.mp4 is there twice"),
        (b"file,subject\na.mp4,\xe9\n", None),
    ],
)
def test_any_table_of_recordings(root, text, message):
    (root / "labels.csv").write_text("file,pts,valence,arousal\na.mp4,0,0,0\n")
    (root / "recordings.csv").write_bytes(text)
    if message:
        with pytest.raises(DataError, match=message):
            open_corpus("folder", root)
    else:
        assert open_corpus("folder", root)["a"].subject == "é"


def test_folders_and_pipes_that_are_called_csv(root):
    import os

    (root / "labels.csv").write_text("file,pts,valence,arousal\na.mp4,0,0,0\n")
    (root / "b.csv").mkdir()
    os.mkfifo(root / "z.csv")
    assert [r.name for r in open_corpus("folder", root).recordings] == ["a"]

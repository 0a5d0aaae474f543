"""Files of every form, whole and broken."""

import numpy as np
import pandas as pd
import pytest

from avaffect.corpus.labels import LabelOptions
from avaffect.errors import DataError
from avaffect.evaluate import read_labels, read_predictions, read_subjects
from avaffect.evaluate.read import from_trace
from avaffect.trace import Trace


@pytest.fixture
def values():
    return np.random.default_rng(0).uniform(-1, 1, (20, 2)).round(4)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_a_trace_is_read(tmp_path, trace, values, ending):
    start = 0.1 + np.arange(20) / 25
    path = tmp_path / f"one.{ending}"
    getattr(trace(values, start), f"to_{ending}")(path)
    (found,) = read_predictions(path)
    assert found.key == "clips/one"
    np.testing.assert_allclose(found.values, values)
    np.testing.assert_allclose(found.start, start)
    np.testing.assert_array_equal(found.frame, np.arange(20))


def test_a_result_folder_is_read_once_each(tmp_path, trace, values):
    """As `avaffect predict` leaves it: two formats of each, a list of errors, hidden leftovers."""
    for name in ("one", "two"):
        made = trace(values, np.arange(20) / 25, file=f"clips/{name}.mp4")
        made.to_csv(tmp_path / f"{name}.csv")
        made.to_parquet(tmp_path / f"{name}.parquet")
    (tmp_path / "errors.csv").write_text("file,error\nbad.mp4,broken\n")
    (tmp_path / ".part.csv").write_text("file,start,end\n")
    assert [r.key for r in read_predictions(tmp_path)] == ["clips/one", "clips/two"]


def test_of_several_people_the_one_seen_longest_and_the_voice_between(trace, values):
    """Main person, then the voice alone, then frames in which only another person has rows."""
    start = np.arange(20) / 25
    parts = [
        trace(values[:12], start[:12], track=2, end=0.48),
        trace(-values[:5], start[:5], track=1, end=0.2),
        trace(values[12:17], start[12:17], track=None, end=0.68),
        trace(-values[17:], start[17:], track=1),
    ]
    table = pd.concat([part.table for part in parts]).sort_index(level="start", kind="stable")
    (found,) = from_trace(Trace(table))
    np.testing.assert_allclose(found.values, values[:17])
    assert found.people == 2


def test_abaw_texts_are_read(tmp_path, write_video):
    body = "\ufeffvalence,arousal\r\n0.5,-0.25\r\n-5,-5\r\n0.1,-5\r\n\r\n"
    (tmp_path / "1-30-1280x720.txt").write_bytes(body.encode())
    for reader in (read_labels, read_predictions):
        (found,) = reader(tmp_path)
        assert found.key == "1-30-1280x720"
        np.testing.assert_array_equal(found.values, [[0.5, -0.25], [np.nan, np.nan], [0.1, np.nan]])
        assert found.start is None


def test_a_submission_is_read(tmp_path):
    path = tmp_path / "all.txt"
    path.write_text(
        "image_location,valence,arousal\nb/00002.jpg,0.2,0.3\nb/00001.jpg,0.1,-5\na/00001.jpg,0,1\n"
    )
    b, a = read_predictions(path)
    assert (b.key, a.key) == ("b", "a")
    np.testing.assert_array_equal(b.values, [[0.1, np.nan], [0.2, 0.3]])
    np.testing.assert_array_equal(b.frame, [0, 1])


def test_a_label_table_is_read(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(
        "pts,file,arousal,valence,rater\n0.5,NA.mp4,0.1,-5,x\n1.25,NA.mp4,,0.3,x\n0,b.wav,0,0,y\n"
    )
    first, second = read_labels(path)
    assert (first.key, second.key) == ("NA", "b")
    np.testing.assert_array_equal(first.values, [[np.nan, 0.1], [0.3, np.nan]])
    np.testing.assert_array_equal(first.start, [0.5, 1.25])
    assert [r.key for r in read_labels(tmp_path)] == ["NA", "b"]


BROKEN_LABELS = {
    "wrong header": ("a.txt", "arousal,valence\n0,0\n", "begins with 'arousal,valence'"),
    "no header": ("a.txt", "0.1,0.2\n", "expected the header valence,arousal"),
    "no rows": ("a.txt", "valence,arousal\n", "no rows"),
    "a word": ("a.txt", "valence,arousal\n0,0\n0,x\n", "line 3 is '0,x'; expected two numbers"),
    "three columns": ("a.txt", "valence,arousal\n0,0,0\n", "line 2 is '0,0,0'; expected two numbers"),
    "a blank line": ("a.txt", "valence,arousal\n0,0\n\n0,0\n", "line 3 is blank"),
    "another scale": ("a.txt", "valence,arousal\n0,0\n4,7\n", "line 3 has valence 4; expected"),
    "no text": ("a.txt", b"\xff\xfe\x00", "expected a text file"),
    "no pts": ("a.csv", "file,valence,arousal\na,0,0\n", "lacks the column 'pts'"),
    "an empty table": ("a.csv", "file,pts,valence,arousal\n", "has no rows"),
    "an empty file": ("a.csv", "", "cannot read"),
    "words in a table": ("a.csv", "file,pts,valence,arousal\na,0,x,0\n", "expected numbers"),
    "time stands still": (
        "a.csv",
        "file,pts,valence,arousal\na,1,0,0\na,1,0,0\n",
        "pts of a must be seconds",
    ),
    "no time": ("a.csv", "file,pts,valence,arousal\na,,0,0\n", "data row 1 has no pts"),
    "infinite": ("a.csv", "file,pts,valence,arousal\na,0,inf,0\n", "valence inf"),
}


@pytest.mark.parametrize("case", BROKEN_LABELS)
def test_broken_labels_are_one_line(tmp_path, case):
    name, content, message = BROKEN_LABELS[case]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message.replace("[", r"\[")) as error:
        read_labels(path)
    assert "\n" not in str(error.value)


BROKEN_PREDICTIONS = {
    "twice": ("image_location,valence,arousal\na/00001.jpg,0,0\na/00001.jpg,0,0\n", "a/00001.jpg twice"),
    "frame 0": ("image_location,valence,arousal\na/00000.jpg,0,0\n", "frames from 00001"),
    "no video": ("image_location,valence,arousal\n00001.jpg,0,0\n", "frames from 00001"),
    "one number": ("image_location,valence,arousal\na/00001.jpg,0\n", "two numbers"),
    "words": ("image_location,valence,arousal\na/00001.jpg,x,0\n", "line 2 is 'x,0'; expected two numbers"),
    "no rows": ("image_location,valence,arousal\n", "no rows"),
}


@pytest.mark.parametrize("case", BROKEN_PREDICTIONS)
def test_broken_submissions_are_one_line(tmp_path, case):
    content, message = BROKEN_PREDICTIONS[case]
    (tmp_path / "all.txt").write_text(content)
    with pytest.raises(DataError, match=message) as error:
        read_predictions(tmp_path / "all.txt")
    assert "\n" not in str(error.value)


def test_nothing_to_read_is_said(tmp_path):
    with pytest.raises(DataError, match="no predictions in"):
        read_predictions(tmp_path)
    with pytest.raises(DataError, match="no labels in"):
        read_labels(tmp_path)
    with pytest.raises(DataError, match="cannot read"):
        read_labels(tmp_path / "none.txt")
    with pytest.raises(DataError, match="no file"):
        read_predictions(tmp_path / "none.csv")
    with pytest.raises(DataError, match="cannot tell the format"):
        read_predictions(tmp_path / "none.npy")


def test_a_recording_twice_is_refused(tmp_path, write_video):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_video(tmp_path / folder / "same.txt", [[0, 0]])
    with pytest.raises(DataError, match="'same' twice"):
        read_labels(tmp_path)


def test_subjects(tmp_path):
    path = tmp_path / "subjects.csv"
    path.write_text("file,subject\na.mp4,7\nb,7\na,7\n")
    assert read_subjects(path) == {"a": "7", "b": "7"}
    path.write_text("file,subject\na.mp4,7\na,8\n")
    with pytest.raises(DataError, match="two subjects, 7 and 8"):
        read_subjects(path)


def test_a_table_without_rows_holds_no_recording(tmp_path, trace, values):
    made = trace(values, np.arange(20) / 25)
    Trace(made.table.iloc[:0]).to_csv(tmp_path / "empty.csv")
    with pytest.raises(DataError, match=r"empty\.csv holds no recording; give a table with rows"):
        read_predictions(tmp_path / "empty.csv")


def test_one_abaw_file_of_predictions(tmp_path, write_video):
    (found,) = read_predictions(write_video(tmp_path / "a.txt", [[1.5, 0], [np.nan, 0.25]]))
    np.testing.assert_array_equal(found.values, [[1.5, 0], [np.nan, 0.25]])  # predictions may exceed 1
    np.testing.assert_array_equal(found.frame, [0, 1])


TABLE = "time,valence,arousal\n0,0.1,0.5\n0.5,-0.25,\n"


def test_a_folder_corpus_is_read_as_it_is_extracted(tmp_path):
    """Files beside recordings, in folders, of several tools; other tables are left out."""
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / "P01.csv").write_text(TABLE)
    (tmp_path / "P02.mp4").write_bytes(b"")
    for target, value in (("valence", 50), ("arousal", -50)):
        (tmp_path / f"P02.{target}.csv").write_text(
            f"Minimum Value,-100\nMaximum Value,100\nSecond,Rating\n%%%,%%%\n1,{value}\n"
        )
    (tmp_path / "recordings.csv").write_text("file,subject\nP02.mp4,ann\n")
    (tmp_path / "errors.csv").write_text("file,error\nx,y\n")
    (tmp_path / "README.txt").write_text("These are ratings.\n")
    first, second = sorted(read_labels(tmp_path), key=lambda r: r.key)
    assert (first.key, second.key) == ("A/P01", "P02")
    np.testing.assert_array_equal(first.values, [[0.1, 0.5], [-0.25, np.nan]])
    assert {target: r.values.tolist() for target, r in second.ratings.items()} == {
        "valence": [0.5], "arousal": [-0.5],
    }  # fmt: skip
    (made,) = second.moments(0.08).values.T[:1].tolist()
    assert made == [0.5, 0.5]


def test_the_gold_standard_of_two_folders_is_one_recording(tmp_path):
    for target in ("valence", "arousal"):
        (tmp_path / target).mkdir()
        (tmp_path / target / "train_1.csv").write_text("timestamp;value;segment_id\n0;0,5;1\n0,04;0,6;1\n")
    (labels,) = read_labels(tmp_path)
    assert labels.key == "train_1"
    np.testing.assert_allclose(labels.values, [[0.5, 0.5], [0.6, 0.6]])


def test_one_target_twice_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("file,pts,valence,arousal\na.mp4,0,0,0\n")
    (tmp_path / "b.csv").write_text("file,pts,valence,arousal\na.wav,0,0,0\n")
    with pytest.raises(DataError, match=r"hold valence of the recording 'a\.mp4' twice; keep one"):
        read_labels(tmp_path)


def test_another_scale_is_given(tmp_path):
    (tmp_path / "a.csv").write_text("time,valence,arousal\n0,9,5\n")
    with pytest.raises(DataError, match=r"values from 9 to 9, expected \[-1, 1\]; .*scale=1,9"):
        read_labels(tmp_path / "a.csv")
    (labels,) = read_labels(tmp_path / "a.csv", LabelOptions(scale=(1, 9)))
    assert labels.values.tolist() == [[1, 0]]


def test_rows_without_a_frame_keep_the_others_frames(trace, values):
    made = trace(values, np.arange(20) / 25).table
    made["frame"] = made["frame"].where(made["frame"] < 15)
    (found,) = from_trace(Trace(made))
    assert found.frame.tolist() == [*range(15), *[-1] * 5]

"""The text files of the ABAW challenges: one reader, the same for training and for evaluation."""

import numpy as np
import pytest

from avaffect import abaw
from avaffect.errors import DataError
from avaffect.evaluate import Matched, Pairing, read_labels, score

NAN = np.nan
ROWS = "valence,arousal\n0.5,-5\n-5,-0.25\n-5,-5\n1,-1\n"
VALUES = [[0.5, NAN], [NAN, -0.25], [NAN, NAN], [1, -1]]


@pytest.fixture
def annotation(tmp_path):
    """A video of four frames, one of them complete."""
    path = tmp_path / "one.txt"
    path.write_text(ROWS)
    return path


def test_each_target_is_missing_by_itself(annotation):
    np.testing.assert_array_equal(abaw.read_annotation(annotation), VALUES)


def test_a_row_with_one_target_counts_for_that_target(annotation):
    (labels,) = read_labels(annotation)
    report = score(Pairing((Matched("one", np.zeros((4, 2)), labels.values),)))
    assert {name: target.frames for name, target in report.targets.items()} == {"valence": 2, "arousal": 2}


BROKEN = {
    "no header": ("0.1,0.2\n", "expected the header valence,arousal"),
    "one number": ("valence,arousal\n0.1\n", "line 2 is '0.1'; expected two numbers"),
    "a word": ("valence,arousal\n0.1,0.2\n0.1,x\n", "line 3 is '0.1,x'"),
    "three numbers": ("valence,arousal\n0,0,0\n", "line 2 is '0,0,0'"),
    "a blank line": ("valence,arousal\n0,0\n\n0,0\n", "line 3 is blank; row i must be frame i, write -5,-5"),
    "a blank line first": ("valence,arousal\n\n0,0\n", "line 2 is blank"),
    "no rows": ("valence,arousal\n\n", "no rows"),
    "too large": (
        "valence,arousal\n0,0\n0.1,3\n",
        r"line 3 has arousal 3; expected .* \[-1, 1\], or -5",
    ),
    "another mark": ("valence,arousal\n-5.5,0\n", r"line 2 has valence -5.5"),
    "infinite": ("valence,arousal\ninf,0\n", "line 2 has valence inf"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_annotation_is_one_line_for_training_and_evaluation(tmp_path, case):
    content, message = BROKEN[case]
    path = tmp_path / "a.txt"
    path.write_text(content)
    for reader in (abaw.read_annotation, read_labels):
        with pytest.raises(DataError, match=message) as error:
            reader(path)
        assert "\n" not in str(error.value)


def test_predictions_may_exceed_the_range(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("valence,arousal\n1.25,-5\n")
    np.testing.assert_array_equal(abaw.read_frames(path), [[1.25, NAN]])


def test_a_written_annotation_is_read_back(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(abaw.annotation_text(np.array([[0.25, -1], [NAN, NAN]])))
    np.testing.assert_array_equal(abaw.read_annotation(path), [[0.25, -1], [NAN, NAN]])


def test_a_written_submission_is_read_back(tmp_path):
    path = tmp_path / "all.txt"
    images = ["b/00002.jpg", "b/00001.jpg", "a/00010.jpg"]
    path.write_text(abaw.submission_text(images, np.array([[0.2, 0.3], [0.1, 1], [-1, 0]])))
    assert abaw.read_locations(path) == images
    found = abaw.read_submission(path)
    assert list(found) == ["b", "a"]
    np.testing.assert_array_equal(found["b"][0], [0, 1])
    np.testing.assert_array_equal(found["b"][1], [[0.1, 1], [0.2, 0.3]])
    np.testing.assert_array_equal(found["a"][0], [9])

"""The organisers' order and length, and nothing else."""

import numpy as np
import pytest

from avaffect.errors import DataError
from avaffect.evaluate import Recording, read_predictions, validate_submission, write_submission

HEADER = "image_location,valence,arousal"


@pytest.fixture
def sample(tmp_path):
    """Two videos, the second first, 4 and 3 frames."""
    rows = [*(f"b/{i:05d}.jpg,0,0" for i in range(1, 5)), *(f"a/{i:05d}.jpg,0,0" for i in range(1, 4))]
    path = tmp_path / "sample.txt"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def recording(name, values):
    return Recording(name, np.asarray(values, float), frame=np.arange(len(values)))


def rows(path):
    return [line.split(",") for line in path.read_text().splitlines()[1:]]


def test_order_and_length_are_the_samples(tmp_path, sample):
    out = tmp_path / "out.txt"
    a, b = recording("in/a.mp4", [[0.1, 0.2]] * 3), recording("b.avi", [[0.3, -1.0]] * 4)
    assert write_submission([a, b], sample, out) == []
    assert out.read_text().splitlines()[0] == HEADER
    assert [row[0] for row in rows(out)] == [
        line.split(",")[0] for line in sample.read_text().splitlines()[1:]
    ]
    assert rows(out)[0][1:] == ["0.3000", "-1.0000"]
    assert validate_submission(out, sample) == 7
    np.testing.assert_allclose(read_predictions(out)[1].values, a.values)


def test_a_few_frames_are_repeated_or_dropped_and_said(tmp_path, sample):
    out = tmp_path / "out.txt"
    short, long = recording("b", [[0.1, 0], [0.2, 0]]), recording("a", [[k / 10, 0] for k in range(5)])
    notes = write_submission([short, long], sample, out)
    assert [float(row[1]) for row in rows(out)] == [0.1, 0.2, 0.2, 0.2, 0.0, 0.1, 0.2]
    assert "repeated the last prediction: b (2 frames)" in notes
    assert "dropped frames past the sample's end: a (2 frames)" in notes


def test_more_than_a_few_frames_are_an_error(tmp_path, sample):
    right, long = recording("a", [[0, 0]] * 3), recording("b", [[0, 0]] * 15)
    with pytest.raises(
        DataError, match="b has 4 frames in the sample and 15 predicted ones, more than 10 apart"
    ):
        write_submission([right, long], sample, tmp_path / "out.txt")
    assert not (tmp_path / "out.txt").exists()
    write_submission([right, long], sample, tmp_path / "out.txt", tolerance=11)


def test_holes_take_the_nearest_frame_and_it_is_said(tmp_path, sample):
    holes = recording("b", [[np.nan, 0.5], [0.2, 0.2], [np.nan, np.nan], [0.4, 0.4]])
    notes = write_submission([holes, recording("a", [[1.4, 0]] * 3)], sample, tmp_path / "out.txt")
    assert [float(row[1]) for row in rows(tmp_path / "out.txt")] == [0.2, 0.2, 0.2, 0.4, 1, 1, 1]
    assert "took the nearest frame's prediction: b (2 frames)" in notes
    assert "clipped to [-1, 1]: 3 values" in notes


def test_missing_and_spare_videos(tmp_path, sample):
    a, b, c = (recording(name, [[0, 0]] * 3) for name in "abc")
    with pytest.raises(DataError, match="no predictions for 1 videos of the sample: b"):
        write_submission([a, c], sample, tmp_path / "out.txt")
    assert "not in the sample, left out: c" in write_submission([a, b, c], sample, tmp_path / "out.txt")
    with pytest.raises(DataError, match="two predicted recordings are named a"):
        write_submission([a, b, recording("x/a", [[0, 0]])], sample, tmp_path / "out.txt")
    with pytest.raises(DataError, match="no prediction in any frame"):
        write_submission([a, recording("b", [[np.nan, 0]] * 4)], sample, tmp_path / "out.txt")
    sound = Recording("b", np.zeros((4, 2)), start=np.arange(4.0), end=np.arange(4.0) + 1)
    with pytest.raises(DataError, match="b has no frames"):
        write_submission([a, sound], sample, tmp_path / "out.txt")


BROKEN = {
    "order": (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "row 1 is b/00002.jpg"),
    "length": (lambda lines: lines[:-1], "has 6 rows, the sample .* has 7"),
    "range": (lambda lines: [*lines[:-1], "a/00003.jpg,1.01,0"], "a/00003.jpg has a value that is not in"),
    "mark": (lambda lines: [*lines[:-1], "a/00003.jpg,-5,-5"], "a/00003.jpg has a value that is not in"),
    "number": (lambda lines: [*lines[:-1], "a/00003.jpg,nan,0"], "a/00003.jpg has a value that is not in"),
    "header": (lambda lines: ["image,v,a", *lines[1:]], "begins with 'image,v,a'"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_wrong_submission_is_found(tmp_path, sample, case):
    change, message = BROKEN[case]
    path = tmp_path / "theirs.txt"
    path.write_text("\n".join(change(sample.read_text().splitlines())) + "\n")
    with pytest.raises(DataError, match=message) as error:
        validate_submission(path, sample)
    assert "\n" not in str(error.value)

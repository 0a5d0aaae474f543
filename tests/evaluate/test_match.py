"""The same recording, the same moment: by time and by frame, never by row."""

import numpy as np
import pytest

from avaffect.corpus.ratings import Ratings
from avaffect.errors import DataError
from avaffect.evaluate import Recording, match


def labels_at(times, name="one"):
    values = np.zeros((len(times), 2))
    return Recording(name, values, start=np.asarray(times, float))


def by_frame(values, name="one", frame=None):
    values = np.asarray(values, float)
    return Recording(name, values, frame=np.arange(len(values)) if frame is None else np.asarray(frame))


def test_labels_in_seconds_take_the_prediction_of_that_moment(timed):
    """Rows of a variable frame rate, labels at another rate that begin later."""
    start = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.08, 100))
    prediction = timed(np.stack([0.1 * start, -0.1 * start], axis=1), start=start)
    times = np.arange(start[0] + 0.013, start[-1], 0.1)
    (found,) = match([prediction], [labels_at(times)]).recordings
    np.testing.assert_allclose(found.predicted, np.stack([0.1 * times, -0.1 * times], axis=1))


def test_gaps_and_what_lies_outside_stay_missing(timed):
    values = np.full((25, 2), 0.5)
    values[10] = np.nan
    (found,) = match([timed(values)], [labels_at([-0.5, 0.2, 0.38, 0.41, 0.5, 0.99, 1.5])]).recordings
    missing = [True, False, True, True, False, False, True]
    assert np.isnan(found.predicted[:, 0]).tolist() == missing


def test_labels_by_frame_take_the_prediction_of_that_frame():
    prediction = by_frame([[0.1, 0.1], [0.3, 0.3], [0.4, 0.4]], frame=[0, 2, 3])
    pairing = match([prediction], [by_frame(np.zeros((5, 2)))])
    np.testing.assert_array_equal(pairing.recordings[0].predicted[:, 0], [0.1, np.nan, 0.3, 0.4, np.nan])
    assert pairing.notes == ("labelled/predicted frames differ: one 5/4",)


def test_lengths_that_differ_much_are_refused():
    with pytest.raises(
        DataError, match="one has 50 labelled frames and 30 predicted ones, more than 10 apart"
    ):
        match([by_frame(np.zeros((30, 2)))], [by_frame(np.zeros((50, 2)))])
    assert match([by_frame(np.zeros((30, 2)))], [by_frame(np.zeros((50, 2)))], tolerance=20).notes


def test_names_match_without_ending_and_folder():
    predictions = [
        by_frame([[0.1, 0]], "in/a.mp4"),
        by_frame([[0.2, 0]], "in/b.take.avi"),
        by_frame([[0, 0]], "c"),
    ]
    found = match(predictions, [by_frame([[0, 0]], "b.take"), by_frame([[0, 0]], "a")])
    assert {m.name: m.predicted[0, 0] for m in found.recordings} == {"b.take": 0.2, "a": 0.1}
    assert found.notes == ("not scored, no labels: c",)


def test_names_that_may_mean_two_are_refused():
    predictions = [by_frame([[0, 0]], "x/a.mp4"), by_frame([[0, 0]], "y/a.mp4")]
    with pytest.raises(DataError, match="match the predictions of x/a and y/a"):
        match(predictions, [by_frame([[0, 0]], "a")])
    assert len(match(predictions, [by_frame([[0, 0]], "y/a")]).recordings) == 1
    with pytest.raises(DataError, match="both match the predictions of 'x/a'"):
        match(predictions[:1], [by_frame([[0, 0]], "1/a"), by_frame([[0, 0]], "2/a")])


def test_labels_without_predictions_are_an_error_unless_asked():
    predictions, labels = [by_frame([[0, 0]], "a")], [by_frame([[0, 0]], name) for name in "abcdefgh"]
    with pytest.raises(DataError, match="no predictions for 7 of 8 .*: b, c, d, e, f and 2 more; .*--subset"):
        match(predictions, labels)
    assert match(predictions, labels, subset=True).notes[0].startswith("not scored, no predictions: b, c")
    with pytest.raises(DataError, match="no recording has both: predictions of z; labels of a, b"):
        match([by_frame([[0, 0]], "z")], labels, subset=True)


def test_frames_and_seconds_do_not_mix(timed):
    prediction = by_frame(np.zeros((5, 2)))
    with pytest.raises(DataError, match="go by seconds, the predictions by frame.*--frame-rate"):
        match([prediction], [labels_at([0.1])])
    assert match([prediction.timed(25.0)], [labels_at([0.1])]).recordings[0].predicted[0, 0] == 0
    sound = Recording("one", np.zeros((5, 2)), start=np.arange(5.0), end=np.arange(5.0) + 1)
    with pytest.raises(DataError, match="by frame, the predictions only by time"):
        match([sound], [by_frame([[0, 0]])])


def test_several_people_are_said(timed):
    from dataclasses import replace

    prediction = replace(timed(np.zeros((5, 2))), people=3)
    assert match([prediction], [labels_at([0.1])]).notes == (
        "several people; the one seen longest is scored: one",
    )


def test_labels_without_frames_and_times_are_refused(timed):
    with pytest.raises(DataError, match="the labels of one have neither frames nor times"):
        match([timed(np.zeros((5, 2)))], [Recording("one", np.zeros((5, 2)))])


def test_a_recording_with_times_keeps_them(timed):
    recording = timed(np.zeros((5, 2)), 10.0)
    assert recording.timed(25.0) is recording


def test_folders_count_as_far_as_both_sides_name_them():
    predictions = [by_frame([[0.1, 0]], "study/A/P01.mp4"), by_frame([[0.2, 0]], "study/B/P01.mp4")]
    found = match(predictions, [by_frame([[0, 0]], "B/P01.mp4"), by_frame([[0, 0]], "/data/study/A/P01.mp4")])
    assert {m.name: m.predicted[0, 0] for m in found.recordings} == {"B/P01": 0.2, "/data/study/A/P01": 0.1}
    found = match(predictions[:1], [by_frame([[0, 0]], "A/P01"), by_frame([[0, 0]], "B/P01")], subset=True)
    assert [m.name for m in found.recordings] == ["A/P01"]
    found = match(predictions[:1], [by_frame([[0, 0]], "gold/P01")])  # another folder, and no doubt
    assert [m.name for m in found.recordings] == ["gold/P01"]


def test_labels_in_another_unit_are_refused(timed):
    with pytest.raises(DataError, match=r"the labels of one: 249 of 250 labels lie outside the recording"):
        match([timed(np.zeros((250, 2)))], [labels_at(40.0 * np.arange(250) - 30)])
    with pytest.raises(DataError, match="more than 1000 a second"):
        match([timed(np.zeros((250, 2)))], [labels_at(np.arange(250) / 25000)])


def test_some_labels_outside_are_said(timed):
    pairing = match([timed(np.zeros((250, 2)))], [labels_at(np.arange(300) / 25)])
    assert "the labels of one: 35 of 300 labels lie outside the recording (10.0 s)" in pairing.notes[0]


def test_how_much_is_labelled_is_said(timed):
    pairing = match([timed(np.zeros((750, 2)))], [labels_at([1.0, 1.04, 2.5])])
    assert pairing.recordings[0].covered == pytest.approx(2 / 30)
    assert pairing.notes == ("labels cover little of the predicted time: one 6.7 %",)
    pairing = match([by_frame(np.zeros((100, 2)))], [by_frame(np.zeros((95, 2)))])
    assert pairing.recordings[0].covered == 0.95


def test_labels_of_intervals_hold_over_them(timed):
    """Valence in two intervals, arousal at one moment; the last interval goes on and on."""
    ratings = {
        "valence": Ratings(np.array([0.2, 1.0]), np.array([0.5, -0.5]), np.array([0.6, 1e9])),
        "arousal": Ratings(np.array([1.01]), np.array([0.25])),
    }
    prediction = timed(np.stack([np.arange(50) / 50, np.zeros(50)], axis=1))
    (found,) = match([prediction], [Recording("one", np.empty((0, 2)), ratings=ratings)]).recordings
    moments = np.unique(np.r_[np.arange(50) / 25, 1.01])
    held = np.where(moments >= 1, -0.5, np.where((moments >= 0.2) & (moments < 0.6), 0.5, np.nan))
    np.testing.assert_array_equal(found.labels[:, 0], held)
    assert found.labels[np.isfinite(found.labels[:, 1]), 1].tolist() == [0.25]
    np.testing.assert_allclose(found.predicted[:, 0], np.minimum(moments / 2, 0.98))


def test_rows_without_a_picture_do_not_shift_frames():
    prediction = by_frame([[0.1, 0], [0.9, 0], [0.2, 0]], frame=[0, -1, 1])
    (found,) = match([prediction], [by_frame(np.zeros((2, 2)))]).recordings
    assert found.predicted[:, 0].tolist() == [0.1, 0.2]

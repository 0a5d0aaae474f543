"""Aff-Wild2 on a made-up tree of the same layout."""

import logging

import cv2
import numpy as np
import pytest

from avaffect import media
from avaffect.corpus import open_corpus
from avaffect.corpus.encode import Encoders
from avaffect.corpus.ratings import label_ticks
from avaffect.errors import DataError
from avaffect.evaluate import read_labels
from avaffect.media import frame_times
from avaffect.streams.timeline import Timeline

# Frames come at uneven times, and there is a pause: a frame's number says nothing about its time.
TIMES = np.concatenate([np.arange(20) / 25, 2.0 + np.arange(15) / 30])
FRAMES = len(TIMES)
GAP = range(8, 14)  # frames without a face
UNRATED = {3: (np.nan, np.nan), 4: (0.5, np.nan), 30: (np.nan, 0.1)}  # row: valence, arousal


def write_labels(path, count=FRAMES):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{i / 100:.2f},{-i / 100:.2f}" for i in range(count)]
    for row, values in UNRATED.items():
        if row < count:
            rows[row] = ",".join("-5" if np.isnan(value) else str(value) for value in values)
    path.write_text("valence,arousal\n" + "\n".join(rows) + "\n")


def write_faces(folder, count=FRAMES, gap=GAP):
    folder.mkdir(parents=True)
    for i in range(count):
        if i not in gap:
            # Brightness gradients differ, so that embeddings of two faces never agree by chance.
            face = np.roll(
                np.tile(np.linspace(0, 255, 112, dtype=np.uint8)[:, None, None], (1, 112, 3)), 3 * i, 0
            )
            cv2.imwrite(str(folder / f"{i + 1:05d}.jpg"), face)


@pytest.fixture(scope="module")
def tree(tmp_path_factory, make_clip):
    root = tmp_path_factory.mktemp("affwild2")
    va = root / "annotations" / "VA_Estimation_Challenge"
    for name in ("one", "pair_left", "pair_right"):
        write_labels(va / "Train_Set" / f"{name}.txt")
        write_faces(root / "cropped_aligned" / name)
    write_labels(va / "Validation_Set" / "5-30-1920x1080-2.txt")
    write_faces(root / "cropped_aligned" / "5-30-1920x1080-2")
    (root / "annotations" / "EXPR_Classification_Challenge" / "Train_Set").mkdir(parents=True)
    (root / "annotations" / "EXPR_Classification_Challenge" / "Train_Set" / "one.txt").write_text(
        "Neutral\n0\n"
    )
    lists = root / "names_of_videos_in_each_test_set"
    lists.mkdir()
    (lists / "Valence_Arousal_Estimation_Challenge_test_set_release.txt").write_text("one_test\n")
    tone = 0.3 * np.sin(np.arange(40000) * 0.2).astype(np.float32)
    make_clip(root / "batch1" / "one.mp4", TIMES, sound=tone)
    make_clip(root / "batch1" / "pair.mp4", TIMES)
    make_clip(root / "batch2" / "5-30-1920x1080-2.avi", np.arange(35) / 25)
    return root


def test_recordings_and_official_split(tree):
    corpus = open_corpus("affwild2", tree)
    assert [(r.name, r.subject, r.split) for r in corpus.recordings] == [
        ("one", "one", "train"),
        ("pair_left", "pair", "train"),
        ("pair_right", "pair", "train"),
        ("5-30-1920x1080-2", "5-30-1920x1080", "val"),
        ("one_test", "one_test", "test"),
    ]
    assert corpus["pair_left"].video == corpus["pair_right"].video == tree / "batch1" / "pair.mp4"
    fold = corpus.folds(3)[1]
    assert {r.subject for r in fold.val} == {"pair"}


def test_labels_stand_at_their_own_frames_time(tree):
    ratings = open_corpus("affwild2", tree).ratings(open_corpus("affwild2", tree)["one"])
    np.testing.assert_allclose(ratings["valence"].times, TIMES, atol=1e-3)
    for column, (target, sign) in enumerate((("valence", 1), ("arousal", -1))):
        expected = sign * np.arange(len(TIMES)) / 100
        for row, values in UNRATED.items():  # -5 masks its own target alone
            expected[row] = values[column]
        np.testing.assert_allclose(ratings[target].values, expected)


def test_training_and_evaluation_read_the_same_labels(tree):
    corpus = open_corpus("affwild2", tree)
    ratings = corpus.ratings(corpus["one"])
    (path,) = corpus.rating_files(corpus["one"])
    (labels,) = read_labels(path)
    for column, target in enumerate(("valence", "arousal")):
        np.testing.assert_array_equal(ratings[target].values, labels.values[:, column])


def test_a_tick_may_know_one_target_alone(tree):
    corpus = open_corpus("affwild2", tree)
    ratings = corpus.ratings(corpus["one"])
    labels, labelled = label_ticks(ratings, ("valence", "arousal"), Timeline(25.0), 5)
    np.testing.assert_allclose(labels[3:], [[np.nan, np.nan], [0.5, np.nan]])
    assert labelled.tolist() == [True, True, True, False, False]


def test_test_set_has_no_ratings(tree):
    corpus = open_corpus("affwild2", tree)
    assert corpus.ratings(corpus["one_test"]) == {}


def test_frame_times_are_those_of_the_pictures(tree):
    for path in (tree / "batch1" / "one.mp4", tree / "batch2" / "5-30-1920x1080-2.avi"):
        np.testing.assert_allclose(frame_times(path), [frame.pts for frame in media.frames(path)])


def test_rows_and_frames_may_differ_by_a_few(tree, make_clip, tmp_path, caplog):
    va = tmp_path / "VA_Set" / "Train_Set"
    write_labels(va / "long.txt", len(TIMES) + 2)
    write_labels(va / "short.txt", len(TIMES) - 2)
    for name in ("long", "short"):
        write_faces(tmp_path / "cropped_aligned" / name, 3)
        make_clip(tmp_path / f"{name}.mp4", TIMES)
    corpus = open_corpus("affwild2", tmp_path)
    with caplog.at_level(logging.WARNING):
        assert len(corpus.ratings(corpus["long"])["valence"].times) == len(TIMES)
    assert "37 rows of labels, 35 frames" in caplog.text
    assert len(corpus.ratings(corpus["short"])["valence"].times) == len(TIMES) - 2


def test_features_come_from_the_face_nearest_to_the_ticks_centre(tree, model_folder):
    encoders = Encoders(model_folder)
    corpus = open_corpus("affwild2", tree)
    features = encoders(corpus["one"])
    timeline = encoders.timeline
    faces = [i for i in range(len(TIMES)) if i not in GAP]
    expected = {}
    for tick in range(len(features)):
        inside = [i for i in faces if timeline.tick(TIMES[i] + 1e-9) == tick]
        if inside:
            expected[tick] = min(inside, key=lambda i: abs(TIMES[i] - timeline.centre(tick)))
    crops = [
        cv2.imread(str(tree / "cropped_aligned" / "one" / f"{i + 1:05d}.jpg"))[..., ::-1].copy()
        for i in expected.values()
    ]
    direct = encoders.reader.model.encode_faces(np.stack(crops))
    np.testing.assert_allclose(features.streams["visual"][list(expected)], direct, rtol=1e-4, atol=1e-5)
    mask = features.masks["visual"]
    assert mask[list(expected)].all()
    # Faces 9 to 14 are missing, 0.32 to 0.56 s: three ticks, short enough to be bridged as in prediction;
    # the pause of the video, 0.8 to 2 s, is not.
    assert mask[4:7].all()
    assert not mask[10:25].any()
    assert (features.streams["visual"][~mask] == 0).all()


def test_video_without_sound_has_a_masked_voice(tree, model_folder):
    features = Encoders(model_folder)(open_corpus("affwild2", tree)["pair_left"])
    assert not features.masks["audio"].any()
    assert features.masks["visual"].any()
    assert features.streams["audio"].shape == (len(features), 128)


def test_unreadable_face_gives_way_to_the_next(tree, model_folder, tmp_path, make_clip):
    write_labels(tmp_path / "VA_Set" / "Train_Set" / "a.txt", 6)
    make_clip(tmp_path / "a.mp4", np.arange(6) / 50)
    write_faces(tmp_path / "cropped_aligned" / "a", 6, gap=())
    (tmp_path / "cropped_aligned" / "a" / "00003.jpg").write_bytes(b"no picture")
    mask = Encoders(model_folder)(open_corpus("affwild2", tmp_path)["a"]).masks["visual"]
    assert mask.tolist() == [True, True]


def test_wrong_layouts_say_what_is_expected(tmp_path, make_clip, model_folder):
    with pytest.raises(DataError, match="no such folder"):
        open_corpus("affwild2", tmp_path / "nowhere")
    with pytest.raises(DataError, match="no labels; expected a folder VA_Estimation_Challenge"):
        open_corpus("affwild2", tmp_path)
    write_labels(tmp_path / "VA_Estimation_Challenge" / "Train_Set" / "a.txt")
    with pytest.raises(DataError, match="no faces; expected a folder cropped_aligned"):
        open_corpus("affwild2", tmp_path)
    write_faces(tmp_path / "cropped_aligned" / "other", 1)
    with pytest.raises(DataError, match="no videos"):
        open_corpus("affwild2", tmp_path)
    make_clip(tmp_path / "other.mp4", [0.0])
    with pytest.raises(DataError, match="none of 1 labelled names has a folder in cropped_aligned"):
        open_corpus("affwild2", tmp_path)
    write_faces(tmp_path / "cropped_aligned" / "a", 1)
    corpus = open_corpus("affwild2", tmp_path)
    with pytest.raises(DataError, match=r"a: no video a\.mp4 or \.avi"):
        Encoders(model_folder)(corpus["a"])
    with pytest.raises(DataError, match="affwild2 has no recording 'b'"):
        corpus["b"]

"""The main job: recordings in, a table of true times out."""

from pathlib import Path

import numpy as np
import pytest

import avaffect
from avaffect import media
from avaffect.errors import AvaffectError, MediaError

SAMPLE = Path(__file__).parents[2] / "examples" / "sample.mp4"
GRID = ("grid_bbaf2n.mpg", "grid_lbax4n.mpg", "grid_pwij3p.mpg", "grid_sbwe5n.mpg")


@pytest.fixture(scope="module")
def predictor():
    return avaffect.load("hgrjca.default")


@pytest.fixture(scope="module")
def sample(predictor):
    return predictor.process_file(SAMPLE)


def test_every_frame_has_its_row_at_its_own_time(sample):
    pts = [frame.pts for frame in media.frames(SAMPLE)]
    np.testing.assert_allclose(np.unique(sample.table["pts"]), pts)
    index = sample.table.index
    assert (index.get_level_values("start") == sample.table["pts"]).all()
    assert (index.get_level_values("end") > index.get_level_values("start")).all()


def test_values_lie_in_their_interval_and_range(sample):
    table = sample.table
    known = table["valence"].notna()
    assert known.any()
    for target in ("valence", "arousal"):
        part = table[known]
        assert part[target].between(part[f"{target}_lo"], part[f"{target}_hi"]).all()
        assert part[[f"{target}_lo", f"{target}_hi"]].stack().between(-1, 1).all()


def test_missing_face_is_nan_and_the_interval_is_wider(predictor, sample):
    table = sample.table
    seen = table["face_conf"].notna()
    assert seen.any()
    assert (~seen).any(), "the sample has a stretch without a face"
    assert table.loc[~seen, ["face_x1", "face_conf"]].isna().all().all()
    widths = predictor.spec.calibration
    for target in predictor.spec.targets:
        assert widths["audio"][target] >= widths["audio+visual"][target] - 1e-9
        assert widths["visual"][target] >= widths["audio+visual"][target] - 1e-9


def test_process_signal_agrees_with_process_file(predictor, sample):
    frames = list(media.frames(SAMPLE))
    samples, start, _ = media.read_audio(SAMPLE)
    padded = np.concatenate([np.zeros(round(start * 16000), np.float32), samples])
    trace = predictor.process_signal(
        (frame.image for frame in frames), [frame.pts for frame in frames], padded, 16000
    )
    assert len(trace) == len(sample)
    np.testing.assert_allclose(trace.table["valence"], sample.table["valence"], atol=0.02)


def test_voice_alone_and_face_alone(predictor, sample):
    samples, _, _ = media.read_audio(SAMPLE)
    voice = predictor.process_signal(None, None, samples, 16000).table
    assert voice["frame"].notna().all() or voice["frame"].isna().all()
    assert voice["face_conf"].isna().all()
    frames = list(media.frames(SAMPLE))
    face = predictor.process_signal(
        [frame.image for frame in frames], [frame.pts for frame in frames], None, None
    ).table
    assert face["voiced"].isna().all()
    assert face["valence"].notna().any()


def test_nothing_to_predict_from_is_nan_not_zero(predictor):
    blank = [np.full((120, 160, 3), 90, np.uint8)] * 10
    table = predictor.process_signal(blank, np.arange(10) / 10, np.zeros(16000, np.float32), 16000).table
    assert len(table) == 10
    assert table[["valence", "arousal", "face_conf"]].isna().all().all()
    assert table["track"].isna().all()


def test_process_signal_says_what_is_wrong(predictor):
    image = np.zeros((32, 32, 3), np.uint8)
    with pytest.raises(MediaError, match="times"):
        predictor.process_signal([image], None, None, None)
    with pytest.raises(MediaError, match="nothing given"):
        predictor.process_signal(None, None, None, None)
    with pytest.raises(MediaError, match="increase"):
        predictor.process_signal([image, image], [0.0, 0.0], None, None)
    with pytest.raises(MediaError, match="uint8 RGB"):
        predictor.process_signal([image.astype(float)], [0.0], None, None)


def test_unknown_people_is_an_error():
    with pytest.raises(AvaffectError, match="'all' or 'main'"):
        avaffect.load("hgrjca.default", people="some")


def test_process_files_names_the_bad_one(predictor, tmp_path):
    (tmp_path / "bad.mp4").write_text("no video")
    trace = predictor.process_files([tmp_path / "bad.mp4", SAMPLE])
    assert set(trace.table.index.get_level_values("file")) == {str(SAMPLE)}
    assert [error["file"] for error in trace.meta["errors"]] == [str(tmp_path / "bad.mp4")]


@pytest.mark.parametrize("name", GRID)
def test_grid_clips_have_75_rows_of_one_speaker(predictor, clips, name):
    table = predictor.process_file(clips / name).table
    assert len(table) == 75
    assert table["track"].nunique() == 1
    np.testing.assert_allclose(np.diff(table["pts"]), 0.04, atol=1e-6)
    assert table["face_conf"].notna().mean() > 0.95
    assert table["valence"].notna().all()


def test_no_face_gives_no_visual_columns(predictor, clips):
    table = predictor.process_file(clips / "no_face.mp4").table
    assert table[["face_conf", "face_x1", "attended_visual"]].isna().all().all()
    assert table["track"].isna().all()
    assert len(table) == len(list(media.frames(clips / "no_face.mp4")))


def test_face_that_appears_later(predictor, clips):
    table = predictor.process_file(clips / "face_appears.mov").table
    assert table["face_conf"].isna().any()
    assert table["face_conf"].notna().any()
    assert table["pts"].is_unique or table["track"].nunique() > 1


def test_main_person_has_every_frame(clips):
    predictor = avaffect.load("hgrjca.default", people="main")
    table = predictor.process_file(clips / "debate_two_people.mp4").table
    frames = sum(1 for _ in media.frames(clips / "debate_two_people.mp4"))
    assert len(table) == frames
    assert table["track"].nunique() == 1

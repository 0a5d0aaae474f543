"""The main job: recordings in, a table of true times out."""

import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

import avaffect
from avaffect import media
from avaffect.errors import AvaffectError, DataError

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
    # Without a face there is the voice alone, and with a face, where nobody speaks, the face alone.
    heard = table["voiced"] >= 0.5
    both, voice, face = seen & heard, ~seen & heard, seen & (table["voiced"] < 0.1)
    assert min(both.sum(), voice.sum(), face.sum()) >= 5
    for target in predictor.spec.targets:
        # Half-widths: one end of most intervals is cut off by the range.
        half = np.maximum(table[f"{target}_hi"] - table[target], table[target] - table[f"{target}_lo"])
        whole = predictor.spec.calibration
        for rows, condition in ((both, "audio+visual"), (voice, "audio"), (face, "visual")):
            expected = whole[condition][target]
            assert half[rows].median() == pytest.approx(expected, rel=0.1)


def test_process_signal_agrees_with_process_file(predictor, sample):
    frames = list(media.frames(SAMPLE))
    samples, start, _ = media.read_audio(SAMPLE)
    padded = np.concatenate([np.zeros(round(start * 16000), np.float32), samples])
    trace = predictor.process_signal(
        frames=(frame.image for frame in frames),
        times=(frame.pts for frame in frames),
        samples=padded,
        sample_rate=16000,
    )
    assert len(trace) == len(sample)
    np.testing.assert_allclose(trace.table["valence"], sample.table["valence"], atol=0.02)


def test_voice_alone_has_a_row_a_tick(predictor):
    samples, _, _ = media.read_audio(SAMPLE)
    table = predictor.process_signal(samples=samples, sample_rate=16000).table
    assert table[["track", "frame", "face_conf", "speaking"]].isna().all(axis=None)
    assert len(table) == predictor.timeline.count(len(samples) / 16000)
    np.testing.assert_allclose(table["pts"], np.arange(len(table)) / predictor.spec.tick_rate)
    np.testing.assert_allclose(np.diff(table.index.get_level_values("end")), 1 / predictor.spec.tick_rate)
    heard = table["voiced"] >= 0.5
    assert heard.sum() > 20
    assert table.loc[heard, "valence"].notna().all()


def test_face_alone_has_a_row_a_frame_and_no_voice(predictor):
    frames = list(media.frames(SAMPLE))
    table = predictor.process_signal(
        frames=[frame.image for frame in frames], times=[frame.pts for frame in frames]
    ).table
    assert table["frame"].tolist() == list(range(len(frames)))
    assert table[["voiced", "speaking"]].isna().all(axis=None)
    seen = table["face_conf"].notna()
    assert seen.any()
    assert table.loc[seen, "valence"].notna().all()
    far = ~seen & ~seen.rolling(27, center=True, min_periods=1).max().astype(bool)  # over half a second away
    assert far.any()
    assert table.loc[far, "valence"].isna().all()


def test_nothing_to_predict_from_is_nan_not_zero(predictor):
    blank = [np.full((120, 160, 3), 90, np.uint8)] * 10
    table = predictor.process_signal(
        frames=blank, times=np.arange(10) / 10, samples=np.zeros(16000, np.float32), sample_rate=16000
    ).table
    assert len(table) == 10
    assert table[["valence", "arousal", "face_conf"]].isna().all().all()
    assert table["track"].isna().all()


IMAGE = np.zeros((32, 32, 3), np.uint8)
SILENCE = np.zeros(1600, np.float32)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "nothing given: expected frames= and times=, samples= and sample_rate="),
        ({"frames": [IMAGE]}, "frames without times: give times=, the seconds of each frame"),
        ({"times": [0.0]}, "times without frames: give frames="),
        ({"frames": [IMAGE], "times": 25}, "times=25: expected several"),
        ({"frames": 3, "times": [0.0]}, "frames=3: expected several"),
        (
            {"frames": [IMAGE, IMAGE], "times": [0.0, 0.0]},
            "frame 1 is at 0.0 s, not after 0.0 s: .* increase",
        ),
        ({"frames": [IMAGE], "times": [np.nan]}, "frame 0 is at nan s"),
        ({"frames": [IMAGE, IMAGE], "times": [0.0]}, "1 times for more frames: expected one time a frame"),
        (
            {"frames": [IMAGE], "times": [0.0, 0.1]},
            "more than 1 times for 1 frames: expected one time a frame",
        ),
        ({"frames": [IMAGE.astype(float)], "times": [0.0]}, r"frame 0 is float64 .* uint8 RGB"),
        ({"samples": SILENCE}, "samples without sample_rate: give sample_rate="),
        ({"sample_rate": 16000}, "sample_rate=16000 without samples: give samples="),
        ({"samples": np.zeros((2, 100)), "sample_rate": 16000}, r"\(2, 100\): expected one channel"),
    ],
)
def test_process_signal_says_what_is_wrong(predictor, given, message):
    with pytest.raises(AvaffectError, match=message):
        predictor.process_signal(**given)


def test_unknown_people_is_an_error():
    with pytest.raises(AvaffectError, match="'all' or 'main'"):
        avaffect.load("hgrjca.default", people="some")


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
    pts = [frame.pts for frame in media.frames(clips / "face_appears.mov")]
    first = table.loc[table["track"].notna(), "pts"].min()
    assert 0 < first < pts[-1]
    before, after = table[table["pts"] < first], table[table["pts"] >= first]
    assert before["face_conf"].isna().all()
    assert before["track"].isna().all()
    assert after["face_conf"].notna().mean() > 0.5
    # Every frame has its row: of nobody before, and of each person in view from then on.
    np.testing.assert_allclose(before["pts"], [time for time in pts if time < first])
    assert sorted(set(after["pts"])) == pytest.approx([time for time in pts if time >= first])
    assert not after.duplicated(["pts", "track"]).any()


def test_main_person_has_every_frame(clips):
    predictor = avaffect.load("hgrjca.default", people="main")
    table = predictor.process_file(clips / "debate_two_people.mp4").table
    frames = sum(1 for _ in media.frames(clips / "debate_two_people.mp4"))
    assert len(table) == frames
    assert table["track"].nunique() == 1


def test_sound_after_the_last_picture_is_predicted_for_nobody(predictor):
    images = [np.zeros((48, 64, 3), np.uint8)] * 25
    samples = np.random.default_rng(0).normal(0, 0.05, 5 * 16000)
    trace = predictor.process_signal(
        frames=images, times=np.arange(25) / 25, samples=samples, sample_rate=16000
    )
    alone = trace.table["frame"].isna()
    assert trace.table["frame"].dropna().tolist() == list(range(25))
    assert alone.sum() == 51  # 4 s, and the two ticks at their ends
    assert trace.table["track"][alone].isna().all()
    assert trace.duration == pytest.approx(5.0, abs=0.08)
    assert trace.table["voiced"].notna().all()


def test_a_forked_process_predicts(tmp_path):
    """With two threads used before the fork, the child must not wait for threads that it does not have."""
    script = tmp_path / "fork.py"
    script.write_text(
        "import multiprocessing as mp, numpy as np, avaffect, avaffect.session\n"
        "avaffect.session.set_threads(2)\n"
        "predictor = avaffect.load('audio.default')\n"
        "samples = np.random.default_rng(0).normal(0, 0.05, 32000)\n"
        "def rows(_): return len(predictor.process_signal(samples=samples, sample_rate=16000))\n"
        "print(rows(0), mp.get_context('fork').Pool(1).map_async(rows, [0]).get(timeout=60))\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, env=environment
    )
    assert done.stdout.split() == ["25", "[25]"], done.stderr[-500:]


def test_one_name_instead_of_a_list_is_said_at_once(predictor):
    with pytest.raises(DataError, match=r"takes a list of files: give \['a.mp4'\], or use process_file"):
        predictor.process_files("a.mp4")


@pytest.mark.parametrize(("seconds", "short"), [(0.4, True), (0.56, False)])
def test_sound_too_short_to_tell_anything_is_said(predictor, seconds, short, tmp_path, caplog):
    samples = np.random.default_rng(0).normal(0, 3000, int(16000 * seconds)).astype("<i2")
    with wave.open(str(tmp_path / "yes.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    predictor.process_signal(samples=samples, sample_rate=16000)
    predictor.process_file(tmp_path / "yes.wav")
    said = [line for line in caplog.messages if "from less than 0.5 s of a voice hardly anything" in line]
    assert len(said) == (2 if short else 0)


def test_pictures_without_sound_may_be_short(predictor, caplog):
    predictor.process_signal([np.zeros((64, 64, 3), np.uint8)], [0.0])
    assert not caplog.messages

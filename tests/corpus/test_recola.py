"""RECOLA in the layouts of the AVEC challenges and of the corpus itself."""

import numpy as np
import pytest

from avaffect.corpus import open_corpus
from avaffect.corpus.labels.table import read_table
from avaffect.errors import DataError
from avaffect.streams.timeline import Timeline

TIMES = np.arange(200) * 0.04


def write_arff(path, values, name):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "\n".join(f"{name},{t:g},{v:g}" for t, v in zip(TIMES, values, strict=True))
    path.write_text(
        "% a comment\n@relation GOLDSTANDARD\n\n@attribute Instance_name string\n"
        f"@attribute frameTime numeric\n@attribute GoldStandard numeric\n\n@data\n\n{rows}\n"
    )


@pytest.fixture
def avec(tmp_path, make_clip):
    gold = tmp_path / "ratings_gold_standard"
    for name in ("train_2", "train_10", "dev_1"):
        write_arff(gold / "valence" / f"{name}.arff", TIMES / 10, name)
        write_arff(gold / "arousal" / f"{name}.arff", -TIMES / 10, name)
    write_arff(gold / "valence" / "train_all.arff", TIMES / 10, "train_2")
    for name in ("train_2", "train_10", "dev_1", "test_1"):
        make_clip(tmp_path / "recordings_video" / f"{name}.mp4", [0.0, 0.04])
    make_clip(tmp_path / "recordings_audio" / "dev_1.mp4", [0.0])
    return tmp_path


def test_challenge_layout(avec):
    corpus = open_corpus("recola", avec)
    assert [(r.name, r.split) for r in corpus.recordings] == [
        ("dev_1", "val"), ("test_1", "test"), ("train_2", "train"), ("train_10", "train"),
    ]  # fmt: skip
    assert corpus["dev_1"].audio == avec / "recordings_audio" / "dev_1.mp4"
    assert corpus["train_2"].audio == corpus["train_2"].video
    assert corpus.ratings(corpus["test_1"]) == {}


def test_delays_move_labels_earlier_each_by_its_own(avec):
    corpus = open_corpus("recola", avec)
    ratings = corpus.ratings(corpus["train_2"])
    np.testing.assert_allclose(ratings["valence"].times, TIMES - 2.32)
    np.testing.assert_allclose(ratings["arousal"].times, TIMES - 2.72)
    # What is labelled at second 1 is what raters said at 3.32 and 3.72.
    timeline = Timeline(12.5)
    tick = timeline.tick(1.0)
    ticks = timeline.count(TIMES[-1])
    at = timeline.centre(tick)
    assert ratings["valence"].at(timeline, ticks)[tick] == pytest.approx((at + 2.32) / 10, abs=0.004)
    assert ratings["arousal"].at(timeline, ticks)[tick] == pytest.approx(-(at + 2.72) / 10, abs=0.004)
    plain = open_corpus("recola", avec, valence_delay=0, arousal_delay=0)
    np.testing.assert_allclose(plain.ratings(plain["train_2"])["valence"].times, TIMES)


def test_corpus_layout_takes_the_mean_of_the_raters(tmp_path, make_clip):
    for target in ("valence", "arousal"):
        folder = tmp_path / "RECOLA-Annotation" / "emotional_behaviour" / target
        folder.mkdir(parents=True)
        rows = "\n".join(f"{t:.2f};0.1;0.2;0.3;0.1;0.2;0.3" for t in TIMES)
        (folder / "P16.csv").write_text(f"time;FM1 ;FM2 ;FM3 ;FF1 ;FF2 ;FF3\n{rows}\n")
    make_clip(tmp_path / "RECOLA-Video-recordings" / "P16.mp4", [0.0, 0.04])
    corpus = open_corpus("recola", tmp_path, valence_delay=0)
    assert [(r.name, r.split) for r in corpus.recordings] == [("P16", "")]
    np.testing.assert_allclose(corpus.ratings(corpus["P16"])["valence"].values, 0.2)


def test_csv_gold_standard_and_missing_values(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("name;frameTime;GoldStandard\n'a';0.0;?\n'a';0.04;0.5\n")
    table = read_table(path)
    assert np.isnan(table.column("goldstandard")[0])
    np.testing.assert_allclose(table.time, [0, 0.04])
    with pytest.raises(DataError, match="no column 'x'; it has name, frametime, goldstandard"):
        table.column("x")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.arff", "0.1,0.2\n", "not an ARFF file"),
        ("a.csv", "time,GoldStandard\n", "no rows of data"),
        ("a.csv", "time,GoldStandard\n0.1\n", "data row 1 has 1 cells, the header 2"),
    ],
)
def test_wrong_tables(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        read_table(tmp_path / name)


def test_wrong_layouts_say_what_is_expected(tmp_path):
    with pytest.raises(DataError, match="not RECOLA; expected a folder ratings_gold_standard"):
        open_corpus("recola", tmp_path)
    write_arff(tmp_path / "ratings_gold_standard" / "valence" / "train_1.arff", TIMES, "train_1")
    with pytest.raises(DataError, match="arousal: no such folder; expected one .arff or .csv a recording"):
        open_corpus("recola", tmp_path)
    write_arff(tmp_path / "ratings_gold_standard" / "arousal" / "train_1.arff", TIMES, "train_1")
    with pytest.raises(DataError, match="no media of it; expected recordings_video or recordings_audio"):
        open_corpus("recola", tmp_path)


def test_rating_files_are_one_for_each_target(avec):
    corpus = open_corpus("recola", avec)
    gold = avec / "ratings_gold_standard"
    assert corpus.rating_files(corpus["dev_1"]) == [
        gold / "valence" / "dev_1.arff",
        gold / "arousal" / "dev_1.arff",
    ]
    assert corpus.rating_files(corpus["test_1"]) == []


def test_a_table_without_ratings_or_times(avec):
    path = avec / "ratings_gold_standard" / "valence" / "dev_1.csv"
    path.with_suffix(".arff").unlink()
    path.write_text("time,FM1\n0,?\n")
    corpus = open_corpus("recola", avec)
    with pytest.raises(DataError, match="no ratings; expected a column GoldStandard, or one a rater"):
        corpus.ratings(corpus["dev_1"])
    path.write_text("frame,GoldStandard\n0,0.1\n")
    with pytest.raises(DataError, match="no column of times; it has frame, goldstandard"):
        corpus.ratings(corpus["dev_1"])


def test_a_folder_without_tables(tmp_path):
    (tmp_path / "ratings_gold_standard" / "valence").mkdir(parents=True)
    with pytest.raises(DataError, match=r"valence: no ratings; expected one \.arff or \.csv a recording"):
        open_corpus("recola", tmp_path)

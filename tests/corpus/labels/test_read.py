"""Every way of writing the same labels is read as the same labels."""

import numpy as np
import pytest

from avaffect.corpus.labels import Kind, LabelOptions, kind_of, label_files, read_label_file
from avaffect.errors import DataError

TIMES = [0.0, 0.5, 1.25]
VALENCE = [0.1, -0.25, np.nan]
AROUSAL = [0.5, np.nan, -1.0]

SAME = {
    "commas": ("time,valence,arousal\n0,0.1,0.5\n0.5,-0.25,\n1.25,,-1\n", "utf-8"),
    "semicolons and decimal commas": ("time;valence;arousal\n0;0,1;0,5\n0,5;-0,25;NA\n1,25;;-1\n", "utf-8"),
    "tabs": ("time\tvalence\tarousal\n0\t0.1\t0.5\n0.5\t-.25\tnan\n1.25\t-5\t-1\n", "utf-8"),
    "white space": ("time valence  arousal\n0 0.1 0.5\n0.5  -0.25 NA\n1.25 ? -1\n", "utf-8"),
    "capitals and spaces": (" Time , VALENCE ,Arousal \n0, 0.1 ,0.5\n0.5,-0.25, N/A\n1.25,,-1\n", "utf-8"),
    "a byte order mark": ("time,valence,arousal\n0,0.1,0.5\n0.5,-0.25,-5\n1.25,-5,-1\n", "utf-8-sig"),
    "UTF-16": ("time,valence,arousal\n0,0.1,0.5\n0.5,-0.25,-5\n1.25,-5,-1\n", "utf-16"),
    "Windows-1252": ("rätér,time,valence,arousal\né,0,0.1,0.5\né,0.5,-0.25,\né,1.25,,-1\n", "cp1252"),
    "quotes": ('"time","valence","arousal"\n0,"0,1","0,5"\n"0,5","-0,25",""\n"1,25","","-1"\n', "utf-8"),
    "Excel's lines": ("sep=;\ntime;valence;arousal;\n0;0,1;0,5;\n0,5;-0,25;;\n;;;\n1,25;;-1;\n", "utf-8"),
    "milliseconds": ("time_ms,valence,arousal\n0,0.1,0.5\n500,-0.25,\n1250,,-1\n", "utf-8"),
    "in words": ("Time (milliseconds),valence,arousal\n0,0.1,0.5\n500,-0.25,\n1250,,-1\n", "utf-8"),
    "microseconds": ("Time (µs),valence,arousal\n0,0.1,0.5\n500000,-0.25,\n1250000,,-1\n", "utf-8"),
    "comments": ("# a tool 3.1\n# P01\ntime,valence,arousal\n0,0.1,0.5\n0.5,-0.25,\n1.25,,-1\n", "utf-8"),
    "NumPy's header": ("# time valence arousal\n0 0.1 0.5\n0.5 -0.25 nan\n1.25 nan -1\n", "utf-8"),
    "a true minus": ("time,valence,arousal\n0,0.1,0.5\n0.5,\u22120.25,n.a.\n1.25,,\u22121\n", "utf-8"),
    "a clock": ("timestamp,valence,arousal\n00:00:00,0.1,0.5\n00:00:00.500,-0.25,\n0:01.25,,-1\n", "utf-8"),
    "other columns": ("id,t,frame,arousal,valence\n7,0,0,0.5,0.1\n7,0.5,12,,-0.25\n7,1.25,31,-1,\n", "utf-8"),
    "Windows' line ends": ("time,valence,arousal\r\n0,0.1,0.5\r\n0.5,-0.25,\r\n\r\n1.25,,-1\r\n", "utf-8"),
}  # fmt: skip


def check(ratings):
    for target, values in (("valence", VALENCE), ("arousal", AROUSAL)):
        np.testing.assert_allclose(ratings[target].times, TIMES)
        np.testing.assert_array_equal(ratings[target].values, values)


@pytest.mark.parametrize("case", SAME)
@pytest.mark.parametrize("ending", ["csv", "txt"])
def test_one_table_a_recording(tmp_path, case, ending):
    text, encoding = SAME[case]
    path = tmp_path / f"talk.{ending}"
    path.write_bytes(text.encode(encoding))
    (labels,) = read_label_file(path)
    assert (labels.name, labels.by_frame) == ("talk", False)
    check(labels.checked())


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("t,valence,arousal\n0,0.1,0.5\n500,-0.25,\n1250,,-1\n", {"time_unit": "ms"}),
        ("time_ms,valence,arousal\n0,0.1,0.5\n0.5,-0.25,\n1.25,,-1\n", {"time_unit": "s"}),
        (
            "time_ms|valence|arousal\n0|0,1|0,5\n0,5|-0,25|\n1,25||-1\n",
            {"time_unit": "s", "decimal": "comma"},
        ),
        ("time;valence;arousal\n0;0.1;0.5\n0.5;-0.25;\n1.25;;-1\n", {"delimiter": ";", "decimal": "point"}),
        ("t,valence,arousal\n0,0.1,0.5\n500000,-0.25,\n1250000,,-1\n", {"time_unit": "us"}),
        ("time,valence,arousal\n0,5.4,7\n0.5,4,\n1.25,,1\n", {"scale": "1,9"}),
    ],
)
def test_what_a_file_does_not_say_is_given(tmp_path, text, options):
    path = tmp_path / "talk.csv"
    path.write_text(text)
    options = LabelOptions(**options)
    ratings = read_label_file(path, options)[0].checked(options.scale)
    for target, values in (("valence", VALENCE), ("arousal", AROUSAL)):
        np.testing.assert_allclose(ratings[target].times, TIMES)
        np.testing.assert_allclose(ratings[target].values, values, atol=1e-9)


def test_numbers_of_frames(tmp_path):
    path = tmp_path / "talk.csv"
    for header, options in (("frame", None), ("Frame Number", None), ("t", LabelOptions(time_unit="frames"))):
        path.write_text(f"{header},valence,arousal\n0,0.1,0.5\n3,0.2,\n")
        (labels,) = read_label_file(path, options)
        assert labels.by_frame
        assert labels.checked()["valence"].times.tolist() == [0, 3]
    path.write_text("frame,valence,arousal\n0.5,0.1,0.5\n")
    with pytest.raises(DataError, match="frames must be whole numbers from 0"):
        read_label_file(path)[0].checked()


def test_begin_and_length(tmp_path):
    path = tmp_path / "talk.csv"
    for text in (
        "onset,duration,valence,arousal\n0,1.5,0.1,0\n2,1,0.2,0\n",
        "start_ms,end_ms,valence,arousal\n0,1500,0.1,0\n2000,3000,0.2,0\n",
        "Begin;End;valence;arousal\n0;1,5;0,1;0\n00:02;00:03;0,2;0\n".replace("0;1,5", "0:00;0:01,5"),
    ):
        path.write_text(text)
        ratings = read_label_file(path)[0].checked()["valence"]
        assert (ratings.times.tolist(), ratings.ends.tolist()) == ([0, 2], [1.5, 3])


def test_one_table_for_all(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("Video;Time;Valence;Arousal\nA\\a.mp4;0;0,1;0\nb.mp4;0;0,2;0\nA\\a.mp4;1;0,3;0\n")
    first, second = read_label_file(path)
    assert (first.name, second.name) == ("A/a.mp4", "b.mp4")
    np.testing.assert_allclose(first.checked()["valence"].values, [0.1, 0.3])


def test_minus_5_is_a_value_on_a_scale_that_has_it(tmp_path):
    path = tmp_path / "talk.csv"
    path.write_text("time,valence,arousal\n0,-5,0\n")
    ratings = read_label_file(path)[0].checked((-10, 10))
    assert ratings["valence"].values.tolist() == [-0.5]


@pytest.mark.parametrize("target", ["valence", "arousal"])
@pytest.mark.parametrize("place", ["talk.{}.csv", "talk_{}.csv", "{}/talk.csv", "talk/{}.csv"])
def test_a_table_of_one_target_is_named_by_it(tmp_path, target, place):
    """A gold standard, as MuSe and AVEC give it: the number of the segment is no rating."""
    path = tmp_path / place.format(target)
    path.parent.mkdir(exist_ok=True)
    path.write_text("timestamp,value,segment_id\n0.00,0.1,1\n0.04,0.1,1\n")
    (file,) = label_files(tmp_path)
    assert (file.name, file.target) == ("talk", target)
    (labels,) = read_label_file(file)
    assert {name: r.values.tolist() for name, r in labels.checked().items()} == {target: [0.1, 0.1]}


def test_carma_with_the_scale_in_every_row(tmp_path):
    head = "Filename,Minimum Value,Midpoint Value,Maximum Value,Second,Rating\n"
    path = tmp_path / "talk.valence.csv"
    path.write_text(head + "talk.avi,-100,0,100,1,20\ntalk.avi,-100,0,100,2,NaN\n")
    (labels,) = read_label_file(path)
    ratings = labels.checked()["valence"]
    assert (labels.name, ratings.times.tolist(), ratings.ends.tolist()) == ("talk", [0, 1], [1, 2])
    np.testing.assert_allclose(ratings.values, [0.2, np.nan])
    path.write_text(head + "a.avi,-100,0,100,1,20\nb.avi,-100,0,100,1,50\n")
    assert [one.name for one in read_label_file(path)] == ["a.avi", "b.avi"]
    path.write_text((head + "a.avi,1,1,1,1,1\n").replace(",", ";"))
    with pytest.raises(DataError, match="its scale goes from 1 to 1; expected a minimum value below"):
        read_label_file(path)


RESULTS = {
    "talk.csv": "file,start,end,track,frame,pts,valence,valence_lo,valence_hi,arousal\na,0,1,1,0,0,0,0,0,0\n",
    "excel.csv": "file;start;end;track;frame;pts;valence;arousal\na;0;1;1;0;0;0;0\n",
    "all.txt": "image_location,valence,arousal\na/00001.jpg,0,0\n",
    "talk.jsonl": "{}\n",
    "talk.parquet": "PAR1",
}


@pytest.mark.parametrize("name", RESULTS)
def test_our_own_results_are_no_labels(tmp_path, name):
    (tmp_path / name).write_text(RESULTS[name])
    with pytest.raises(DataError, match="is a table that avaffect wrote: predictions, not labels"):
        read_label_file(tmp_path / name)
    assert label_files(tmp_path) == []


def test_a_recorded_text_of_ours_is_no_label(tmp_path):
    path = tmp_path / "talk.txt"
    path.write_text("valence,arousal\n0,0\n")
    assert kind_of(path) is Kind.ABAW
    (tmp_path / "talk.avaffect.json").write_text('{"outputs": {"talk.txt": 12}}')
    assert kind_of(path) is Kind.RESULTS


WRONG = {
    "two decimals": ("a.csv", "time;valence;arousal\n0;0,1;0\n1;0.1;0\n", "with a point and with a comma"),
    "commas in commas": ("a.csv", "time,valence,arousal\n0,04,0,1,0,2\n", "use semicolons or tabs"),
    "a date": ("a.csv", "time,valence,arousal\n2020-01-01 10:00:00,0,0\n", "expected hh:mm:ss.fff"),
    "minutes above 59": ("a.csv", "time,valence,arousal\n1:75:00,0,0\n", "expected hh:mm:ss.fff"),
    "no target": ("a.csv", "time,mood\n0,1\n", "no column valence or arousal; it has time, mood"),
    "of what": ("a.csv", "Minimum Value,0\nMaximum Value,1\nSecond,Rating\n%%%,%%%\n1,1\n", "call it NAME"),
    "outside": ("a.csv", "Magnitude,1\nSecond,valence,arousal\n%%%,%%%,%%%\n1,1,-2\n", "the scale that it"),
    "a column twice": ("a.csv", "time,valence,valence\n0,0,0\n", "two columns are called 'valence'"),
    "a row of nobody": ("a.csv", "file,pts,valence,arousal\n,0,0,0\n", "data row 1 names no file"),
    "several raters": ("a.csv", "time,valence,arousal\n0,0,0\n0,1,1\n", "increase .* give one rater's rows"),
    "an end before": ("a.csv", "start,end,valence,arousal\n1,0,0,0\n", "each end must be a time"),
    "text": ("a.csv", "time,valence,arousal\n0,1_0,0\n", "data row 1 has valence 1_0; expected numbers"),
    "an unknown unit": ("a.csv", "time_ds,valence\n0,0\n", "lacks the column 'pts'; it has time_ds"),
    "thousands": ("a.csv", 'time_ms,valence\n"1,000",0\n"1,040",0\n', "may be one or a thousand ms"),
    "a row of no time": ("a.csv", "time,valence,arousal\n0,0,0\n,0,0\n", "data row 2 has no time"),
    "a workbook": ("a.csv", "PK\x03\x04\0\0", "it is an office file or an archive; .* a table as csv"),
    "a segment": ("valence.csv", "time,segment_id\n0,1\n", "no ratings; expected a column GoldStandard"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_line(tmp_path, case):
    name, text, message = WRONG[case]
    folder = tmp_path / "valence" if case == "a segment" else tmp_path
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    with pytest.raises(DataError, match=message) as error:
        [labels.checked() for labels in read_label_file(folder / name)]
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("decimal", "mark"), [("comma", "."), ("point", ",")])
def test_a_decimal_that_the_numbers_contradict(tmp_path, decimal, mark):
    (tmp_path / "a.csv").write_text(f"time;valence\n0;0{mark}5\n")
    with pytest.raises(DataError, match=f"the option decimal says {decimal}"):
        read_label_file(tmp_path / "a.csv", LabelOptions(decimal=decimal))


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_abaw_in_any_encoding(tmp_path, encoding, ending):
    text = ending.join(["valence,arousal", "0.5,-5", "-0.5,0.25", ""])
    (tmp_path / "v.txt").write_bytes(text.encode(encoding))
    ratings = read_label_file(tmp_path / "v.txt")[0].checked()
    np.testing.assert_array_equal(ratings["valence"].values, [0.5, -0.5])
    np.testing.assert_array_equal(ratings["arousal"].values, [np.nan, 0.25])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time_unit": "mss"}, "time_unit='mss'; did you mean 'ms'"),
        ({"delimiter": "semi"}, "delimiter='semi'"),
        ({"decimal": "."}, None),
        ({"scale": "x"}, "scale='x': expected two numbers"),
        ({"scale": (1, 1)}, "scale=1,1: expected the lowest value, then the highest"),
        ({"scale": (0, float("nan"))}, "scale=0,nan"),
    ],
)
def test_options_are_checked_once(options, message):
    if message is None:
        assert LabelOptions(**options).decimal == "."
        return
    with pytest.raises(DataError, match=message):
        LabelOptions(**options)


def test_devices_pipes_and_folders_are_not_read(tmp_path):
    import os

    os.mkfifo(tmp_path / "a.csv")
    for path in (tmp_path / "a.csv", tmp_path, "/dev/zero"):
        with pytest.raises(DataError, match="it is a (folder|device or a pipe); give a file"):
            kind_of(type(tmp_path)(path))
    assert label_files(tmp_path) == []
    with pytest.raises(DataError, match="is the whole file system"):
        label_files(type(tmp_path)("/"))

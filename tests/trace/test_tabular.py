"""CSV, Parquet and JSON lines: what is written reads back."""

from __future__ import annotations

import csv
import io
import json
import re

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from avaffect.errors import DataError
from avaffect.evaluate.tables import tables_by_name
from avaffect.record import Record, Source
from avaffect.trace import Trace, read_trace


@pytest.fixture
def trace(made) -> Trace:
    """Two people and nobody, gaps, odd names, a variable frame rate with long fractions."""
    edges = 1800 + np.cumsum(np.random.default_rng(3).uniform(0.03, 0.05, 41))
    start, end = edges[:-1], edges[1:]
    parts = [
        made.person(start, end, track=1),
        made.person(start[10:], end[10:], track=2, seed=1, first_frame=10),
    ]
    parts.append(made.person(start[:4], end[:4], track=None, seed=2))
    made.blank(parts[0], slice(10, 20), "face", "attended_visual")
    made.blank(parts[0], slice(15, 20), "valence", "arousal", "attended", "voiced")
    table = pd.concat(parts).sort_values("start", kind="stable")
    return Trace.concat(
        [
            Trace(table.rename(index={"clips/interview.mp4": 'ü "a", b/None'}, level=0), meta=made.META),
            Trace(made.person(*made.times(0.2), track=None, file="007"), meta=made.META),
        ]
    )


def test_parquet_is_exact_and_keeps_the_meta(trace, tmp_path, made):
    back = read_trace(trace.to_parquet(tmp_path / "t.parquet"))
    pd.testing.assert_frame_equal(back.table, trace.table, check_exact=True)
    assert back.meta == made.META


def test_parquet_is_plain_for_others(trace, tmp_path):
    path = trace.to_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(path), trace.table)
    assert json.loads(pq.read_schema(path).metadata[b"avaffect"])["weights_sha256"] == "0123abcd"


def test_csv_is_true_to_six_decimals(trace, tmp_path):
    path = trace.to_csv(tmp_path / "t.csv")
    back = read_trace(path)
    pd.testing.assert_frame_equal(back.table, trace.table, check_exact=False, rtol=0, atol=1e-6)
    assert back.files == trace.files
    assert back.meta == {}
    header, first = path.read_text(encoding="utf-8").splitlines()[:2]
    assert header.startswith("file,start,end,track,frame,pts,valence,valence_lo,valence_hi,arousal")
    assert first.startswith('"ü ""a"", b/None",1800.0')


def test_csv_leaves_what_is_missing_empty(trace, tmp_path):
    table = pd.read_csv(trace.to_csv(tmp_path / "t.csv"), dtype=str, keep_default_na=False)
    assert (table["face_conf"] == "").sum() == trace.table["face_conf"].isna().sum() > 0
    assert (table["track"] == "").sum() == trace.table["track"].isna().sum() > 0
    assert not table.isin(["nan", "NaN", "<NA>"]).any(axis=None)


def test_json_lines_are_exact_objects_with_nulls(trace, tmp_path):
    path = trace.to_jsonl(tmp_path / "t.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == len(trace)
    missing = trace.table["valence"].isna().tolist()
    assert [row["valence"] is None for row in rows] == missing
    pd.testing.assert_frame_equal(read_trace(path).table, trace.table, check_exact=True)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_an_empty_trace_goes_and_comes(trace, tmp_path, ending):
    empty = Trace(trace.table.iloc[:0])
    path = getattr(empty, f"to_{ending}")(tmp_path / f"t.{ending}")
    assert len(read_trace(path)) == 0


def test_a_csv_that_ends_within_a_row_is_refused(trace, tmp_path):
    path = trace.to_csv(tmp_path / "t.csv")
    whole = path.read_bytes()
    begin = whole[:-1].rindex(b"\n") + 1
    for cut in (begin + 1, begin + 30, len(whole) - 3):
        path.write_bytes(whole[:cut])
        with pytest.raises(DataError, match=r"t\.csv .* it ends within a row, so it was cut off; give"):
            read_trace(path)


@pytest.mark.parametrize("line", [b"\r\n", b"\r"])
def test_a_csv_may_lack_its_last_line_break(trace, tmp_path, line):
    path = trace.to_csv(tmp_path / "t.csv")
    path.write_bytes(path.read_bytes().rstrip(b"\n").replace(b"\n", line))
    assert len(read_trace(path)) == len(trace)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_a_table_shorter_than_its_record_says_is_logged(made, tmp_path, caplog, ending):
    trace = Trace(made.person(*made.times(4.0)), meta=made.META)
    path = getattr(trace, f"to_{ending}")(tmp_path / f"P01.take.{ending}")
    record = Record(Source("/P01.take.mp4", 1, 0, ""), {}).with_finished(path)
    record.write(tmp_path / "P01.take.avaffect.json")
    assert len(read_trace(path)) == len(trace)
    assert not caplog.records
    size = path.stat().st_size
    getattr(Trace(trace.table.iloc[:60], meta=made.META), f"to_{ending}")(path)
    assert len(read_trace(path)) == 60
    (line,) = caplog.messages
    assert line.startswith(f"{path} has {path.stat().st_size:,} bytes, it had {size:,} when it was written")
    caplog.clear()
    (tmp_path / "P01.take.avaffect.json").unlink()
    assert len(read_trace(path)) == 60
    assert not caplog.records


def saved_anew(text: str, *, cells: str = ",", decimal: str = ".", end: str = "\r\n") -> str:
    """A CSV file as a spreadsheet program saves it: numbers without needless digits, in its own language."""
    lines = []
    for row in csv.reader(io.StringIO(text)):
        numbers = [re.sub(r"\.0$", "", cell).replace("e-", "E-") for cell in row[1:]]
        name = f'"{row[0]}"' if cells in row[0] else row[0]
        lines.append(cells.join([name, *(number.replace(".", decimal) for number in numbers)]))
    return end.join(lines) + end


@pytest.mark.parametrize(
    ("form", "encoding"),
    [
        ({}, "utf-8-sig"),
        ({}, "cp1252"),
        ({"cells": ";", "decimal": ","}, "utf-8-sig"),
        ({"cells": ";", "decimal": ","}, "cp1252"),
        ({"cells": ";"}, "cp1252"),
        ({"end": "\n"}, "utf-8"),
        ({"end": "\r"}, "utf-8"),
    ],
)
def test_a_csv_that_a_spreadsheet_program_saved_anew_is_the_same_table(
    made, tmp_path, caplog, form, encoding
):
    trace = Trace(made.person(*made.times(4.0), file="Gespräch, Müller.mp4"), meta=made.META)
    path = trace.to_csv(tmp_path / "P01.csv")
    known = read_trace(path).table
    Record(Source("/P01.mp4", 1, 0, ""), {}).with_finished(path).write(tmp_path / "P01.avaffect.json")
    size, raw = path.stat().st_size, saved_anew(path.read_text(encoding="utf-8"), **form).encode(encoding)
    path.write_bytes(raw)
    pd.testing.assert_frame_equal(read_trace(path).table, known, check_exact=True)
    path.write_bytes(raw.rstrip())
    assert path.stat().st_size < size
    pd.testing.assert_frame_equal(read_trace(path).table, known, check_exact=True)
    assert not caplog.records, "a warning that it was cut off"
    assert tables_by_name(tmp_path) == [[path]]
    path.write_bytes(raw[:-60])
    with pytest.raises(DataError, match="it ends within a row, so it was cut off"):
        read_trace(path)


@pytest.mark.parametrize(
    "save",
    [
        lambda t, path: t.to_csv(path, index=False, quoting=csv.QUOTE_NONNUMERIC),
        lambda t, path: t.to_csv(path, index=False, quoting=csv.QUOTE_ALL, lineterminator="\r\n"),
        lambda t, path: t.to_csv(path, index=False, sep="\t"),
        lambda t, path: t.to_csv(path, index=False, sep="\t", decimal=",", encoding="utf-8-sig"),
        lambda t, path: t.to_csv(path, quoting=csv.QUOTE_NONNUMERIC),  # as R: numbers of rows have no name
        lambda t, path: t.reset_index().rename(columns={"index": "Unnamed: 0"}).to_csv(path),
        lambda t, path: t.assign(**{"": ""}).to_csv(path, index=False),
    ],
)
def test_a_csv_that_another_program_saved_anew_is_the_same_table(made, tmp_path, save):
    trace = Trace(made.person(*made.times(1.0), file='a, "b"; Müller.mp4'), meta=made.META)
    path = trace.to_csv(tmp_path / "P01.csv")
    known = read_trace(path).table
    save(pd.read_csv(path, float_precision="round_trip"), path)
    pd.testing.assert_frame_equal(read_trace(path).table, known, check_exact=True)
    assert tables_by_name(tmp_path) == [[path]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cells: cells[:7], "data row 9 (line 10) has 7 cells, the header 26"),
        (lambda cells: [*cells, "1", "2"], "data row 9 (line 10) has 28 cells, the header 26"),
        (lambda cells: ['"' + cells[0], *cells[1:]], "line 10 has a quote that does not end"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_row_of_another_length_is_refused_with_its_line(made, tmp_path, change, said, end):
    path = Trace(made.person(*made.times(1.0), file="a.mp4")).to_csv(tmp_path / "t.csv")
    lines = path.read_text().splitlines()
    lines[9] = ",".join(change(lines[9].split(",")))
    path.write_text("".join(line + end for line in lines), newline="")
    with pytest.raises(DataError, match=re.escape(f"{path} is not a trace's .csv file: {said}; give a")):
        read_trace(path)


def test_lines_count_as_a_spreadsheet_counts_them(made, tmp_path):
    """A name of two lines is in one row, and a line that is empty is a row there."""
    path = Trace(made.person(*made.times(1.0), file="a\nb.mp4")).to_csv(tmp_path / "t.csv")
    header, *rows = re.split(r"\n(?=\"a)", path.read_text())
    cut = rows[8].rpartition(",")[0]
    path.write_text("\n".join([header, *rows[:4], "", *rows[4:8], cut, *rows[9:]]))
    with pytest.raises(DataError, match=r"data row 9 \(line 11\) has 25 cells"):
        read_trace(path)


def test_empty_cells_that_a_spreadsheet_program_leaves_out_are_empty(made, tmp_path):
    """It does so at the ends of 16 lines together, and of those after the last 16."""
    table = made.person(*made.times(2.0), file="a.mp4")
    made.blank(table, slice(15, 31), "attended", "share")
    made.blank(table, slice(47, 50), "attended", "share")
    path = Trace(table).to_csv(tmp_path / "t.csv")
    known = read_trace(path).table
    lines = path.read_text().splitlines()
    kept = [line.rstrip(",") if 16 <= k < 32 or k >= 48 else line for k, line in enumerate(lines)]
    assert kept != lines
    path.write_text("".join(f"{line}\r\n" for line in kept), newline="")
    pd.testing.assert_frame_equal(read_trace(path).table, known, check_exact=True)
    path.write_text("".join(f"{line}\n" for line in kept))
    with pytest.raises(DataError, match=r"data row 16 \(line 17\) has 22 cells"):
        read_trace(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.assign(**{"": 1.0}), "its column 27 has no name"),
        (lambda t: t.assign(x=1.0).rename(columns={"x": "valence"}), "it has the column valence twice"),
        (lambda t: t.drop(columns="pts"), "the table lacks pts; give it whole, as avaffect wrote it"),
        (lambda t: t.drop(columns=["voiced", "source"]), "lacks source, voiced; add them, empty where"),
        (lambda t: t.assign(frame="x"), "data row 1 has frame = 'x'; expected a whole number, or none"),
        (lambda t: t.assign(track=-1), "data row 1 has track = -1; expected a whole number, 0 or more"),
        (lambda t: t.assign(start=""), "data row 1 has no start; expected seconds"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_without_pythons_words(made, tmp_path, change, said):
    path = Trace(made.person(*made.times(1.0), file="a.mp4")).to_csv(tmp_path / "t.csv")
    change(pd.read_csv(path)).to_csv(path, index=False)
    with pytest.raises(DataError, match=re.escape(said)):
        read_trace(path)


def test_a_word_far_down_is_told_once(made, tmp_path, recwarn):
    path = Trace(made.person(*made.times(1.0), file="a.mp4")).to_csv(tmp_path / "t.csv")
    header = path.read_text().partition("\n")[0]
    rows = [f"a.mp4,{k},{k + 1},{'x' if k == 39_999 else 1}" + "," * 22 for k in range(40_000)]
    path.write_text("\n".join([header, *rows, ""]))
    with pytest.raises(DataError, match="data row 40000 has track = 'x'; expected a whole number, or none"):
        read_trace(path)
    assert not [one for one in recwarn if one.category is pd.errors.DtypeWarning]


def test_a_table_that_lost_columns_is_told_from_a_strangers(made, tmp_path):
    path = Trace(made.person(*made.times(1.0))).to_csv(tmp_path / "t.csv")
    pd.read_csv(path).drop(columns=["file", "pts"]).to_csv(path, index=False)
    strangers = {
        "errors": "file,error\na.mp4,no sound\n",
        "mine": "file,start,end,valence,arousal\na.mp4,0,1,0,0\n",
        "people": "group,file,track,person,seconds\nx,a.mp4,1,,2\n",
        "empty": "",
    }
    for name, text in strangers.items():
        (tmp_path / f"{name}.csv").write_text(text)
    assert tables_by_name(tmp_path) == [[path]]


def test_a_damaged_byte_is_no_other_encoding(made, tmp_path):
    path = Trace(made.person(*made.times(1.0), file="Müller.mp4")).to_csv(tmp_path / "t.csv")
    path.write_bytes(path.read_bytes().replace("ü".encode(), b"\xc3x", 1))
    with pytest.raises(DataError, match="it holds no text"):
        read_trace(path)


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_a_table_that_pandas_saved_anew_was_not_cut_off(made, tmp_path, caplog, ending):
    trace = Trace(made.person(*made.times(4.0)), meta=made.META)
    path = getattr(trace, f"to_{ending}")(tmp_path / f"P01.{ending}")
    table = trace.table.reset_index()
    if ending == "parquet":
        table.set_index(["file", "start", "end"]).to_parquet(path, compression="zstd")
    else:
        table.to_json(path, orient="records", lines=True)
    Record(Source("/P01.mp4", 1, 0, ""), {}, {path.name: path.stat().st_size + 1}).write(
        tmp_path / "P01.avaffect.json"
    )
    assert len(read_trace(path)) == len(trace)
    assert not caplog.records


def test_lists_within_lists_are_one_line(tmp_path):
    path = tmp_path / "deep.jsonl"
    path.write_text("[" * 200_000 + "]" * 200_000)
    with pytest.raises(DataError, match=r"deep\.jsonl is not a trace's \.jsonl file: "):
        read_trace(path)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("content", [b"", b"not a table\n1\n", b"\xff\xfe\x00\x01"])
def test_another_files_content_is_refused_in_one_line(tmp_path, ending, content):
    path = tmp_path / f"t.{ending}"
    path.write_bytes(content)
    if ending == "jsonl" and not content:
        assert len(read_trace(path)) == 0  # no line, no row
        return
    with pytest.raises(DataError, match=f"t.{ending}") as caught:
        read_trace(path)
    assert "\n" not in str(caught.value)


def test_reading_says_what_is_wrong(trace, tmp_path):
    with pytest.raises(DataError, match="no file"):
        read_trace(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"expected \.csv, \.parquet, \.jsonl"):
        read_trace(tmp_path / "t.xlsx")
    path = trace.to_csv(tmp_path / "t.csv")
    pd.read_csv(path).assign(valence=3.0).to_csv(path, index=False)
    with pytest.raises(DataError, match=r"t\.csv: data row 1 has valence = 3; expected -1 to 1"):
        read_trace(path)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(trace, tmp_path, ending, monkeypatch):
    path = tmp_path / f"t.{ending}"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(DataError, match="No space left on device"):
        getattr(trace, f"to_{ending}")(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_unwritable_places_are_named(trace, tmp_path):
    with pytest.raises(DataError, match="is a folder"):
        trace.to_csv(tmp_path)
    with pytest.raises(DataError, match="no folder .*absent"):
        trace.to_parquet(tmp_path / "absent" / "t.parquet")


def test_a_small_file_that_declares_gigabytes_is_refused(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from avaffect.trace.columns import COLUMNS, INDEX

    zeros = pa.array(np.zeros(2_000_000))
    columns = dict.fromkeys((*INDEX, *COLUMNS), zeros)
    path = tmp_path / "a.parquet"
    columns["file"] = pa.DictionaryArray.from_arrays(pa.array(np.zeros(2_000_000, np.int8)), pa.array(["a"]))
    pq.write_table(pa.table(columns), path, compression="zstd")
    with pytest.raises(DataError, match="bytes declare 2,000,000 rows"):
        read_trace(path)
    short = dict.fromkeys(columns, zeros[:10000])
    names = pa.array(["x" * 50_000])
    short["file"] = pa.DictionaryArray.from_arrays(pa.array(np.zeros(10_000, np.int8)), names)
    pq.write_table(pa.table(short), path, compression="zstd")
    with pytest.raises(DataError, match="bytes declare 500,000,000 bytes of names"):
        read_trace(path)


@pytest.mark.parametrize(
    ("content", "said"), [("", "it is empty"), ("hello\nyou\n", "it has no column file, start, end")]
)
def test_another_csv_file_is_told_in_plain_words(tmp_path, content, said):
    (tmp_path / "x.csv").write_text(content)
    with pytest.raises(DataError, match=rf"x\.csv is not a trace's \.csv file: {said}; give a table that"):
        read_trace(tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("ending", "damage", "said"),
    [
        ("parquet", lambda raw: raw[: len(raw) // 2], "its end is missing, so it was cut off"),
        ("parquet", lambda raw: raw[:4], "its end is missing, so it was cut off"),
        ("parquet", lambda raw: b"file,start\n" + raw, "it does not begin as one"),
        ("parquet", lambda _: b"", "it is empty"),
        ("parquet", lambda raw: raw[:-60] + b"\xff" * 52 + raw[-8:], "it is damaged"),
        ("csv", lambda raw: b"\xff\x00\x9d" + raw, "it holds no text"),
        ("jsonl", lambda raw: raw[:-20], "it ends within a row, so it was cut off"),
        ("jsonl", lambda raw: raw.replace(b"}\n", b"\n", 1), "data row 1 is no JSON"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_plain_words(trace, tmp_path, ending, damage, said):
    path = getattr(trace, f"to_{ending}")(tmp_path / f"t.{ending}")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError) as error:
        read_trace(path)
    assert (
        str(error.value)
        == f"{path} is not a trace's .{ending} file: {said}; give a table that avaffect wrote"
    )


def test_a_file_that_may_not_be_read_is_said_so(trace, tmp_path, monkeypatch):
    path = trace.to_parquet(tmp_path / "t.parquet")

    def refuse(*_arguments, **_options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(DataError, match=r"t\.parquet: cannot be read \(Permission denied\); check the disk"):
        read_trace(path)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_the_record_tells_the_model_of_a_table_without_meta(made, tmp_path, ending):
    trace = Trace(made.person(*made.times(1.0)), meta=made.META)
    path = getattr(trace, f"to_{ending}")(tmp_path / f"P01.{ending}")
    settings = {**made.META, "people": "all"}
    record = Record(Source("/P01.mp4", 1, 0, ""), settings)
    record.with_finished(path).write(tmp_path / "P01.avaffect.json")
    known = ("model", "weights_sha256", "avaffect")
    assert read_trace(path).meta == {key: made.META[key] for key in known}
    # A name that is only planned, or left from a run under other settings, is of no known model.
    Record(Source("/P01.mp4", 1, 0, ""), settings, {path.name: None}).write(tmp_path / "P01.avaffect.json")
    assert read_trace(path).meta == {}

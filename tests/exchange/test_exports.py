"""Exports, read back by programs that are not ours."""

from __future__ import annotations

import numpy as np
import openpyxl
import pandas as pd
import pytest
from pympi import Elan
from textgrids import TextGrid

from avaffect.errors import DataError
from avaffect.exchange import wide, write_eaf, write_textgrid, write_wide, write_workbook
from avaffect.exchange.workbook import sheet_titles
from avaffect.tiers import tiers_of
from avaffect.trace import Edits, Span


@pytest.fixture
def trace(make_trace):
    """Two people for 4.6 s; the first, "=Ana", has no prediction in [1, 3)."""
    made = make_trace(4.6, people=2, file="A/talk ü.mp4")
    return made.edited(Edits({1: '=A"na'}, excluded=(Span(1.0, 3.0, 1),)))


def test_a_workbook_has_all_rows_and_a_summary(trace, make_trace, tmp_path):
    other = make_trace(1.0, file="B/talk ü.mp4")
    book = openpyxl.load_workbook(write_workbook([trace, other], tmp_path / "t.xlsx"))
    assert book.sheetnames == ["summary", "talk ü", "talk ü (2)"]
    head, *rows = book["talk ü"].values
    table = pd.DataFrame(rows, columns=head)
    expected = trace.table.reset_index()
    assert table.columns.drop("person").tolist() == expected.columns.tolist()
    assert table["person"].dropna().unique().tolist() == ['=A"na']
    for name in ("start", "valence", "arousal_hi", "face_x1", "share_audio"):
        np.testing.assert_allclose(table[name].astype(float), expected[name], atol=6e-7)
    assert all(cell.data_type == "s" for cell in book["talk ü"]["E"][1:] if cell.value)
    summary = pd.DataFrame(list(book["summary"].values)[1:], columns=next(book["summary"].values))
    assert summary["file"].tolist() == ["A/talk ü.mp4"] * 2 + ["B/talk ü.mp4"]
    assert summary["excluded_share"].tolist() == pytest.approx([2 / 4.6, 0, 0], abs=1e-6)


def test_sheets_have_names_that_excel_takes():
    names = sheet_titles(
        ["x" * 40 + ".mp4", "y/" + "x" * 40 + ".wav", "a[b]:c.mp4", "SUMMARY.mp4", "\x01.mp4"]
    )
    assert [len(n) <= 31 for n in names] == [True] * 5
    assert len({n.lower() for n in names}) == 5
    assert names[2:] == ["a_b__c", "SUMMARY (2)", "_"]


def means(trace, track, target, start, end):
    rows = trace.track(track).table
    return rows[target][(rows["pts"] >= start - 1e-6) & (rows["pts"] < end - 1e-6)].mean()


def test_elan_reads_the_tiers(trace, tmp_path):
    path = write_eaf(trace, tmp_path / "t.eaf")
    read = Elan.Eaf(str(path))
    names = ['=A"na valence', '=A"na arousal', "person 2 valence", "person 2 arousal", "speaker"]
    assert sorted(read.get_tier_names()) == sorted(names)
    notes = sorted(read.get_annotation_data_for_tier('=A"na valence'))
    assert [note[:2] for note in notes] == [(0, 1000), (3000, 4000), (4000, 4600)]
    assert float(notes[2][2]) == pytest.approx(means(trace, 1, "valence", 4, 4.6), abs=6e-4)
    assert tiers_of(path)["person 2 arousal"][1][2] == f"{means(trace, 2, 'arousal', 1, 2):.3f}"


def test_praat_reads_the_tiers(trace, tmp_path):
    named = trace.edited(Edits({1: "Ana ü"}))
    grid = TextGrid(str(write_textgrid(named, tmp_path / "a.TextGrid", step=0.5)))
    tier = grid["person 2 valence"]
    assert len(tier) == 10
    assert float(tier[3].text) == pytest.approx(means(trace, 2, "valence", 1.5, 2), abs=6e-4)
    gaps = grid["Ana ü valence"]
    assert [(float(i.xmin), float(i.xmax)) for i in gaps if i.text == ""] == [(1.0, 3.0)]
    assert float(gaps[-1].xmax) == 4.6
    path = write_textgrid(trace, tmp_path / "t.TextGrid", step=0.5)
    assert [note[:2] for note in tiers_of(path)['=A"na valence'] if not note[2]] == [(1.0, 3.0)]


def test_the_wide_table_has_a_column_for_each_moment(trace, make_trace, tmp_path):
    both = [trace, make_trace(2.0)]
    table = wide(both)
    assert table[["file", "track"]].to_numpy().tolist()[2] == ["clips/interview.mp4", 1]
    columns = [name for name in table if name.startswith("valence_0")]
    assert columns == [f"valence_{k:05d}" for k in range(1, 6)]
    values = table[columns].to_numpy(dtype=float)
    assert values[1, 1] == pytest.approx(means(trace, 2, "valence", 1, 2))
    assert np.isnan(values[0]).tolist() == [False, True, True, False, False]
    assert np.isnan(values[2]).tolist() == [False, False, True, True, True]
    assert all(len(name) <= 64 and name.isidentifier() for name in table)
    path = write_wide(both, tmp_path / "w.csv", decimal_comma=True)
    again = pd.read_csv(path, sep=";", decimal=",", encoding="utf-8-sig")
    np.testing.assert_allclose(again[columns], values, atol=1e-6)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_what_does_not_fit_is_refused(trace, make_trace, monkeypatch, tmp_path):
    monkeypatch.setattr("avaffect.exchange.workbook.ROWS", 100)
    with pytest.raises(DataError, match=r"230 rows, a sheet of Excel at most 99; give --rate 10"):
        write_workbook([trace], tmp_path / "t.xlsx")
    with pytest.raises(DataError, match="give a longer --step"):
        wide([trace], step=0.0001)
    with pytest.raises(DataError, match="step=0: expected seconds"):
        write_eaf(trace, tmp_path / "t.eaf", step=0.0)


def test_elan_is_led_to_the_recording_from_its_own_folder(make_trace, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def links(file, out):
        read = Elan.Eaf(str(write_eaf(make_trace(1.0, file=file), out)))
        (media,) = read.get_linked_files()
        return media["MEDIA_URL"], media.get("RELATIVE_MEDIA_URL")

    whole = f"file://{tmp_path.as_posix()}/A/talk ü.mp4"
    (tmp_path / "elan").mkdir()
    assert links("A/talk ü.mp4", "elan/t.eaf") == (whole, "../A/talk ü.mp4")
    assert links("A/talk ü.mp4", "t.eaf") == (whole, "./A/talk ü.mp4")
    assert links(f"{tmp_path}/A/talk ü.mp4", "elan/t.eaf") == (whole, "../A/talk ü.mp4")
    assert links("s3://bucket/talk.mp4", "t.eaf") == ("s3://bucket/talk.mp4", None)


def test_people_of_one_name_have_tiers_of_their_own(make_trace, tmp_path):
    trace = make_trace(2.0, people=2).edited(Edits({1: "Ana", 2: "Ana"}))
    tiers = tiers_of(write_eaf(trace, tmp_path / "t.eaf"))
    assert {"Ana (1) valence", "Ana (2) valence"} <= set(tiers)
    assert tiers["Ana (2) valence"][0][2] == f"{means(trace, 2, 'valence', 0, 1):.3f}"

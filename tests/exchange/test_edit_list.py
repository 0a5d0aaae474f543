"""Lists of edits and results in folders, read and written."""

from __future__ import annotations

import pytest

from avaffect.errors import DataError
from avaffect.exchange import edits_of, read_edits, read_results, write_edits
from avaffect.trace import Edits, Span

EDITS = {
    "A/P01.mp4": Edits({1: "Ana; Ö", 2: "Bo"}, (3,), (Span(12, 15.5), Span(0.1, 0.25, 1)), (Span(0, 10, 1),)),
    "P02.mp4": Edits(excluded=(Span(1, 2),), merged={4: 1, 3: 1}),
}


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_edits_read_back_as_written(ending, tmp_path):
    assert read_edits(write_edits(tmp_path / f"edits.{ending}", EDITS)) == EDITS


def test_a_list_as_a_spreadsheet_writes_it(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(
        "File;Edit;Track;Start;End;Name\nP01;name;1;;;Ana\nP01;exclude;;0:01,5;0:02;\n", encoding="cp1252"
    )
    assert read_edits(path) == {"P01": Edits({1: "Ana"}, excluded=(Span(1.5, 2.0),))}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("P01,nmae,1,,,Ana", "edit 'nmae'; did you mean 'name'"),
        ("P01,name,,,,Ana", "expected a track and a name"),
        ("P01,drop,x,,,", "track x"),
        ("P01,drop,1.5,,,", "track 1.5"),
        ("P01,exclude,,3,2,", "data row 1 is no span"),
        ("P01,exclude,,3,,", "data row 1 is no span"),
        ("P01,name,1,,,Ana\nP01,name,1,,,Bo", "data row 2: name of person 1 is 'Bo' and 'Ana'; keep one"),
        ("P01,merge,3,,,", "data row 1 has edit 'merge'; expected a track, and as name the number"),
        ("P01,merge,3,,,Ana", "data row 1 has edit 'merge'; expected a track, and as name the number"),
        ("P01,merge,3,,,1\nP01,merge,3,,,2", "data row 2: merge of person 3 is '2' and '1'; keep one"),
        ("P01,merge,3,,,1\nP01,name,3,,,Bo", "person 3 is merged into 1; say all else of"),
        ("P01,merge,3,,,2\nP01,merge,2,,,1", "person 2 is merged into 1; say all else of"),
        ("P01,merge,3,,,3", "person 3 is merged into 3"),
        ("P01,name,1,,,a\x07", r"edits\.csv: edits: the name of person 1"),
    ],
)
def test_a_row_that_does_not_fit_is_named(row, said, tmp_path):
    path = tmp_path / "edits.csv"
    path.write_text(f"file,edit,track,start,end,name\n{row}\n")
    with pytest.raises(DataError, match=said):
        read_edits(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"P01": {"names": {"1": ""}}}', "P01: edits: the name of person 1 is ''"),
        ('{"P01": {"excluded": [[3, 2, null]]}}', "P01: edits: the excluded span 3-2 s is no span"),
        ('{"P01": {"names": {"1": "Ana", "1": "Bo"}}}', "the key '1' is there twice"),
        ('{"P01": {"names": {"1": "Ana", "01": "Bo"}}}', "P01: names a person twice"),
        ('{"P01": {}, "P01": {"dropped": [1]}}', "the key 'P01' is there twice"),
    ],
)
def test_mistakes_in_json_name_the_file(text, said, tmp_path):
    path = tmp_path / "edits.json"
    path.write_text(text)
    with pytest.raises(DataError, match=said) as error:
        read_edits(path)
    assert str(error.value).startswith(str(path))


def test_names_mean_files_by_the_end_of_their_path(caplog):
    files = ["study/A/P01.mp4", "study/B/P01.mp4", "study/P02.mp4"]
    found, amiss = edits_of({"A/P01": EDITS["P02.mp4"], "P09": Edits()}, files, "edits.csv")
    assert found == {"study/A/P01.mp4": EDITS["P02.mp4"]}
    assert amiss == ["edits.csv: names what is not there: P09"]
    with pytest.raises(DataError, match="names none of the recordings"):
        edits_of({"P09": Edits()}, files, "edits.csv")


def test_results_are_read_once_each_with_their_edits(make_trace, tmp_path, caplog):
    for name in ("A/P01", "B/P01"):
        (tmp_path / name).parent.mkdir()
        trace = make_trace(2.0, people=2, file=f"{name}.mp4")
        trace.to_parquet(tmp_path / f"{name}.parquet")
        trace.to_csv(tmp_path / f"{name}.csv")
    (tmp_path / "errors.csv").write_text("file,error\nx,y\n")
    (tmp_path / "edits.csv").write_text("file,edit,track,start,end,name\nB/P01,drop,1,,,\n")
    found = read_results([tmp_path], tmp_path / "edits.csv")
    (tmp_path / "none.csv").write_text((tmp_path / "A" / "P01.csv").read_text().splitlines()[0] + "\n")
    assert [r.file for r in read_results([tmp_path / "none.csv", tmp_path / "A" / "P01.csv"])] == [
        "A/P01.mp4"
    ]
    assert "none.csv: has no row, and is left out" in caplog.text
    (tmp_path / "none.csv").unlink()
    assert [(r.file, r.trace.tracks, r.table.name) for r in found] == [
        ("A/P01.mp4", [1, 2], "P01.parquet"),
        ("B/P01.mp4", [2], "P01.parquet"),
    ]
    assert "names what is not there" not in caplog.text
    alone = read_results([tmp_path / "B" / "P01.csv"], tmp_path / "edits.csv")
    assert [r.trace.tracks for r in alone] == [[2]]
    read_results([tmp_path / "A" / "P01.csv"], tmp_path / "edits.csv")
    assert "edits.csv: has nothing about A/P01.mp4; it names B/P01" in caplog.text
    with pytest.raises(DataError, match=r"A/P01.mp4 is in .* and in .*P01.csv; give one"):
        read_results([tmp_path, tmp_path / "A" / "P01.csv"])
    with pytest.raises(DataError, match="no results in"):
        read_results([_folder(tmp_path / "empty")])


def test_edits_that_fit_nothing_are_passed_over_and_named(make_trace, tmp_path, caplog):
    for name in ("P01", "P02"):
        make_trace(4.0, people=3, file=f"{name}.mp4").to_parquet(tmp_path / f"{name}.parquet")
    given = {
        "P01": Edits({1: "Ana"}, (7, 3), (Span(0, 1), Span(8, 9)), (Span(0, 0.5), Span(2, 3, 1)), {2: 1}),
        "P02": Edits({2: "Bo"}),
        "P09": Edits({1: "Cy"}),
    }
    path = write_edits(tmp_path / "edits.csv", given)
    amiss: list[str] = []
    first, second = (result.trace for result in read_results([tmp_path], path, amiss=amiss))
    assert [line.removeprefix(f"{path}: ").split(";")[0] for line in amiss] == [
        "names what is not there: P09",
        "P01.mp4: persons 2 and 1 are in view at once for 4.0 s",
        "P01.mp4: edits are of person 7",
        "P01.mp4: the excluded span 8-9 s is outside of the recording, which lasts 4.00 s",
        "P01.mp4: in the baseline 0-0.5 s there is no face and no voice of anybody",
    ]
    assert Edits.of(first.meta, "P01.mp4") == Edits({1: "Ana"}, (3,), (Span(0, 1),), (Span(2, 3, 1),))
    assert first.tracks == [1, 2]
    assert Edits.of(second.meta, "P02.mp4") == given["P02"]
    assert not caplog.text
    read_results([tmp_path], path)
    assert all(line in caplog.text for line in amiss)


def _folder(path):
    path.mkdir()
    return path

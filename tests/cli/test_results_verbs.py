"""`avaffect summarise` and `convert` as a user calls them."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest


@pytest.fixture
def results(tmp_path, make_trace):
    """Results of two recordings of one name in two folders."""
    for folder in ("A", "B"):
        (tmp_path / "results" / folder).mkdir(parents=True)
        trace = make_trace(2.0, people=2, file=f"{folder}/P01.mp4")
        trace.to_parquet(tmp_path / "results" / folder / "P01.parquet")
    (tmp_path / "edits.csv").write_text(
        "file,edit,track,start,end,name\nA/P01,name,1,,,Ana\nA/P01,drop,2,,,\n"
    )
    return tmp_path


def test_summarise_prints_or_writes(avaffect, results):
    printed = avaffect("summarise", "results", "--edits", "edits.csv", cwd=results)
    assert printed.returncode == 0, printed.stderr
    assert [line.split(",")[:3] for line in printed.stdout.splitlines()[1:]] == [
        ["A/P01.mp4", "1", "Ana"],
        ["B/P01.mp4", "1", ""],
        ["B/P01.mp4", "2", ""],
    ]
    done = avaffect("summarise", "results", "--by", "0.5s", "-o", "s.xlsx", cwd=results)
    assert done.stdout.strip() == "Written: s.xlsx, 16 rows"
    assert len(list(openpyxl.load_workbook(results / "s.xlsx")["table"].values)) == 17


def test_convert_keeps_folders_and_applies_edits(avaffect, fails, results):
    done = avaffect("convert", "results", "--to", "eaf", "-o", "elan", "--edits", "edits.csv", cwd=results)
    assert done.returncode == 0, done.stderr
    assert "Ana valence" in (results / "elan" / "A" / "P01.eaf").read_text()
    assert (results / "elan" / "B" / "P01.eaf").is_file()
    done = avaffect("convert", "results", "--to", "csv", "--rate", "5", "-o", "even", cwd=results)
    assert len(pd.read_csv(results / "even" / "B" / "P01.csv")) == 20
    taken = avaffect("convert", "results", "--to", "parquet", "-o", "results", "--overwrite", cwd=results)
    fails(taken, "P01.parquet: it is an input")
    fails(avaffect("convert", "elan", "--to", "csv", cwd=results), "no results in elan")

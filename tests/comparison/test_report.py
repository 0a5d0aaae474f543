import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from avaffect import comparison as api
from avaffect.comparison import About, FilmBench, choose, plan, write_report
from avaffect.errors import AvaffectError, DataError

ABOUT = About("avaffect benchmark fusion", "2 CPU cores", api.Settings(), 1, 0)


@pytest.fixture(scope="module")
def ready(segments, quick, tmp_path_factory):
    work = tmp_path_factory.mktemp("runs")
    systems = choose(["concat", "iaca", "ridge"])
    FilmBench(segments, work, quick).run(plan(systems, segments, 1, 0))
    return work, systems


def test_the_page_says_how_it_was_made_and_shows_all_systems(ready, segments, tmp_path):
    work, systems = ready
    page = write_report(tmp_path, work, systems, segments, ABOUT).read_text()
    for words in ("avaffect benchmark fusion", "2 CPU cores", "| iaca |", "| ridge |", "0.731 to 0.597"):
        assert words in page
    assert not {"nan", "NaN"} & set(page.split())
    assert pd.read_csv(tmp_path / "benchmark" / "systems.csv")["system"].tolist() == [
        "concat",
        "iaca",
        "ridge",
    ]
    assert len(pd.read_csv(tmp_path / "benchmark" / "curves.csv")) == 2 * 4 * 6
    for name in ("systems.png", "curves.png"):
        assert (tmp_path / "benchmark" / name).read_bytes().startswith(b"\x89PNG")


def test_remarks_stay_when_the_page_is_written_anew(ready, segments, tmp_path):
    work, systems = ready
    page = write_report(tmp_path, work, systems, segments, ABOUT)
    page.write_text(page.read_text().replace("(nothing noted yet)", "Ridge won."))
    write_report(tmp_path, work, systems, segments, dataclasses.replace(ABOUT, command="avaffect again"))
    assert page.read_text().endswith("## What surprised\n\nRidge won.\n")
    assert "avaffect again" in page.read_text()


def test_nothing_to_report_is_said(segments, tmp_path):
    with pytest.raises(DataError, match="run the benchmark first"):
        write_report(tmp_path, tmp_path, choose([]), segments, ABOUT)


def test_the_command_runs_and_goes_on_where_it_was(command, data, tmp_path):
    options = ["--data", data, "--work", tmp_path / "w", "--out", tmp_path / "docs", "--damaged-seeds", 0]
    first = command(*options, "--seeds", 1, "--systems", "late", "--systems", "ridge")
    assert first.exit_code == 0, first.output
    kept = {path: path.stat().st_mtime_ns for path in Path(tmp_path / "w").rglob("*.npz")}
    assert len(kept) == 10
    second = command(*options, "--seeds", 2, "--systems", "late")
    assert second.exit_code == 0, second.output
    assert len(list(Path(tmp_path / "w").rglob("*.npz"))) == 15
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())
    page = (tmp_path / "docs" / "benchmark.md").read_text()
    assert "--seeds 2" in page
    assert str(tmp_path) not in page


def test_faults_of_the_input_are_said(command, data, tmp_path):
    assert isinstance(command("--data", tmp_path / "no.npz").exception, AvaffectError)
    fault = command("--data", data, "--systems", "hgrjac").exception
    assert isinstance(fault, AvaffectError)
    assert "hgrjca" in str(fault)
    assert "studyforrest" in str(command("--data", data, "--corpus", "recola").exception)
    assert "'acted'" in str(command("--data", data, "--corpus", "actd").exception)

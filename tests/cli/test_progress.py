"""The bars: one for each thing the hook is told of, that of a batch above them."""

from __future__ import annotations

import pytest

from avaffect.cli.progress import ProgressBars


@pytest.fixture
def shown(monkeypatch, capsys):
    """``shown()``: the lines of bars on stderr since the last call; nothing may go to stdout."""
    monkeypatch.setenv("COLUMNS", "100")

    def lines():
        out, err = capsys.readouterr()
        assert out == ""
        return [" ".join(line.replace("━", "").split()) for line in err.splitlines() if line.strip()]

    return lines


def test_a_batch_shows_its_total_above_the_bar_of_each_file(shown):
    with ProgressBars(batch="files") as hook:
        hook("files", 0, 2)
        hook("sessions/monday.mp4", 30.0, 60.0)
        hook.rest()
        files, monday = shown()
        assert files.startswith("files 0/2 files")
        assert monday.startswith("monday.mp4 30.0/60.0 s")
        hook("files", 1, 2)
        hook("sessions/tuesday.mp4", 5.0, None)
    files, tuesday = shown()
    assert files.startswith("files 1/2 files")
    assert tuesday.startswith("tuesday.mp4 5.0/5.0 s")


def test_the_bars_of_a_file_go_when_the_next_has_its_turn(shown):
    with ProgressBars(batch="files") as hook:
        for done in range(5):
            hook("files", done, 5)
            hook(f"{done}.mp4", 1.0, 1.0)
    files, last = shown()
    assert files.startswith("files 4/5 files")
    assert last.startswith("4.mp4")


def test_a_single_file_has_no_total_of_files(shown):
    with ProgressBars(batch="files") as hook:
        hook("files", 0, 1)
        hook("monday.mp4", 30.0, 60.0)
        hook("files", 1, 1)
    (monday,) = shown()
    assert monday.startswith("monday.mp4")


def test_whole_things_have_no_decimals_and_brackets_are_no_markup(shown):
    with ProgressBars(unit="steps") as hook:
        hook("fusion", 3, 10)
        hook("[bold]", 1, 10)
    fusion, other = shown()
    assert fusion.startswith("fusion 3/10 steps")
    assert other.startswith("[bold] 1/10 steps")


def test_quiet_shows_nothing(shown):
    with ProgressBars(quiet=True) as hook:
        hook("monday.mp4", 30.0, 60.0)
    assert shown() == []

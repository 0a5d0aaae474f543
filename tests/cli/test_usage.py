"""Mistakes in a command line: one line each that says what was given, what was expected and what to type."""

import pytest
from typer.testing import CliRunner

from avaffect.cli.app import app
from avaffect.errors import AvaffectError


def refused(*words: str) -> str:
    """What is said of a command line."""
    error = CliRunner().invoke(app, list(words)).exception
    assert isinstance(error, AvaffectError), error
    return str(error)


@pytest.mark.parametrize("option", ["--workers", "--threads"])
@pytest.mark.parametrize("value", ["0", "two", "1.5", "9999999"])
def test_a_number_out_of_its_range_is_told_with_the_range_and_an_example(option: str, value: str) -> None:
    line = refused("predict", "a.mp4", option, value)
    assert f"{option} {value}: expected a " in line
    assert "number from 1" in line
    assert f"such as {option} " in line


@pytest.mark.parametrize(
    "words",
    [
        ("predict", "a.mp4", "--threads"),
        ("predict", "a.mp4", "--workers"),
        ("live", "--threads"),
        ("extract", "folder", "a", "b", "--workers"),
        ("serve", "--workers"),
    ],
    ids=" ".join,
)
def test_more_processes_or_threads_than_any_machine_has_use_for_are_refused(words: tuple[str, ...]) -> None:
    assert "to 256, such as" in refused(*words, "257")


def test_bounds_on_both_sides_are_told() -> None:
    assert "--port 0: expected a whole number from 1 to 65535, such as --port 8460" in refused(
        "serve", "--port", "0"
    )


def test_a_choice_is_told_with_the_others() -> None:
    line = refused("predict", "a.mp4", "-f", "exe")
    assert line.startswith("--format exe: expected one of csv, parquet, jsonl")
    assert line.endswith("such as --format csv")
    assert "Value error" not in line


@pytest.mark.parametrize(
    "words",
    [
        ("predict", ""),
        ("predict", "a.mp4", ""),
        ("predict", "a.mp4", "-o", ""),
        ("predict", "a.mp4", "--model="),
        ("summarise", ""),
        ("summarise", "results", "-o", ""),
        ("convert", "results", "--to", "csv", "-o", ""),
        ("plot", "results", "-o", ""),
        ("report", "results", "-o", ""),
        ("compare", "a", "--with", ""),
        ("benchmark", "fusion", "-o", ""),
        ("train", ""),
        ("serve", "--token", ""),
        ("serve", "--folder", ""),
    ],
    ids=" ".join,
)
def test_what_is_empty_is_no_place_and_no_value(words: tuple[str, ...]) -> None:
    assert "'': is empty" in refused(*words)


def test_a_token_that_is_set_to_nothing_is_no_open_door(monkeypatch) -> None:
    monkeypatch.setenv("AVAFFECT_TOKEN", "")
    assert "the token has 0 characters" in refused("serve")


def test_what_is_not_understood_is_one_line(avaffect, fails, tmp_path) -> None:
    fails(avaffect("predict", "a.mp4", "--wrokers", "2"), "--wrokers", "--workers", "predict --help")
    fails(avaffect("predict", "-dash.mpg", cwd=tmp_path), "if -dash.mpg is a file, write ./-dash.mpg")
    run = avaffect("predit", "a.mp4")
    fails(run, "predit", "predict")
    assert len(run.stderr.splitlines()) == 1

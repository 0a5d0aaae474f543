"""`--help` of every verb: complete and quick."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
import typer
from typer.testing import CliRunner

from avaffect.cli.app import app
from avaffect.cli.convert import Target
from avaffect.cli.predict_options import Format


def commands(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The words of every verb, and its docstring."""
    for name, verb in getattr(command, "commands", {}).items():
        yield (*words, name), str(verb.callback.__doc__ or "")
        yield from commands(verb, (*words, name))


VERBS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_help_shows_every_word_of_the_docstring(verb: tuple[str, ...]) -> None:
    run = CliRunner().invoke(app, [*verb, "--help"], env={"COLUMNS": "120", "NO_COLOR": "1"})
    assert run.exit_code == 0
    shown = " ".join(run.output.split())
    for paragraph in VERBS[verb].split("\n\n"):
        assert " ".join(paragraph.replace("`", "").split()) in shown


def parameters(command: click.Command) -> Iterator[tuple[str, str]]:
    """Every verb's help as it is shown on one wide line, and each text that should be in it."""
    for verb in VERBS:
        found = command
        for word in verb:
            found = found.commands[word]  # type: ignore[attr-defined]
        run = CliRunner().invoke(app, [*verb, "--help"], env={"COLUMNS": "2000", "NO_COLOR": "1"})
        shown = " ".join(run.output.split())
        yield from ((shown, str(getattr(each, "help", None) or "")) for each in found.params)


def test_help_swallows_no_word_of_an_option() -> None:
    for shown, text in parameters(typer.main.get_command(app)):
        assert " ".join(text.replace("`", "").split()) in shown


@pytest.mark.parametrize("verb", [(), *VERBS], ids=" ".join)
def test_help_is_plain_and_whole_on_a_narrow_terminal(verb: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*verb, "--help"], env={"COLUMNS": "80", "NO_COLOR": "1"}).output
    assert "…" not in shown, "a word is cut off"
    types = re.findall(r"<(?!speaker)[^<>=]+>|\blist\[", shown)
    assert types == [], "a type of Python's"
    assert not re.search(r"x\s*[<>]=|\d{7}", shown), "a range as Python writes it, or one that is none"
    assert "--help" in shown


def test_help_says_which_numbers_an_option_takes() -> None:
    shown = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "120", "NO_COLOR": "1"}).output
    for option, kind in (("port", "[1–65535]"), ("max-duration", "[from 1]"), ("queue", "[from 1]")):
        assert re.search(rf"--{option} +NUMBER +{re.escape(kind)}", shown)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_verb_has_an_example(verb: tuple[str, ...]) -> None:
    assert verb == ("benchmark",) or f"Example: avaffect {' '.join(verb)}" in " ".join(VERBS[verb].split())


def test_train_names_its_extra() -> None:
    assert "pip install 'avaffect[train]'" in CliRunner().invoke(app, ["train", "--help"]).output


def test_help_loads_no_heavy_library() -> None:
    code = "import sys; import avaffect.cli; print(*{'torch', 'pandas', 'cv2', 'av'} & {*sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert run.stdout.split() == []


def test_results_are_converted_to_every_format_that_predict_writes() -> None:
    assert {str(kind) for kind in Format} <= {str(kind) for kind in Target}

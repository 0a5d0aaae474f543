"""Checks the shell lines of a document without running them."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import typer

from avaffect.cli.app import app

ROOT = Path(__file__).parents[2]
# What may stand before a program's name: a loop's body, `torchrun ... -m`.
_BEFORE = ("do", "-m")


def check(block: str) -> None:
    """Raise an error if the shell, `avaffect`, `make`, `pip` or `python` could not understand a line."""
    shell = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True)
    if shell.returncode:
        raise ValueError(f"bash cannot read the block: {shell.stderr.strip()}")
    for words in commands(block):
        for position, word in enumerate(words):
            if position and words[position - 1] not in _BEFORE:
                continue
            program, arguments = word.rpartition("/")[2], words[position + 1 :]
            if program in _CHECKS:
                _CHECKS[program](arguments)


def commands(block: str) -> Iterator[list[str]]:
    """The words of each command in a block, comments dropped."""
    for line in block.replace("\\\n", " ").splitlines():
        reader = shlex.shlex(line, posix=True, punctuation_chars=";|&")
        reader.whitespace_split = True
        words: list[str] = []
        for word in [*reader, ";"]:
            if set(word) <= set(";|&"):
                if words:
                    yield words
                words = []
            else:
                words.append(word)


def check_avaffect(arguments: list[str]) -> None:
    """Raise what `avaffect` would say of these arguments: verbs, options, choices, numbers, recipes."""
    context = typer.main.get_command(app).make_context("avaffect", list(arguments))
    while hasattr(context.command, "resolve_command"):
        name, command, rest = context.command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        context = command.make_context(name, rest, parent=context)
    if context.info_name == "train":
        from avaffect.train import read_recipe

        # RECIPE.yaml stands for any recipe.
        if context.params["recipe"] != Path("RECIPE.yaml"):
            read_recipe(ROOT / context.params["recipe"], context.params["overrides"] or [])


def _check_make(arguments: list[str]) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for argument in arguments:
        if "=" not in argument and argument not in targets:
            raise ValueError(f"make {argument}: the Makefile has only {', '.join(targets)}")


def _check_pip(arguments: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for extras in re.findall(r"(?:avaffect|\.)\[(.*?)\]", " ".join(arguments)):
        for extra in extras.split(","):
            if extra not in project["optional-dependencies"]:
                raise ValueError(f"pyproject.toml has no extra {extra!r}")


def _check_python(arguments: list[str]) -> None:
    if arguments and arguments[0].endswith(".py") and not (ROOT / arguments[0]).is_file():
        raise ValueError(f"python {arguments[0]}: there is no such file")


_CHECKS = {"avaffect": check_avaffect, "make": _check_make, "pip": _check_pip, "python": _check_python}

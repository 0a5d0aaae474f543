"""The code blocks of README and docs run as they stand there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from avaffect.cli.app import app

from .shell_lines import ROOT, check, commands

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_blocks_of_a_document_run(
    document: Path, workplace: Path, request: pytest.FixtureRequest
) -> None:
    if "runs/rjca.affwild2" in document.read_text():
        request.getfixturevalue("trained")
    done = run(document, workplace)
    assert done.returncode == 0, done.stdout + done.stderr


def run(document: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-m", "tests.docs.run_document", str(document)],
        cwd=folder, env={**os.environ, "PYTHONPATH": path, "MPLBACKEND": "Agg"},
        capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("```python\nx = 1\n```\n```python\nassert x == 2\n```\n", "line 5"),
        ("```sh\nfalse\n```\n", "exit code 1"),
        ("```sh\navaffect predikt a.mp4\n```\n", "predikt"),
        ("```\nx\n```\n", "needs a language"),
        ("<!-- not run: no time -->\n```python\nx = = 1\n```\n", "invalid syntax"),
        ("<!-- not run: no time -->\n```sh\navaffect predict a.mp4 --owt b\n```\n", "--owt"),
        ("<!-- not run: -->\n```sh\nfalse\n```\n", "expected the reason"),
    ],
)
def test_a_wrong_block_is_told(tmp_path: Path, block: str, words: str) -> None:
    document = tmp_path / "wrong.md"
    document.write_text(block)
    done = run(document, tmp_path)
    assert done.returncode == 1
    assert words in done.stderr


def test_a_block_that_is_not_run_is_not_run(tmp_path: Path) -> None:
    document = tmp_path / "fine.md"
    document.write_text("<!-- not run: it would fail -->\n```sh\nfalse\n```\n```sh\ntouch run\n```\n")
    assert run(document, tmp_path).returncode == 0
    assert (tmp_path / "run").is_file()


def test_the_examples_in_the_help_can_be_typed() -> None:
    verbs = [typer.main.get_command(app)]
    for verb in verbs:
        verbs.extend(getattr(verb, "commands", {}).values())
    examples = [
        " ".join(text.split("\n\n")[0].split()) for verb in verbs for text in verb.help.split("Example:")[1:]
    ]
    assert len(examples) >= 6
    for example in examples:
        assert example.startswith("avaffect ")
        check(example)


def test_commands_are_found_in_shell_lines() -> None:
    block = "for x in a b; do  # twice\n  avaffect train r.yaml \\\n    'streams=[a]' && make demo\ndone\n"
    assert list(commands(block)) == [
        ["for", "x", "in", "a", "b"],
        ["do"],
        ["avaffect", "train", "r.yaml", "streams=[a]"],
        ["make", "demo"],
        ["done"],
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("avaffect predict a.mp4 --people nobody", "nobody"),
        ("torchrun --nproc-per-node 2 -m avaffect trane", "trane"),
        ("avaffect train recipes/hgrjca.default.yaml fusion.colour=red", "colour"),
        ("make tea", "tea"),
        ("pip install 'avaffect[tea]'", "tea"),
        ("python benchmarks/tea.py", "tea"),
        ("for x in a; do", "bash"),
    ],
)
def test_a_wrong_shell_line_is_told(line: str, words: str) -> None:
    with pytest.raises(Exception, match=words):
        check(line)

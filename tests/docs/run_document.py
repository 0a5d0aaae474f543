"""Runs the code blocks of one document, in order, in the current folder.

    python -m tests.docs.run_document docs/fusion.md

- ``python`` blocks are run, all of one document in one namespace.
- ``sh`` blocks are checked (`shell_lines.check`), then run.
- After ``<!-- not run: REASON -->`` the next block is only checked: python compiled, shell lines parsed.
- Other languages are left alone; a block without a language is an error.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from sybil import Document, Example, Region, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown.lexers import DirectiveInHTMLCommentLexer, RawFencedCodeBlockLexer

from . import shell_lines

_MARK = DirectiveInHTMLCommentLexer("not run")
_FENCE = RawFencedCodeBlockLexer(re.compile(r"[ \t]*(?P<language>[^\n]*)\n"))
_REASON = "__reason_not_to_run__"
_run_python = PythonEvaluator()


def marks(document: Document) -> Iterator[Region]:
    """Find ``<!-- not run: REASON -->``."""
    for region in _MARK(document):
        yield Region(region.start, region.end, region.lexemes["arguments"].strip(), _remember)


def blocks(document: Document) -> Iterator[Region]:
    """Find fenced code blocks of any language."""
    for region in _FENCE(document):
        source, language = region.lexemes["source"], region.lexemes["language"].strip()
        yield Region(region.start, region.end, source, _evaluate, {"language": language})


def _remember(example: Example) -> None:
    if not example.parsed:
        raise ValueError("expected the reason: <!-- not run: REASON -->")
    example.namespace[_REASON] = example.parsed


def _evaluate(example: Example) -> None:
    language = example.region.lexemes["language"]
    reason = example.namespace.pop(_REASON, None)
    if not language:
        raise ValueError("a code block needs a language: python, sh, text, ...")
    if language == "python":
        if reason is None:
            _run_python(example)
        else:
            compile(example.parsed, example.path, "exec")
    elif language == "sh":
        shell_lines.check(example.parsed)
        if reason is None:
            _run_shell(example.parsed)
    elif reason is not None:
        raise ValueError(f"'not run' stands before a block of {language}, which is never run")


def _run_shell(block: str) -> None:
    """Run shell lines with this Python's `avaffect`; stop at the first that fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.replace(".venv/bin/", "")],
        env={**os.environ, "PATH": path},
    )
    if done.returncode:
        raise ValueError(f"exit code {done.returncode}")


def main(path: str) -> None:
    """Run a document's blocks; the first that fails ends the process with its line and its error."""
    for example in Sybil([marks, blocks]).parse(Path(path)).examples():
        try:
            example.evaluate()
        except BaseException as error:
            error.add_note(f"in the block at {path}:{example.line}")
            raise


if __name__ == "__main__":
    main(sys.argv[1])

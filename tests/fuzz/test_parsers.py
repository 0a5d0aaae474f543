"""Whatever bytes a parser is given, it gives a result or one line that says what is wrong.

``make fuzz`` looks for longer, with atheris.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .parsers import PARSERS, parse

MARKS = [
    b"\0",
    b"\n",
    b",",
    b";",
    b'"',
    b"'",
    b"{",
    b"[" * 2000,
    b"<",
    b"-",
    b"%",
    b"\xff\xfe",
    b"\xe9",
    b"=",
    b":",
]
NUMBERS = [
    b"nan",
    b"NaN",
    b"inf",
    b"-1",
    b"1e999",
    b"9" * 400,
    b"9" * 5000,
    b"0x1",
    b"1_0",
    b"null",
    b"true",
    b"--",
]


@st.composite
def contents(draw: st.DrawFn, good: tuple[bytes, ...]) -> bytes:
    """Any bytes, or content that is good but for a few places."""
    content = draw(st.sampled_from((*good, b"")))
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(st.integers(0, len(content)))
        end = draw(st.integers(begin, min(len(content), begin + 12)))
        piece = draw(st.sampled_from([b"", *MARKS, *NUMBERS]) | st.binary(max_size=6))
        content = content[:begin] + piece + content[end:]
    return content


@pytest.mark.parametrize("name", PARSERS)
def test_a_result_or_one_line(name: str, tmp_path: Path) -> None:
    parser = PARSERS[name]
    for content in parser.good:
        parse(parser, content, tmp_path)

    @settings(max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(contents(parser.good))
    def check(content: bytes) -> None:
        parse(parser, content, tmp_path)

    check()

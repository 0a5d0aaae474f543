"""What is printed of names that hold orders to the terminal."""

from __future__ import annotations

import io
import logging
import os
import pty
import subprocess
import sys

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from avaffect.cli.printed import Console, LogLine, Once, plain

EVIL = "a\x1b[31mb\x9b2Jc\u202ed.mp4"
SHOWN = r"a\x1b[31mb\x9b2Jc\u202ed.mp4"


def test_orders_are_written_out_and_the_rest_stays():
    assert plain(EVIL) == SHOWN
    assert plain("Ünï\tcode\n\u200c名") == "Ünï\tcode\n\u200c名"
    record = logging.LogRecord("x", logging.WARNING, "", 0, "%s", (EVIL,), None)
    assert LogLine("%(levelname)s: %(message)s").format(record) == f"WARNING: {SHOWN}"


def test_a_line_of_the_log_is_said_once():
    records = [logging.LogRecord("x", logging.WARNING, "", 0, "%s is vague", (name,), None) for name in "aba"]
    once = Once()
    assert [once.filter(record) for record in records] == [True, True, False]


def test_a_console_keeps_its_own_colours():
    table = Table()
    table.add_column(Text(EVIL), width=50)
    table.add_row(escape(EVIL))
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, color_system="standard", width=100)
    console.print(table)
    console.print(f"[red]{escape(EVIL)}[/]", highlight=False)
    text = file.getvalue()
    assert text.count(SHOWN) == 3
    assert "\x1b[31m" + SHOWN in text  # the red is ours


def test_summarise_gives_a_terminal_no_orders_and_a_program_the_name(avaffect, make_trace, tmp_path):
    make_trace(1.0, file=EVIL).to_parquet(tmp_path / "x.parquet")
    assert EVIL in avaffect("summarise", "x.parquet", cwd=tmp_path).stdout
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "avaffect", "summarise", "x.parquet"]
    subprocess.run(command, cwd=tmp_path, stdout=theirs, check=True)
    os.close(theirs)
    text = b""
    while True:
        try:
            text += os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if text.endswith(b"\n"):
            break
    assert SHOWN.encode() in text
    assert b"\x1b" not in text


def test_errors_and_warnings_do_not_either(avaffect, make_trace, tmp_path):
    make_trace(1.0, file=EVIL).to_csv(tmp_path / "x.csv")
    make_trace(1.0, file=EVIL).to_csv(tmp_path / "y.csv")
    wrong = avaffect("summarise", "x.csv", "y.csv", cwd=tmp_path)
    assert wrong.returncode == 2
    assert SHOWN in wrong.stderr
    assert "\x1b" not in wrong.stderr

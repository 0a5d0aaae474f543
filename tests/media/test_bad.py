"""Bad media, one of each kind: rows or one line, no crash, no hang, no connection, bounded memory.

All several hundred: ``make torture``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TORTURE = Path(__file__).parent / "bad" / "torture.py"


def test_one_of_each_kind(tmp_path):
    out = tmp_path / "report.md"
    done = subprocess.run(
        [sys.executable, str(TORTURE), "--short", "--out", str(out)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "**0 were read badly**" in out.read_text()

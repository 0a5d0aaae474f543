"""A process of its own for a piece of work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import operator
from functools import partial
from avaffect.process import Child

print("runs", __file__, flush=True)
child = Child(partial(partial, operator.is_not), "other")
print(child.run("request"), __spec__)
child.end()
"""


def test_a_script_is_not_run_again_in_the_process(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"runs {script}", "True None"]

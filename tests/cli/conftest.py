"""Running the command as a user does."""

import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def avaffect():
    """A function that runs `avaffect` with arguments: exit code, stdout and stderr (unwrapped)."""

    def run(*arguments, cwd=None):
        return subprocess.run(
            [sys.executable, "-m", "avaffect", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
            env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def fails():
    """A function that checks for exit code 2, one line of error with the words given, no traceback."""

    def check(run, *words):
        assert run.returncode == 2, run.stderr
        assert "Traceback" not in run.stderr
        (line,) = [line for line in run.stderr.splitlines() if line.startswith("error:")]
        for word in words:
            assert word in line

    return check

"""What reads recordings in a process of its own."""

import subprocess
import sys


def test_a_table_alone_needs_no_drawing_and_no_live_reading():
    code = "import sys, avaffect.run.reader; print(*sorted({'matplotlib', 'avaffect.live'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [], "each process would load them"

"""Check text files: UTF-8, LF, no blanks at line ends, one newline at the end, readable yaml.

    python scripts/check_text.py [FILE ...]

Without files it checks all that git knows. Each fault is one line, and the exit code is 1.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

YAML = {".cff", ".yaml", ".yml"}
TEXT = YAML | {".css", ".csv", ".html", ".js", ".json", ".md", ".py", ".svg", ".toml", ".txt"}


def faults(path: Path) -> list[str]:
    """What is wrong with one file, a line each; empty if nothing is."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        return [f"{path}: not UTF-8 ({error.reason} at byte {error.start})"]
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.endswith("\r"):
            found.append(f"{path}:{number}: line ends in CR LF; expected LF")
        elif line != line.rstrip():
            found.append(f"{path}:{number}: blanks at the end of the line")
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        found.append(f"{path}: expected one newline at the end")
    if path.suffix in YAML:
        try:
            list(yaml.safe_load_all(text))
        except yaml.YAMLError as error:
            found.append(f"{path}: not yaml: {' '.join(str(error).split())}")
    return found


def tracked() -> list[Path]:
    """The text files that git knows."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listed.split("\0") if name]


def main(names: list[str]) -> int:
    """Print the faults of the named files, or of all; 1 if there are any."""
    files = [Path(name) for name in names] or tracked()
    found = [fault for path in files if path.suffix in TEXT and path.is_file() for fault in faults(path)]
    sys.stderr.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

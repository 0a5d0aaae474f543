"""Streams that are closed, readers that go, and a current folder that is gone."""

import json
import os
import subprocess
import sys
import wave
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")


def shell(line: str, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which ``avaffect`` is the command and ``$1`` the first argument."""
    command = f'avaffect() {{ "{sys.executable}" -m avaffect "$@"; }}; set -o pipefail; {line}'
    return subprocess.run(
        ["bash", "-c", command, "bash", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def silent(tmp_path: Path) -> Path:
    """Two seconds of silence, which are read quickly."""
    with wave.open(str(tmp_path / "silent.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 2 * 16000))
    return tmp_path / "silent.wav"


def test_closed_streams_are_no_fault(tmp_path: Path, silent: Path) -> None:
    run = shell('avaffect predict "$1" -o out --no-plot <&- >&- 2>&-', silent, cwd=tmp_path)
    assert run.returncode == 0
    assert (tmp_path / "out" / "silent.csv").is_file()
    run = shell("avaffect models --json >&-", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert shell("avaffect describe nothing 2>&-", cwd=tmp_path).returncode == 2


def test_files_do_not_get_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    code = (
        "import os, sys; from avaffect.cli.entry import _stand_in; _stand_in()\n"
        "file = open('file', 'wb'); os.write(1, b'x'); print('y', flush=True)\n"
        "sys.exit(file.fileno() < 3 or os.path.getsize('file'))"
    )
    line = f'"{sys.executable}" -c "$1" <&- >&- 2>&-'
    assert shell(line, code, cwd=tmp_path).returncode == 0


def test_a_reader_that_has_enough_does_not_turn_done_work_into_a_failure(
    tmp_path: Path, silent: Path
) -> None:
    (tmp_path / "two").mkdir()
    for name in ("a.wav", "b.wav"):
        (tmp_path / "two" / name).write_bytes(silent.read_bytes())
    run = shell("avaffect predict two -o out --no-plot | true", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "error" not in run.stderr
    assert (tmp_path / "out" / "summary.tsv").is_file(), "the files are the work: they are all written"


@pytest.mark.parametrize(
    ("line", "code"),
    [("", 2), ("--help", 0), ("--version", 0), ("compare --help", 0), ("benchmark", 2), ("fusions", 0)],
)
def test_a_reader_that_has_enough_of_help_or_a_list_is_no_fault(tmp_path: Path, line: str, code: int) -> None:
    run = shell(f"avaffect {line} | true", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (code, "")


def test_no_room_for_what_is_printed_is_an_error(tmp_path: Path, fails) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    fails(shell("avaffect models --json >/dev/full", cwd=tmp_path), "No space left", "make room on the disk")


def test_a_current_folder_that_is_gone_is_told(tmp_path: Path, silent: Path, fails) -> None:
    gone = 'mkdir gone && cd gone && rmdir ../gone && avaffect predict "$1" -o "$2" --no-plot'
    fails(shell(gone, silent, tmp_path / "out", cwd=tmp_path), "the folder you are in is gone", "(cd)")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_a_full_disk_under_the_messages_ends_no_batch(tmp_path: Path, silent: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.wav", "b.wav"):
        (tmp_path / "in" / name).write_bytes(silent.read_bytes())
    (tmp_path / "in" / "bad.wav").write_text("no sound")
    run = shell("avaffect predict in -o out --no-plot -f csv 2> /dev/full", cwd=tmp_path)
    assert run.returncode == 2
    assert {path.name for path in (tmp_path / "out").glob("*.csv")} == {"a.csv", "b.csv", "errors.csv"}


@pytest.mark.parametrize(
    "line",
    [
        "avaffect predict 'nothing*' --json",
        "avaffect predict silent.wav -o silent.wav --json",
        "avaffect predict silent.wav -w 0 --json",
        "avaffect predict silent.wav --josn --json",
        "avaffect compare nothing --with nobody --json",
        "avaffect evaluate nothing nobody --json",
    ],
)
def test_what_fails_is_json_where_that_was_asked_for(tmp_path: Path, silent: Path, line: str) -> None:
    run = shell(line, cwd=tmp_path)
    assert run.returncode == 2
    assert run.stderr.endswith(f"error: {json.loads(run.stdout)['error']}\n")


def test_a_part_without_a_recording_is_json_too(tmp_path: Path, silent: Path) -> None:
    run = shell("avaffect predict silent.wav --shard 9/9 --json", cwd=tmp_path)
    assert run.returncode == 0
    assert json.loads(run.stdout)["results"] == []

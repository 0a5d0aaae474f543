"""Several processes: one that dies takes one piece of work with it, and none outlives the crew."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from avaffect.crew import Crew
from avaffect.errors import AvaffectError

sys.path.append(str(Path(__file__).parent))  # a process that is started finds the module there too
from crew_work import make


@pytest.fixture(scope="module")
def crew():
    with Crew(make, 2) as both:
        yield both


def until(what):
    for _ in range(600):
        if what():
            return
        time.sleep(0.05)
    pytest.fail("waited for 30 s")


def test_what_dies_is_one_answer_and_the_others_go_on(crew):
    requests = ["give:a", "die:SIGSEGV", "give:b", "fail:c", "die:SIGKILL", "odd:d", "give:e"]
    answers = dict(crew.each(requests))
    assert [answers[k] for k in (0, 2, 6)] == ["a", "b", "e"]
    told = {k: str(answers[k]) for k in (1, 3, 4, 5)}
    assert told[1] == "die:SIGSEGV: the process that read it was ended by SIGSEGV, a crash in a library"
    assert "was killed (SIGKILL), as the system does when memory runs out" in told[4]
    assert told[3] == "c is broken"
    assert "unexpected ZeroDivisionError" in told[5]
    assert all(isinstance(answers[k], AvaffectError) for k in told)
    with pytest.raises(AvaffectError, match="c is broken"):
        crew.ask("fail:c")


def test_a_process_stays_for_the_next_piece_and_tells_its_progress_and_warnings(crew, caplog):
    assert len({answer for _, answer in crew.each(["pid:"] * 6)}) <= 2
    told = []
    with caplog.at_level(logging.WARNING):
        assert dict(crew.each(["give:x", "tell:y"], lambda *what: told.append(what))) == {0: "x", 1: "y"}
    assert told == [(1, "y", 1.0, 2.0)]
    assert "said of y" in caplog.text


def test_one_who_has_enough_ends_what_is_at_work(tmp_path):
    left = []
    slow = f"sleep:{tmp_path / 'pid'}"
    with Crew(make, 2, abandoned=left.append) as crew:
        answers = crew.each(["give:a", slow, "give:b"])
        assert [next(answers), next(answers)] == [(0, "a"), (2, "b")]
        until((tmp_path / "pid").exists)
        answers.close()
        assert left == [slow]
        assert crew.ask("give:c") == "c"
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_the_processes_end_with_one_that_is_killed(tmp_path):
    code = (
        f"import sys; sys.path.append({str(Path(__file__).parent)!r})\n"
        "from avaffect.crew import Crew; from crew_work import make\n"
        f"with Crew(make, 1) as crew: crew.ask('sleep:{tmp_path / 'pid'}')"
    )
    killed = subprocess.Popen([sys.executable, "-c", code])
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    until(lambda: not psutil.pid_exists(int((tmp_path / "pid").read_text())))

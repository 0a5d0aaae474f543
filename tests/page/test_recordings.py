"""Choosing files, and the list of what they are doing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import SAMPLE, Page


@pytest.fixture(autouse=True)
def _recordings(page: Page) -> None:
    page.open()


def test_several_files_are_sent_and_read(page: Page, tmp_path: Path) -> None:
    names = ["first.mp4", "second.mp4"]
    page.send(*(Path(shutil.copy(SAMPLE, tmp_path / name)) for name in names))
    for name in names:
        assert "Done" in page.wait(".job[data-state=done]", name).text
    assert "second.mp4 is done" in page.wait("#status", "done").text
    assert page.errors() == []


def test_a_recording_is_cancelled_then_removed(page: Page, tmp_path: Path) -> None:
    page.send(Path(shutil.copy(SAMPLE, tmp_path / "slow.mp4")))
    job = page.wait(".job[data-state=running]", "slow.mp4")
    assert "20 %" in page.wait(".job[data-state=running]", "%").text
    job.find_element("css selector", "[aria-label='Cancel slow.mp4']").click()
    page.wait(".job[data-state=cancelled]", "slow.mp4")
    page.find("[aria-label='Remove slow.mp4']").click()
    page.until("!document.body.textContent.includes('slow.mp4Cancelled')")
    assert page.run("return document.activeElement !== document.body")  # the focus is somewhere useful


def test_a_file_that_is_no_recording_says_what_to_do(page: Page, tmp_path: Path) -> None:
    bad = tmp_path / "notes.mp4"
    bad.write_text("hello")
    page.send(bad)
    assert "notes.mp4" in page.wait(".problem").text
    page.find("[aria-label='Close the message about notes.mp4']").click()
    assert page.run("return document.activeElement.id") == "choose"


def test_a_recording_that_cannot_be_read_says_why(page: Page, tmp_path: Path) -> None:
    page.send(Path(shutil.copy(SAMPLE, tmp_path / "broken.mp4")))
    assert "convert it to mp4" in page.wait(".job[data-state=failed]", "broken.mp4").text

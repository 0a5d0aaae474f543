"""Two sides beside each other."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from conftest import SAMPLE, Page
from page_work import made_trace


@pytest.fixture
def names(page: Page, tmp_path: Path) -> list[str]:
    """Two recordings of their own, finished, and the view on which they are compared."""
    names = ["a.mp4", "a_much_longer_name_of_another.mp4"]
    page.open()
    page.send(*(Path(shutil.copy(SAMPLE, tmp_path / name)) for name in names))
    for name in names:
        page.wait(".job[data-state=done]", name)
    page.open("compare")
    return names


def tick(page: Page, side: int, name: str) -> None:
    """Choose a recording for a side."""
    label = f".//label[starts-with(normalize-space(), '{name}')]"
    page.fields("fieldset")[side].find_element("xpath", label).click()


def test_two_recordings_side_by_side(page: Page, names: list[str]) -> None:
    assert not page.find("form .primary").is_enabled()
    for side, name in enumerate(names):
        tick(page, side, name)
    page.find("form .primary").click()
    row = page.wait("tbody tr", "valence: mean").text.replace("−", "-")
    first, second, difference = (float(each) for each in re.findall(r"[+-]\d\.\d\d", row)[:3])
    means = [made_trace(name).summary()["people"][0]["valence"]["mean"] for name in names]
    assert (first, second) == pytest.approx(means, abs=0.0051)
    assert difference == pytest.approx(means[0] - means[1], abs=0.0051)
    page.until("document.querySelectorAll('.sides .main-svg').length >= 2")
    page.until("document.activeElement.textContent === 'Difference'")
    assert "no intervals" in page.find(".panel ul.faint").text
    assert "where it holds 0" not in page.find("main").text
    assert page.errors() == []


def test_one_recording_on_both_sides_is_refused(page: Page, names: list[str]) -> None:
    for side in range(2):
        tick(page, side, names[0])
    page.find("form .primary").click()
    assert "both groups" in page.wait(".problem").text

"""The main job from the first Tab to the result, without a mouse."""

from __future__ import annotations

import shutil
from pathlib import Path

from conftest import SAMPLE, Page
from selenium.webdriver.common.keys import Keys

NAME = (
    "const e = document.activeElement;"
    "return e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent"
)
RING = """
    const e = document.activeElement;
    return [e, ...(e.labels ?? [])].some((one) => getComputedStyle(one).outlineStyle !== 'none')
"""


def tab_to(page: Page, name: str, *, most: int = 80) -> None:
    """Press Tab until the control of this name has the focus, and see that the focus is drawn."""
    for _ in range(most):
        page.type(Keys.TAB)
        if page.run(NAME).strip() == name:
            assert page.run(RING)
            return
    raise AssertionError(f"{name!r} is not reached by Tab")


def test_from_a_file_to_its_numbers(page: Page, tmp_path: Path) -> None:
    page.open(anew=True)
    tab_to(page, "Skip to the content")
    page.type(Keys.ENTER)
    tab_to(page, "Choose files", most=1)  # Enter opens the system's own dialog; a driver fills it in
    page.run("return document.activeElement").send_keys(str(shutil.copy(SAMPLE, tmp_path / "keyboard.mp4")))
    page.wait(".job[data-state=done]", "keyboard.mp4")
    page.wait("#status", "keyboard.mp4 is done")
    tab_to(page, "Open keyboard.mp4")
    page.type(Keys.ENTER)
    page.wait(".plot .main-svg")
    page.until("document.activeElement.textContent === 'keyboard.mp4'")  # reading begins at the top

    page.type("l", "[", "l", "]")
    tab_to(page, "Name of person 1")
    page.type(*"Ana", Keys.TAB)
    page.wait(".legend li", "Ana")
    tab_to(page, "Leave this span out")
    page.type(Keys.ENTER)
    page.wait(".spans li", "Left out: 0:05.0 to 0:10.0")
    page.wait("#status", "computed anew")
    tab_to(page, "All values as a table")
    page.type(Keys.ENTER)
    page.wait("details[open] tbody tr", "Ana")
    tab_to(page, "Table (csv)")
    page.type("?")
    page.wait("#keys[open]")
    page.type(Keys.ESCAPE)
    assert page.run(NAME) == "Table (csv)"  # the focus is back
    assert page.errors() == []

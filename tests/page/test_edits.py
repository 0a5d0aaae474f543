"""What the reader changes: names, people, spans; the server computes, the page shows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import SAMPLE, Page
from page_work import made_trace
from selenium.webdriver.support.ui import Select

from avaffect.trace import Edits, Trace
from avaffect.trace.spans import Span

SHOWN = "document.querySelector('.plot').data"


@pytest.fixture
def result(page: Page, done: str) -> Iterator[Page]:
    """The page of the finished prediction."""
    page.open(f"result/{done}")
    page.wait(".plot .main-svg")
    yield page
    page.run("localStorage.clear()")


def mark(page: Page, start: str, end: str, button: str) -> None:
    """Mark a span of time and press a button."""
    for field, value in zip(page.fields("[aria-labelledby=spans-title] input"), (start, end), strict=False):
        field.send_keys(value)
    page.press(button)
    page.wait("#status", "computed anew")


def edited(edits: Edits) -> Trace:
    """The result as it has to be."""
    return made_trace(SAMPLE.name).edited(edits)


def test_a_name_is_shown_everywhere_and_kept(result: Page, done: str) -> None:
    result.find("[aria-label='Name of person 1']").send_keys("Ana <b>\t")
    result.wait(".legend li", "Ana <b>")
    result.wait(".moment th", "Ana <b>")
    assert result.until(f"{SHOWN}.some((line) => line.name === 'Ana &lt;b&gt;')")
    result.open(f"result/{done}", anew=True)
    result.wait(".legend li", "Ana <b>")
    result.press("Undo all changes")
    result.wait(".legend li", "Person 1")


def test_somebody_left_out_is_gone_and_comes_back_in_their_colour(result: Page) -> None:
    colour = f"{SHOWN}.find((line) => line.name === 'Person 2')?.line.color"
    before = result.run(f"return {colour}")
    result.press("Leave out Person 1")
    assert result.until(f"!{SHOWN}.some((line) => line.name === 'Person 1')")
    assert result.run(f"return {colour}") == before
    assert result.run("return document.activeElement.getAttribute('aria-label')") == "Bring back Person 1"
    result.press("Bring back Person 1")
    assert result.until(f"{SHOWN}.some((line) => line.name === 'Person 1')")


def test_two_numbers_of_one_person_become_one_and_come_apart(page: Page, tmp_path: Path) -> None:
    apart = shutil.copy(SAMPLE, tmp_path / "apart.mp4")
    page.open()
    page.send(Path(apart))
    job = page.wait(".job[data-state=done]", "apart.mp4")
    page.open(f"result/{job.find_element('css selector', 'a').get_attribute('href').rpartition('/')[2]}")
    page.wait(".plot .main-svg")
    page.find("[aria-label='Name of person 2']").send_keys("Ana\t")
    page.wait(".legend li", "Ana")
    Select(page.find("[aria-label='Ana is the same person as']")).select_by_visible_text("Person 1")
    page.wait(".people li", "Person 2 is Ana")
    page.until("document.querySelectorAll('.legend li').length === 2")
    trace = made_trace("apart.mp4").edited(Edits(names={1: "Ana"}, merged={2: 1}))
    mean = trace.summary()["people"][0]["valence"]["mean"]
    row = page.wait("[aria-labelledby=summary-title] tbody tr", "Ana").text
    assert f"{mean:+.2f}" in row.replace("−", "-")
    page.press("Person 2 is another person")
    page.wait(".legend li", "Person 2")
    page.run("localStorage.clear()")


def test_people_in_view_together_stay_two_and_it_can_be_undone(result: Page) -> None:
    Select(result.find("[aria-label='Person 2 is the same person as']")).select_by_visible_text("Person 1")
    assert "in view at once" in result.wait("[role=alert]", "persons 2 and 1").text
    result.press("Undo all changes")
    result.until("!document.querySelector('.problem')")
    result.wait("[aria-label='Person 2 is the same person as']")


def test_a_span_left_out_changes_the_means(result: Page) -> None:
    mark(result, "0:02", "4.5", "Leave this span out")
    trace = edited(Edits(excluded=(Span(2, 4.5),)))
    mean = trace.summary()["people"][0]["valence"]["mean"]
    assert mean != pytest.approx(made_trace(SAMPLE.name).summary()["people"][0]["valence"]["mean"], abs=0.01)
    row = result.wait("[aria-labelledby=summary-title] tbody tr", "Person 1").text
    assert f"{mean:+.2f}" in row.replace("−", "-")
    result.press("Undo Left out: 0:02.0 to 0:04.5")
    result.until("!document.querySelector('.spans li')")


def test_a_baseline_gives_values_relative_to_it(result: Page) -> None:
    mark(result, "0", "2", "Take as baseline")
    result.find("#relative").click()
    wanted = edited(Edits(baseline=(Span(0, 2),))).track(1).table["valence_rel"].to_numpy()
    result.until("document.querySelector('.annotations')?.textContent.includes('less the baseline') ?? true")
    found = result.until(f"{SHOWN}.find((line) => line.name === 'Person 1').y")
    assert found[:50] == pytest.approx(wanted[:50], abs=1e-4)


def test_a_span_that_is_none_says_what_to_type(result: Page) -> None:
    for field, value in zip(result.fields("[aria-labelledby=spans-title] input"), ("5", "3"), strict=False):
        field.send_keys(value)
    result.press("Leave this span out")
    assert "such as 0:05" in result.wait("[aria-labelledby=spans-title] [role=alert]", "Give").text


def test_a_drag_on_the_chart_marks_a_span(result: Page) -> None:
    result.find("#marking").click()
    result.run("document.querySelector('.chart').scrollIntoView({block: 'center'})")
    result.until("document.querySelector('.plot').layout.dragmode === 'select'")
    result.drag(".plot .nsewdrag", 0.2, 0.5)
    starts = result.until("document.querySelector('[aria-labelledby=spans-title] input').value")
    assert starts.startswith(("0:02.0", "0:01.9"))

"""One result: what is shown at the playhead, and how the reader moves it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import SAMPLE, Page
from page_work import RATE, made_trace
from selenium.webdriver.common.keys import Keys

from avaffect.trace import Trace

TIME = "Number(document.querySelector('.transport input').value)"


@pytest.fixture(scope="module")
def trace() -> Trace:
    """What the server has."""
    return made_trace(SAMPLE.name)


@pytest.fixture
def result(page: Page, done: str) -> Page:
    """The page of the finished prediction."""
    page.open(f"result/{done}")
    page.wait(".plot .main-svg")
    return page


def seek(page: Page, seconds: float) -> None:
    page.run(
        "const s = document.querySelector('.transport input'); s.value = arguments[0];"
        "s.dispatchEvent(new Event('input'))",
        seconds,
    )
    page.until(f"Math.abs({TIME} - {seconds}) < 0.02")


def test_the_values_at_the_playhead_are_the_tables(result: Page, trace: Trace) -> None:
    seek(result, 5.02)
    row = trace.track(1).table.iloc[5 * RATE]
    words = result.wait(".moment tbody tr", "Person 1").text.replace("−", "-")
    shown = [float(number) for number in re.findall(r"[+-]\d\.\d\d", words)]
    names = ("valence", "valence_lo", "valence_hi", "arousal", "arousal_lo", "arousal_hi")
    assert shown == pytest.approx([row[name] for name in names], abs=0.0051)
    assert "from face and voice" in words
    seek(result, 2.5)
    assert "Nobody in view" in result.wait(".moment tbody tr:last-child").text


def test_the_point_in_the_plane_is_the_value(result: Page, trace: Trace) -> None:
    seek(result, 3.02)
    row = trace.track(1).table.iloc[3 * RATE]
    at = result.run("const p = document.querySelector('.point').attributes; return [p.cx.value, -p.cy.value]")
    assert [float(each) / 100 for each in at] == pytest.approx([row["valence"], row["arousal"]], abs=1e-3)


def test_the_lines_are_the_tables_values(result: Page, trace: Trace) -> None:
    lines = result.run(
        "return document.querySelector('.plot').data.filter((line) => line.name === 'Person 1')"
        ".map((line) => [line.x, line.y])"
    )
    table = trace.track(1).table
    for (times, values), target in zip(lines, ("valence", "arousal"), strict=True):
        assert times == pytest.approx(table.index.get_level_values("start"))
        found = np.array([np.nan if value is None else value for value in values])
        assert found == pytest.approx(table[target].to_numpy(), abs=1e-4, nan_ok=True)


def test_a_click_on_the_chart_moves_the_playhead(result: Page) -> None:
    result.run("document.querySelector('.chart').scrollIntoView({block: 'center'})")
    result.drag(".plot .nsewdrag", 0.7, 0.7)
    result.until(f"Math.abs({TIME} - 7) < 0.1")


def test_keys_move_and_zoom(result: Page) -> None:
    seek(result, 1)
    for keys, seconds in (
        (["l"], 6),
        (["j"], 1),
        ([Keys.ARROW_RIGHT], 2),
        ([Keys.ARROW_LEFT], 1),
        (["."], 1.04),
    ):
        result.type(*keys)
        result.until(f"Math.abs({TIME} - {seconds}) < 0.02")
    result.type(" ")
    result.wait(".transport [aria-label=Pause]")
    result.until(f"{TIME} > 1.04")
    result.type("k")
    result.wait(".transport [aria-label=Play]")
    result.type("+")
    result.until("document.querySelector('.plot').layout.xaxis.range[1] < 6")
    result.type("0")
    result.until("document.querySelector('.plot').layout.xaxis.range[1] === 10")
    result.type("r")
    assert "Person 1: valence" in result.wait("#status", "valence").text
    result.type("?")
    assert "Play or pause" in result.wait("#keys[open]").text


def test_keys_rest_while_somebody_types_and_when_switched_off(result: Page) -> None:
    seek(result, 1)
    name = result.find("[aria-label='Name of person 1']")
    name.send_keys("jkl ")
    assert name.get_attribute("value") == "jkl "
    assert result.run(f"return {TIME}") == 1
    result.run(
        "arguments[0].value = ''; arguments[0].blur(); localStorage.setItem('avaffect.keys', 'off')", name
    )
    result.type("l")
    assert result.run(f"return {TIME}") == 1


def test_the_table_says_what_the_chart_shows(result: Page, trace: Trace) -> None:
    result.find("details summary").click()
    row = result.wait("details tbody tr", "0:05.0").text.replace("−", "-")
    table = trace.track(1).table
    starts = table.index.get_level_values("start")
    mean = table["valence"][(starts >= 5) & (starts < 5.5)].mean()
    assert float(re.findall(r"[+-]\d\.\d\d", row)[0]) == pytest.approx(mean, abs=0.0051)


DRAWN = (
    "(() => { const c = document.querySelector('.boxes');"
    "return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0) })()"
)


def test_after_a_reload_the_file_is_asked_for(result: Page, done: str, tmp_path: Path) -> None:
    result.open(f"result/{done}", anew=True)
    field = result.find("#again")
    assert "choose sample.mp4 again" in result.find(".media-note").text
    (tmp_path / "other.mp4").write_bytes(b"x")
    field.send_keys(str(tmp_path / "other.mp4"))
    assert "other.mp4 is not the file that was read" in result.wait(".media-note [role=alert]").text
    field.send_keys(str(SAMPLE))
    result.until("document.querySelector('video').videoWidth > 0")
    result.until("document.querySelector('video').src.startsWith('blob:')")
    seek(result, 5)
    result.until("Math.abs(document.querySelector('video').currentTime - 5) < 0.05")
    assert result.run(f"return {DRAWN}")


def test_no_box_is_drawn_over_those_of_the_annotated_video(page: Page, tmp_path: Path) -> None:
    page.open()
    page.find("#annotate").click()
    page.send(Path(shutil.copy(SAMPLE, tmp_path / "drawn.mp4")))
    job = page.wait(".job[data-state=done]", "drawn.mp4")
    address = job.find_element("css selector", "a").get_attribute("href").rpartition("#/")[2]
    page.open(address)
    page.until("document.querySelector('video').videoWidth > 0")  # the reader's own file
    seek(page, 5)
    page.until(DRAWN)
    page.open(address, anew=True)
    page.until("document.querySelector('video').src.endsWith('/files/mp4')")
    page.until("document.querySelector('video').videoWidth > 0")
    seek(page, 5)
    page.until("Math.abs(document.querySelector('video').currentTime - 5) < 0.05")
    assert not page.run(f"return {DRAWN}")
    assert not page.find("#boxes").is_displayed()


def test_nothing_is_asked_of_another_site(result: Page, address: str) -> None:
    asked = result.run("return performance.getEntriesByType('resource').map((one) => one.name)")
    assert any("plotly" in name for name in asked)
    assert all(name.startswith((address, "blob:", "data:")) for name in asked)
    assert result.errors() == []

"""A report in a real browser: on a phone, under the pointer, on paper."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Page
from selenium import webdriver

from avaffect.report import write_report
from avaffect.trace import Trace


@pytest.fixture
def report(browser: webdriver.Chrome, make_trace: Callable[..., Trace], tmp_path: Path) -> Any:
    """``report(width)``: the report of two people in a window of this width."""
    path = write_report(make_trace(20.0, people=2), tmp_path / "r.html")

    def show(width: int) -> Page:
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get(path.as_uri())
        return Page(browser, "")

    yield show
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("width", [360, 1200])
def test_the_chart_can_be_read_and_shows_values_under_the_pointer(report, width):
    page = report(width)
    assert page.run("return document.documentElement.scrollWidth") <= width
    words = "[...document.querySelectorAll('.chart svg[viewBox] text')].map(t => t.getBoundingClientRect())"
    heights = page.run(f"return {words}.filter(r => r.width).map(r => r.height)")
    assert len(heights) >= 10
    assert min(heights) >= 10  # a line of letters of 9 px
    page.run(
        "const chart = document.querySelector('.chart'), strip = chart.querySelector('.strip svg');"
        "const box = strip.getBoundingClientRect();"  # strips and lines have one axis of time
        "chart.dispatchEvent(new PointerEvent('pointermove', {clientX: box.x + box.width / 2}))"
    )
    assert page.run("return parseFloat(document.querySelector('.tip').textContent)") == pytest.approx(
        10, abs=0.3
    )
    left = page.run("return document.querySelector('.cursor').getBoundingClientRect().x")
    x, across = page.run(
        "const b = document.querySelector('.strip svg').getBoundingClientRect(); return [b.x, b.width]"
    )
    assert left == pytest.approx(x + across / 2, abs=3)


def test_it_prints_on_few_pages(report):
    page = report(1200)
    pdf = base64.b64decode(page.driver.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert 1 <= pdf.count(b"/Type /Page\n") <= 3

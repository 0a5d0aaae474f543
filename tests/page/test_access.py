"""The page for everybody: axe-core's rules (WCAG A and AA), small screens."""

from __future__ import annotations

from typing import Any

import pytest
from axe_core_python.selenium import Axe
from conftest import Page

VIEWS = {"": "#choose", "result": ".plot .main-svg", "compare": "main h1", "live": ".live-chart"}


@pytest.mark.parametrize(
    ("view", "scheme"), [*((view, "light") for view in VIEWS), ("", "dark"), ("result", "dark")]
)
def test_axe_finds_nothing(page: Page, done: str, view: str, scheme: str) -> None:
    features = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", features)
    show(page, view, done)
    if view == "result":
        page.run("document.querySelector('details').open = true")
    assert violations(page) == {}


@pytest.mark.parametrize("dialog", ["meaning", "keys"])
def test_axe_finds_nothing_in_a_dialog(page: Page, dialog: str) -> None:
    page.find(f"[data-opens={dialog}]").click()
    page.wait(f"#{dialog}[open]")
    assert violations(page) == {}


@pytest.mark.parametrize("view", VIEWS)
def test_a_phone_needs_no_sideways_scrolling(page: Page, done: str, view: str) -> None:
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    show(page, view, done)
    assert page.until("innerWidth === 360")
    assert page.run("return document.documentElement.scrollWidth") == 360


def show(page: Page, view: str, done: str) -> None:
    page.open(f"result/{done}" if view == "result" else view)
    page.wait(VIEWS[view])


def violations(page: Page) -> dict[str, list[Any]]:
    """By rule, what breaks it. A chart is one picture to a reader: Plotly's parts are not looked at."""
    found = Axe().run(page.driver, context={"exclude": [[".plot"]]})["violations"]
    return {each["id"]: [node["html"][:200] for node in each["nodes"]] for each in found}

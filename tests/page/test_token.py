"""A server that wants a token, and one that is gone."""

from __future__ import annotations

from collections.abc import Callable

from conftest import Page
from page_work import PageWork
from selenium import webdriver


def test_the_page_asks_for_the_token(browser: webdriver.Chrome, start_server: Callable[..., str]) -> None:
    page = Page(browser, start_server(PageWork, token="a long token"))
    page.open()
    field = page.wait("input[type=password]")
    field.send_keys("a wrong token\n")
    assert "not the token" in page.wait("form [role=alert]", "token").text
    field.send_keys("a long token\n")
    page.wait("#choose")
    assert page.run("return document.cookie") == ""  # no script can read the login


def test_a_server_that_is_gone_is_said(page: Page) -> None:
    page.run("window.fetch = () => Promise.reject(new TypeError('no network'))")
    page.open("compare")
    assert "Start it again" in page.wait(".problem").text
    page.driver.refresh()

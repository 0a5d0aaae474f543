"""Live with the sample clip as camera and microphone, and the real model."""

from __future__ import annotations

import re

from conftest import Page


def test_live_reads_a_face_stops_and_keeps_the_result(page: Page) -> None:
    page.open("live")
    page.press("Start")
    page.wait("main [role=status]", "Running")  # the model is loaded
    row = page.until(
        "[...document.querySelectorAll('.live-values tbody tr')].map((one) => one.textContent)"
        ".find((text) => text.startsWith('Person 1'))"
    )
    assert re.search(r"[+−]\d\.\d\d", row)
    assert re.search(r"Delay: \d+ ms", page.find(".delay").text)
    assert page.until(  # a line and a box are drawn
        "[...document.querySelectorAll('.live-chart, .boxes')].every((one) => one.getContext('2d')"
        ".getImageData(0, 0, one.width, one.height).data.some((value) => value > 0))"
    )
    page.press("Stop")
    page.wait("main [role=status]", "Stopped")
    assert page.run("return document.querySelector('main video').srcObject") is None  # the camera is off
    page.press("Open the result")
    page.wait(".plot .main-svg")
    assert "Read live" in page.find(".media-note").text
    page.wait(".legend li", "Person 1")
    page.type(" ")  # the curves play without a video
    page.until("Number(document.querySelector('.transport input').value) > 0")
    assert page.errors() == []


def test_without_a_camera_the_page_says_what_to_do(page: Page) -> None:
    page.open("live")
    page.run(
        "navigator.mediaDevices.getUserMedia ="
        " () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    page.press("Start")
    assert "Allow them" in page.wait(".problem").text
    page.run("delete navigator.mediaDevices.getUserMedia")
    assert page.find("main .primary").is_enabled()

"""A server, and a real browser without a window that looks at its page."""

from __future__ import annotations

import shutil
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra [serve] is not installed")
pytest.importorskip("selenium", reason="selenium is not installed: pip install 'avaffect[dev]'")

import uvicorn
from PIL import Image
from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

sys.path.insert(0, str(Path(__file__).parent))  # the processes of a pool import it from there too

from page_work import PageWork

from avaffect import media
from avaffect.serve.app import create_app
from avaffect.serve.settings import Settings

SAMPLE = Path(__file__).parents[2] / "examples" / "sample.mp4"
PATIENCE = 60  # seconds: the machine may be busy
_GONE = (StaleElementReferenceException, NoSuchElementException, ElementClickInterceptedException)


class Page:
    """The page in a browser, with the few things that tests do."""

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self.driver, self.address = driver, address

    def open(self, view: str = "", *, anew: bool = False) -> None:
        """Show a view; ``anew``: in a page that is loaded again."""
        if anew or not self.driver.current_url.startswith(self.address):
            self.driver.get("about:blank")
            self.driver.get(f"{self.address}#/{view}")
        else:
            # The event by hand: the browser sends its own later, and the old view may pass for the new one.
            self.run(
                "history.pushState(null, '', arguments[0]); dispatchEvent(new HashChangeEvent('hashchange'))",
                f"#/{view}",
            )
        name = view.partition("/")[0]
        self.until(f"document.querySelector('main > div')?.dataset.view === {name!r}")

    def find(self, selector: str) -> Any:
        """The element, at once."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def wait(self, selector: str, text: str = "") -> Any:
        """The first element that shows this text, as soon as it is there."""

        def look(_driver: Any) -> Any:
            found = self.driver.find_elements(By.CSS_SELECTOR, selector)
            return next((one for one in found if text in one.text), None)

        return WebDriverWait(self.driver, PATIENCE, 0.05, ignored_exceptions=_GONE).until(
            look, f"{selector} with {text!r}"
        )

    def until(self, script: str) -> Any:
        """What a script gives, as soon as that is true."""
        wait = WebDriverWait(self.driver, PATIENCE, 0.05)
        return wait.until(lambda driver: driver.execute_script(f"return {script}"), script)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script gives."""
        return self.driver.execute_script(script, *arguments)

    def fields(self, selector: str) -> list[Any]:
        """The elements, at once."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def press(self, name: str) -> None:
        """Press a button by its name, as a screen reader says it."""
        look = f"//*[self::button or self::a][@aria-label={name!r} or normalize-space()={name!r}]"
        WebDriverWait(self.driver, PATIENCE, 0.05, ignored_exceptions=_GONE).until(
            lambda driver: driver.find_element(By.XPATH, look).click() is None, name
        )

    def drag(self, selector: str, start: float, end: float) -> None:
        """Drag with the mouse along an element, from and to these shares of its width."""
        x, y, width = self.run(
            "const b = document.querySelector(arguments[0]).getBoundingClientRect();"
            "return [b.x, b.y + b.height / 4, b.width]",
            selector,
        )
        steps = (("mouseMoved", start), ("mousePressed", start), ("mouseMoved", end), ("mouseReleased", end))
        for kind, share in steps:
            where = {"type": kind, "x": x + share * width, "y": y, "button": "left", "clickCount": 1}
            self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", where)

    def type(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        for key in keys:
            webdriver.ActionChains(self.driver).send_keys(key).perform()

    def send(self, *paths: Path) -> None:
        """Choose files on the view of recordings."""
        self.wait("#choose").send_keys("\n".join(map(str, paths)))

    def errors(self) -> list[str]:
        """What the browser complained of since the last call, policy of content included."""
        return [line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"]


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """``start_server(make, **settings)``: the address of a new server."""
    servers: list[tuple[uvicorn.Server, threading.Thread]] = []

    def begin(make: Any = None, **settings: Any) -> str:
        folder = tmp_path_factory.mktemp("page")
        app = create_app(Settings(folder=folder, **settings), make)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"

    yield begin
    for server, thread in servers:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def address(start_server: Callable[..., str]) -> str:
    """A server whose results are made up."""
    return start_server(PageWork)


def chromium(*arguments: str) -> webdriver.Chrome:
    """A browser that reaches this machine alone."""
    programs = shutil.which("chromium"), shutil.which("chromedriver")
    if None in programs:
        pytest.skip("no browser: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for argument in (
        "headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", "window-size=1280,900",
        "host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", *arguments,
    ):  # fmt: skip
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(programs[1]))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One browser for all tests, with the sample clip as its camera and its microphone."""
    camera, microphone = recorded(tmp_path_factory.mktemp("devices"))
    driver = chromium(
        "use-fake-device-for-media-stream", "use-fake-ui-for-media-stream",
        f"use-file-for-fake-video-capture={camera}", f"use-file-for-fake-audio-capture={microphone}",
    )  # fmt: skip
    yield driver
    driver.quit()


def recorded(folder: Path) -> tuple[Path, Path]:
    """The first seconds of the sample clip as Chromium's fake devices read them."""
    camera, microphone = folder / "camera.mjpeg", folder / "microphone.wav"
    with camera.open("wb") as pictures:
        for frame in islice(media.frames(SAMPLE), 50):
            Image.fromarray(frame.image).save(pictures, "jpeg")
    sound = media.read_audio(SAMPLE)[0][: 2 * media.SAMPLE_RATE]
    with wave.open(str(microphone), "wb") as out:
        out.setparams((1, 2, media.SAMPLE_RATE, 0, "NONE", ""))
        out.writeframes((32767 * sound).astype("<i2").tobytes())
    return camera, microphone


@pytest.fixture
def page(browser: webdriver.Chrome, address: str) -> Iterator[Page]:
    """The page at some view, with nothing remembered from before."""
    shown = Page(browser, address)
    if not browser.current_url.startswith(address):
        shown.open()
    shown.run("localStorage.clear(); document.querySelectorAll('dialog[open]').forEach((one) => one.close())")
    shown.errors()
    yield shown
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.fixture(scope="session")
def done(browser: webdriver.Chrome, address: str) -> str:
    """The id of a finished prediction, sent through the page."""
    shown = Page(browser, address)
    shown.open()
    shown.send(SAMPLE)
    shown.wait(".job[data-state=done]", SAMPLE.name)
    return str(shown.find(".job[data-state=done] a").get_attribute("href")).rpartition("/")[2]

"""``python -m primelanes report``: the command, and its page in a real browser."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

pytest.importorskip("selenium", reason="selenium is not installed")

import html5lib
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from support import WATCHDOG, eventually, python

REPORT = ("-m", "primelanes", "report")

WIDE = (1280, 900)
PHONE = (375, 812)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, with figures that mean nothing because they were measured for too short a time."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    assert python(*REPORT, "--trial", "--out", str(path)).stdout == f"Wrote '{path}'.\n"
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("chromium and chromium-driver are not installed")
    options = ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with Chrome(options, ChromeService(driver)) as browser:
        yield browser


@pytest.fixture
def opened(browser: Chrome, page: Path) -> Chrome:
    """The browser with the page, freshly loaded in a wide window and in light colours."""
    emulate(browser)
    resize(browser, WIDE)
    browser.get(page.as_uri())
    return browser


def emulate(browser: Chrome, scheme: str = "light", media: str = "") -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def resize(browser: Chrome, size: tuple[int, int]) -> None:
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def shown_cases(browser: Chrome) -> list[WebElement]:
    script = "return [...document.querySelectorAll('.case')].filter((figure) => figure.checkVisibility())"
    found: list[WebElement] = browser.execute_script(script)
    return found


def chosen(browser: Chrome) -> set[str]:
    return {button.get_attribute("id") or "" for button in browser.find_elements(By.CSS_SELECTOR, ".choices :checked")}


def is_what_was_chosen(browser: Chrome) -> bool:
    (case,) = shown_cases(browser)
    return chosen(browser) < set((case.get_attribute("class") or "").split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "/no/such/folder/report.html"], "cannot write '/no/such/folder/report.html'"),
        (["--out", "/"], "cannot write '/'"),
        (["--python", "/no/such"], "cannot start '/no/such': No such file or directory"),
        (["--python", sys.executable], f"the interpreter '{sys.executable}' is named twice"),
        (["--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_misuse_is_one_line_and_code_2(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = python(*REPORT, *arguments, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert said in done.stderr
    assert not any(tmp_path.iterdir())


def test_ctrl_c_writes_nothing(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, *REPORT], cwd=tmp_path) as process:
        # Once it has another thread, it measures.
        assert eventually(lambda: len(os.listdir(f"/proc/{process.pid}/task")) > 1)
        process.send_signal(signal.SIGINT)
        assert process.wait(WATCHDOG) == 130
    assert not any(tmp_path.iterdir())


def test_the_page_is_valid_html(page: Path) -> None:
    html5lib.HTMLParser(strict=True).parse(page.read_text())


def test_it_loads_without_an_error_and_fetches_nothing(opened: Chrome, page: Path) -> None:
    assert [entry for entry in opened.get_log("browser") if entry["level"] != "DEBUG"] == []
    events = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    requested = {
        event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"
    }
    assert {url for url in requested if not url.startswith("data:")} == {page.as_uri()}
    assert page.stat().st_size < 2_000_000


def test_every_control_shows_its_case(opened: Chrome) -> None:
    assert is_what_was_chosen(opened)
    captions = set()
    for button in opened.find_elements(By.CSS_SELECTOR, ".choices input:not(:checked)"):
        button.click()
        assert button.is_selected()
        assert is_what_was_chosen(opened)
        caption = shown_cases(opened)[0].find_element(By.TAG_NAME, "figcaption").text
        assert opened.find_element(By.ID, "what-if-status").get_attribute("textContent") == caption
        captions.add(caption)
    assert len(captions) > 5


def test_the_keyboard_is_enough(opened: Chrome) -> None:
    before = chosen(opened)
    first = opened.find_element(By.CSS_SELECTOR, ".choices input:checked")
    opened.execute_script("arguments[0].focus()", first)
    opened.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    assert len(chosen(opened) - before) == 1
    assert is_what_was_chosen(opened)
    summary = opened.find_element(By.TAG_NAME, "summary")
    summary.send_keys(Keys.ENTER)
    assert summary.find_element(By.XPATH, "..").get_attribute("open") is not None


def test_the_controls_work_without_a_script(opened: Chrome) -> None:
    opened.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        opened.refresh()
        last = opened.find_elements(By.CSS_SELECTOR, ".choices input")[-1]
        last.click()
        assert is_what_was_chosen(opened)
    finally:
        opened.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", PHONE)], ids=["light-wide", "dark-phone"])
def test_everybody_can_read_it(opened: Chrome, scheme: str, size: tuple[int, int]) -> None:
    emulate(opened, scheme)
    resize(opened, size)
    for details in opened.find_elements(By.TAG_NAME, "details"):
        opened.execute_script("arguments[0].open = true", details)
    # axe checks contrast, names, roles, and the order of headings.
    opened.execute_script((resources.files("axe_core_python") / "axe.min.js").read_text())
    found: dict[str, Any] = opened.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
    assert [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found["violations"]] == []
    background = opened.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")


def test_every_picture_has_a_text_and_a_table(opened: Chrome) -> None:
    pictures = opened.find_elements(By.CSS_SELECTOR, "figure svg")
    assert len(pictures) > 10
    # What is not displayed has no accessible name.
    for picture in filter(WebElement.is_displayed, pictures):
        name = picture.accessible_name or picture.find_element(By.XPATH, "ancestor::*[@role='img']").accessible_name
        assert len(name) > 20, picture.get_attribute("outerHTML")
    for figure in opened.find_elements(By.CSS_SELECTOR, "figure:not(.case)"):
        figure.find_element(By.CSS_SELECTOR, "details table")


def test_a_phone_scrolls_only_downwards(opened: Chrome) -> None:
    resize(opened, PHONE)
    for details in opened.find_elements(By.TAG_NAME, "details"):
        opened.execute_script("arguments[0].open = true", details)
    assert opened.execute_script("return document.documentElement.scrollWidth") <= PHONE[0]


def test_it_can_be_printed(opened: Chrome) -> None:
    printed = base64.b64decode(opened.print_page())
    assert printed.startswith(b"%PDF-")
    assert 3 < printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") < 40
    emulate(opened, media="print")
    assert not any(button.is_displayed() for button in opened.find_elements(By.CSS_SELECTOR, ".choices"))
    assert len(shown_cases(opened)) == 1


def test_the_samples_can_be_downloaded(opened: Chrome) -> None:
    files = {}
    for link in opened.find_elements(By.CSS_SELECTOR, "a[download]"):
        address = link.get_attribute("href") or ""
        kind, _, content = address.partition(",")
        assert kind.startswith("data:")
        text = base64.b64decode(content) if kind.endswith(";base64") else unquote_to_bytes(content)
        files[(link.get_attribute("download") or "").rpartition(".")[2]] = text.decode()
    data = json.loads(files["json"])
    assert data["interpreters"][0]["name"].startswith("CPython 3.")
    rows = list(csv.DictReader(io.StringIO(files["csv"])))
    seconds = [float(row["value"]) for row in rows if row["experiment"] == "count" and row["round"]]
    assert seconds[: len(data["native"]["ways"][0]["seconds"])] == data["native"]["ways"][0]["seconds"]

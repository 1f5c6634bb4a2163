"""The page of ``python -m primelanes report`` in a real browser."""

from __future__ import annotations

import base64
import csv
import io
import json
import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

pytest.importorskip("selenium", reason="selenium is not installed")

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from support import WATCHDOG, eventually

WIDE = (1280, 900)
PHONE = (375, 812)


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
        browser.set_script_timeout(WATCHDOG)
        yield browser


@pytest.fixture
def opened(browser: Chrome, page: Path) -> Chrome:
    """The browser with the page, freshly loaded in a wide window and in light colours."""
    # On a busy machine, a script can run before the new document is there, in an old or an empty one.
    browser.get("about:blank")
    emulate(browser)
    resize(browser, WIDE)
    browser.get(page.as_uri())
    is_loaded = "return document.readyState === 'complete' && document.getElementById('method') !== null"
    assert eventually(lambda: bool(browser.execute_script(is_loaded)))
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


def caption(browser: Chrome) -> str:
    (case,) = shown_cases(browser)
    return case.find_element(By.TAG_NAME, "figcaption").text


def chosen(browser: Chrome) -> set[str]:
    return {button.get_attribute("id") or "" for button in browser.find_elements(By.CSS_SELECTOR, ".choices :checked")}


def is_what_was_chosen(browser: Chrome) -> bool:
    (case,) = shown_cases(browser)
    return chosen(browser) < set((case.get_attribute("class") or "").split())


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
    buttons = opened.find_elements(By.CSS_SELECTOR, ".choices input:not(:checked)")
    captions = [caption(opened)]
    # The rules come first on the page, and only those of one lock have an interval.
    for button in reversed(buttons):
        button.click()
        assert button.is_selected()
        assert is_what_was_chosen(opened)
        captions.append(caption(opened))
        assert captions[-1] != captions[-2]
        assert opened.find_element(By.ID, "what-if-status").get_attribute("textContent") == captions[-1]
    assert len(buttons) == 9


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

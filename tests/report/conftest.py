"""A headless browser, and pages built as Snakemake builds its report."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1300,900",
)


@dataclass(frozen=True)
class Page:
    """What happened in a browser that opened a page and clicked on everything in it."""

    title: str
    errors: list[str]
    requests: list[str]
    dialogs: list[str]
    text: str


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium; it is in Debian's packages chromium and chromium-driver."""
    if CHROMIUM is None or DRIVER is None:
        assert "CI" not in os.environ, "CI needs the packages chromium and chromium-driver"
        pytest.skip("needs chromium and chromedriver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in _OPTIONS:
        options.add_argument(option)
    options.unhandled_prompt_behavior = "ignore"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser) -> Callable[[Path], Page]:
    """Open a page, click on every link and button that it shows, and say what happened."""
    from selenium.common.exceptions import NoAlertPresentException, WebDriverException
    from selenium.webdriver.common.by import By

    clickable = "//a | //button | //*[@role='button']"

    def dismissed() -> list[str]:
        texts = []
        with suppress(NoAlertPresentException):
            while True:
                texts.append(browser.switch_to.alert.text)
                browser.switch_to.alert.accept()
        return texts

    def opened(path: Path) -> Page:
        for log in ("browser", "performance"):
            browser.get_log(log)
        browser.get(path.as_uri())
        dialogs = dismissed()
        texts = [browser.find_element(By.TAG_NAME, "body").text]
        for number in range(len(browser.find_elements(By.XPATH, clickable))):
            # One that lies behind another, or has gone, cannot be clicked on.
            with suppress(WebDriverException):
                there = browser.find_elements(By.XPATH, clickable)
                if number < len(there) and there[number].is_displayed():
                    there[number].click()
                    texts.append(browser.find_element(By.TAG_NAME, "body").text)
            dialogs += dismissed()
        events = [json.loads(each["message"])["message"] for each in browser.get_log("performance")]
        return Page(
            title=browser.title,
            errors=[e["message"] for e in browser.get_log("browser") if e["level"] == "SEVERE"],
            requests=[
                url
                for event in events
                if event["method"] == "Network.requestWillBeSent"
                and not (url := event["params"]["request"]["url"]).startswith(("file:", "data:"))
            ],
            dialogs=dialogs,
            text="\n".join(texts),
        )

    return opened

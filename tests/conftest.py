"""What tests of several stages share."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from neuro_attn.configuration import AnyDataset, parse

# A test does not fail because the machine is busy, and examples are the same each time, so that
# what passed here passes elsewhere; `pytest --hypothesis-profile search` looks for new ones, and
# for more of them: the same ones, each time, find little.
for name, same, examples in (("same", True, 50), ("search", False, 200)):
    settings.register_profile(
        name,
        settings.get_profile("default"),
        derandomize=same,
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("same")


def pytest_configure() -> None:
    """Keep what is compiled: for this process, the workflows that it runs, and the next time."""
    # A shell starts a background process with SIGINT ignored, which runs of tests would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Under nohup, runs of tests would ignore SIGHUP; they do not inherit a function.
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda number, frame: None)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    folder = Path(__file__).parents[1] / ".cache"
    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder / "numba"))
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder / "jax" / worker))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")


SMALL_RUN = frozenset(
    f"tests/workflow/test_{name}.py"
    for name in (
        *("arrays", "debugging", "outputs_page", "report_in_browser"),
        *("reruns", "resources", "run", "verified_run"),
    )
)
"""Files whose tests share a run of the whole workflow, so one process takes them all."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object | None:
    """Send the files that share a run to one worker; the second run would take two minutes."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "small_run" if file in SMALL_RUN else file

    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left with it alone.

    That is: tests that wait for a run of the whole workflow, then those with runs of their own.
    """
    items.sort(
        key=lambda item: (
            "small_run" not in getattr(item, "fixturenames", ()),
            "workflow" not in item.path.parts,
        )
    )


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real recordings, which are not part of the project."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("NEURO_ATTN_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real recordings in {folder}; NEURO_ATTN_DATA names their folder")
    return folder


KEYS: dict[str, Any] = {
    "label": "side",
    "tasks": {
        "pro": {"trials": "order == 'pro'", "align": "cue"},
        "retro": {"trials": "order == 'retro'", "align": "cue"},
    },
    "time": {"start": 0.0, "stop": 0.4, "bin": 0.1},
    "windows": {"late": [0.2, 0.4]},
}


@pytest.fixture(scope="session")
def dataset() -> Callable[..., AnyDataset]:
    """Make the settings of a data set from what differs from a small one with two tasks."""

    def make(**keys: Any) -> AnyDataset:
        return parse({"datasets": {"small": {**KEYS, **keys}}}).datasets["small"]

    return make


# --- a headless browser ---------------------------------------------------------------------------

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
    """Open a page, click on every link and button that it shows, and say what happened.

    Links to files to download are left out. After a link to another page, the page is opened again.
    """
    from selenium.common.exceptions import NoAlertPresentException, WebDriverException
    from selenium.webdriver.common.by import By

    clickable = "//a[not(@download)] | //button | //*[@role='button']"

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
            if browser.current_url.partition("#")[0] != path.as_uri():
                browser.get(path.as_uri())
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

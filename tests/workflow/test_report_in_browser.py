"""Reports opened in headless Chromium: they show what they should, and run nothing else."""

import itertools
import re
from html import unescape
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from neuro_attn.figures.captions import interval
from neuro_attn.figures.decoding_over_time import averaged
from neuro_attn.figures.specification import FORMATS
from neuro_attn.figures.tables import p_text
from neuro_attn.results import read_csv
from tests import formats
from tests.test_escaping import NASTY
from tests.workflow.conftest import Project

SCRIPT = "</script><script>document.title='attacked';alert(1)</script>"
IMAGE = "<img src=x onerror=\"document.title='attacked'\">"
CELL = "=HYPERLINK('http://attacked.example','x')"


def is_safe(page) -> None:
    assert page.title == "Snakemake Report"
    assert page.errors == [] == page.dialogs
    assert page.requests == []


def test_a_report_shows_its_data_sets_and_nothing_goes_wrong(small_run, opened):
    page = opened(small_run.folder / "results/report.html")
    is_safe(page)
    assert "Data set small: source simulation, tasks pro, retro." in page.text
    sections = ("Answer", "Decoding", "Time", "Geometry", "Behaviour", "Networks", "Quality")
    for category in (f"{number} {section}" for number, section in enumerate(sections, 1)):
        assert category in page.text.splitlines()


def test_the_answer_page_shows_the_verdicts_first_and_sorts_and_filters_its_tables(
    small_run, opened, browser
):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    path = small_run.folder / "results/index.html"
    page = opened(path)
    assert page.title == "neuro-attn: the answer"
    assert page.errors == [] == page.dialogs
    assert page.requests == []
    browser.get(path.as_uri())
    verdicts = read_csv(small_run.folder / "results/small/verdicts.csv")
    first = browser.find_element(By.CSS_SELECTOR, ".answer table")
    assert first.location["y"] + first.size["height"] < 900
    rows = [row.text for row in first.find_elements(By.CSS_SELECTOR, "tbody tr")]
    assert len(rows) == len(verdicts)
    for row in verdicts.itertuples():
        assert any(row.region in text and row.verdict in text for text in rows)

    # Headers are reached and used by keyboard.
    header = next(h for h in first.find_elements(By.TAG_NAME, "th") if h.text == "overlap")
    header.send_keys(Keys.ENTER)
    WebDriverWait(browser, 5).until(lambda _: header.get_attribute("aria-sort") == "ascending")
    cells = first.find_elements(By.CSS_SELECTOR, "tbody td[data-sort]:nth-of-type(3)")
    overlaps = [float(cell.get_attribute("data-sort")) for cell in cells]
    assert overlaps == pytest.approx(sorted(verdicts["overlap"]), abs=1e-6)

    browser.execute_script("for (d of document.querySelectorAll('details')) d.open = true")
    entry = browser.find_element(By.XPATH, "//details[summary='Accuracy in the windows']")
    region = verdicts["region"].iloc[0]
    entry.find_element(By.CSS_SELECTOR, "input.filter").send_keys(region)
    shown = [each.text for each in entry.find_elements(By.CSS_SELECTOR, "tbody tr") if each.text]
    summary = read_csv(small_run.folder / "results/small/summary.csv")
    assert len(shown) == (summary["region"] == region).sum()

    # The chart shows the values of a time; arrow keys move it, and regions can be left out.
    chart = browser.find_element(By.CLASS_NAME, "chart")
    slider = chart.find_element(By.CSS_SELECTOR, "input[type=range]")
    slider.send_keys(Keys.HOME)
    transfer = read_csv(small_run.folder / "results/small/transfer.csv")
    transfer = transfer[(transfer["session"] == "all") & np.isclose(transfer["time"], -0.05)]
    of_region = averaged(transfer[transfer["region"] == region]).set_index("kind")
    cells = [cell.text for cell in chart.find_elements(By.CSS_SELECTOR, "tbody td")]
    for cell, kind in zip(cells, ("across", "within"), strict=False):
        numbers = of_region.loc[kind, ["accuracy", "ci_low", "ci_high"]]
        assert cell == interval(*numbers, 2)
    chart.find_element(By.CSS_SELECTOR, "input[type=checkbox]").click()
    assert [row.is_displayed() for row in chart.find_elements(By.CSS_SELECTOR, "tbody tr")] == [
        False,
        *[True] * (len(cells) // 2 - 1),
    ]

    for width in (390, 1280):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_reports_are_small_and_link_every_figure_in_every_format(small_run):
    folder = small_run.folder / "results"
    pages = [folder / name for name in ("index.html", "report.html")]
    assert sum(page.stat().st_size for page in pages) < 12e6
    page = pages[0].read_text(encoding="utf-8")
    for kind in FORMATS:
        figures = {path.name for path in (folder / "figures").glob(f"*.{kind}")}
        assert len(figures) > 25
        assert {unquote(link) for link in re.findall(r'href="figures/([^"]*)"', page)} >= figures


def test_the_first_screen_and_its_caption_state_the_numbers_of_the_tables(small_run):
    folder = small_run.folder / "results"
    page = (folder / "index.html").read_text(encoding="utf-8")
    body = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)[0]
    rows = [
        [unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]
    verdicts = read_csv(folder / "small/verdicts.csv").set_index(["region", "window"])
    summary = read_csv(folder / "small/summary.csv")
    summary = summary[summary["session"] == "all"]
    summary = summary.set_index(["region", "window", "train_task", "test_task"])["accuracy"]
    caption = (folder / "figures/shared_codes-small.rst").read_text(encoding="utf-8")
    assert len(rows) == len(verdicts)
    # Headers name the tasks of two numbers in a cell.
    one, two = verdicts[["first_task", "second_task"]].iloc[0]
    header = unescape(re.findall(r"<thead>(.*?)</thead>", page, re.DOTALL)[0]).replace("\xa0", " ")
    assert f"within-task accuracy<br><small>{one}, {two}</small>" in header
    assert f"cross-task accuracy<br><small>{one} → {two}, {two} → {one}</small>" in header
    for region, window, verdict, overlap, p, within, across, _ in rows:
        row = verdicts.loc[region, window]
        estimate = interval(row["overlap"], row["ci_low"], row["ci_high"], 2)
        assert overlap == estimate
        assert estimate in caption
        assert verdict.startswith(f"{row['verdict']} in ")
        assert p == p_text(row["p_corrected"])
        one, two = row["first_task"], row["second_task"]
        for shown, pairs in (
            (within, [(one, one), (two, two)]),
            (across, [(one, two), (two, one)]),
        ):
            assert shown == ", ".join(f"{summary[(region, window, *pair)]:.2f}" for pair in pairs)


def test_every_link_of_the_answer_page_leads_to_a_file(small_run):
    folder = small_run.folder / "results"
    page = (folder / "index.html").read_text(encoding="utf-8")
    links = {unquote(link) for link in re.findall(r'href="([^"#][^"]*)"', page)}
    assert len(links) > 20
    assert [link for link in links if not (folder / link).is_file()] == []


def test_the_answer_page_is_accessible(small_run, browser):
    """No violation of the rules of axe, with everything open, in light and in dark colours."""
    from axe_core_python.selenium import Axe

    browser.set_script_timeout(300)  # on a busy machine, the rules take more than half a minute
    for scheme in ("light", "dark"):
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
        browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
        browser.get((small_run.folder / "results/index.html").as_uri())
        browser.execute_script("for (d of document.querySelectorAll('details')) d.open = true")
        found = Axe().run(browser)
        assert len(found["passes"]) > 20
        assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
    browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


ENOUGH = 20
"""Nasty names in one run."""
EVERYWHERE = " ` _ |x| & 'a'"
"""What a folder may be called by: paths may not have < or >, which a report would list."""


@pytest.fixture(scope="module")
def nasty_run(new_project) -> Project:
    """A run whose names of every kind are attacks on a report, its captions and its tables.

    More windows, files and columns make no more jobs, so the run stays short.
    """
    project = new_project()
    names = itertools.cycle((SCRIPT, IMAGE, *NASTY, CELL))
    # The configuration bars these characters from names of tasks and windows.
    allowed = (name for name in names if not set(name) & set("/\\{}*?") and name[0] != ".")
    label, column = f"{IMAGE} column", "<b onmouseover=alert(1)>x<script> column_"
    regions = [next(names), next(names)]
    sides = {"left": next(names), "right": next(names)}
    tasks = [next(allowed), next(allowed)]
    windows = [next(allowed) for _ in range(4)]
    sessions = [f"{next(names)} {number}" for number in range(2)]
    files = {role: f"{role}{EVERYWHERE}.csv" for role in ("spikes", "trials", "units")}
    keys: dict = {}
    parts: dict[str, list[pd.DataFrame]] = {"spikes": [], "trials": [], "units": []}
    for number, name in enumerate(sessions):
        session = formats.planted(n_units=8, n_trials=40, seed=number)
        session = formats.Session(session.trials, session.spike_times, regions * 4)
        folder = project.folder / f"part{number}"
        keys = formats.write("csv", folder, session)
        for role, tables in parts.items():
            tables.append(pd.read_csv(folder / f"{role}.csv").assign(session=name))
    data = project.folder / f"my data{EVERYWHERE}"
    data.mkdir()
    for role, tables in parts.items():
        table = pd.concat(tables)
        if role == "trials":
            table[label] = table["side"].map(sides)
            table[column] = table["cue"] % 3
        table.to_csv(data / files[role], index=False)
    expressions = (f"order == 'pro' and side != {SCRIPT!r}", "order == 'retro'")
    config = {
        "datasets": {
            "x_ +a@b.org_": {
                **keys,
                **files,
                "label": label,
                "tasks": {
                    task: {"trials": trials, "align": "cue"}
                    for task, trials in zip(tasks, expressions, strict=True)
                },
                "windows": {
                    name: [0.1 * number, 0.1 * number + 0.1] for number, name in enumerate(windows)
                },
                "decoding": {"population": "pseudopopulation", "draws": 2, "unit_counts": [2]},
                "confounds": [label, column, "trial_number"],
            }
        },
        "inference": {"permutations": 9, "bootstraps": 20},
    }
    nasty = {*regions, *sides.values(), *tasks, *windows, *sessions, label, column, data.name}
    assert len(nasty | {*files.values(), *config["datasets"], *expressions}) >= ENOUGH
    (project.folder / "config").mkdir()
    path = project.write_config(config, "my config_.yaml")
    project.run("report", path, "--data", str(data), "--cores", "2")
    return project


@pytest.mark.slow
def test_no_name_of_any_kind_runs_or_links_anywhere(nasty_run, opened):
    is_safe(opened(nasty_run.folder / "results/report.html"))
    page = opened(nasty_run.folder / "results/index.html")
    assert page.title == "neuro-attn: the answer"
    assert page.errors == [] == page.dialogs
    assert page.requests == []


@pytest.mark.slow
def test_no_table_runs_or_links_anywhere(nasty_run, opened):
    tables = sorted((nasty_run.folder / "results/tables").glob("*.html"))
    assert len(tables) >= 5
    for table in tables:
        page = opened(table)
        assert page.title != "attacked"
        assert page.errors == [] == page.dialogs
        assert page.requests == []


@pytest.mark.slow
def test_captions_show_the_names_as_they_are(nasty_run):
    from docutils.core import publish_string

    captions = sorted((nasty_run.folder / "results/figures").glob("*.rst"))
    assert captions
    for caption in captions:
        shown = publish_string(
            caption.read_text(encoding="utf-8"),
            writer="html",
            settings_overrides={
                "halt_level": 2,
                "raw_enabled": False,
                "file_insertion_enabled": False,
            },
        ).decode()
        body = shown[shown.index("<body") :]
        assert "<script" not in body
        assert "<img" not in body
        assert "<a " not in body

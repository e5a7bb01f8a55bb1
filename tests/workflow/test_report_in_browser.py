"""Reports opened in headless Chromium: they show what they should, and run nothing else."""

import itertools

import pandas as pd
import pytest

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
    for category in ("comparison", "networks", "small"):
        assert category in page.text.splitlines()


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

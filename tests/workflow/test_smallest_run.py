"""The smallest run that is allowed completes with its report, without the packages of networks."""

import os
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from neuro_attn.inference.significance import significant
from neuro_attn.results import read_csv
from tests.workflow.conftest import NETWORKS, Project, without_networks

pytestmark = pytest.mark.slow

CLASSES = ["left", "middle", "right"]
SMALLEST = {
    "data_folder": "data",
    "datasets": {
        "mine": {
            "source": "netcdf",
            "files": "*.nc",
            "label": "side",
            "tasks": {"all": {"trials": "task == 'all'"}},
            "time": {"start": 0.0, "stop": 0.4, "bin": 0.1},
            "windows": {"late": [0.2, 0.4]},
            "decoding": {"unit_counts": [2]},
            "single_units": True,
            "published": [
                {
                    "quantity": "accuracy of <NA>",
                    "published": 0.95,
                    "table": "summary",
                    "row": {"region": "NA", "session": "all", "window": "late"},
                    "column": "accuracy",
                    "interval": ["ci_low", "ci_high"],
                }
            ],
        }
    },
    "decoding": {"draws": 1},
    "inference": {"permutations": 19, "bootstraps": 20},
}


def recording(path):
    """Write 45 trials of three classes, each the preferred one of two of six units."""
    label = np.tile(np.arange(3), 15)
    preferred = np.arange(6) % 3 == label[:, None]
    rates = np.random.default_rng(0).poisson(5 + 20 * preferred[..., None], (45, 6, 4))
    names = np.array(CLASSES, object)[label]
    xr.Dataset(
        {"rates": (("trial", "unit", "time"), rates.astype("float32"), {"units": "spikes/s"})},
        coords={
            "time": ("time", 0.05 + 0.1 * np.arange(4), {"bin_width": 0.1}),
            "trial_id": ("trial", np.arange(45)),
            "task": ("trial", np.full(45, "all", dtype=object)),
            "label": ("trial", names),
            "side": ("trial", names),
            "unit_id": ("unit", np.arange(6)),
            "region": ("unit", np.array(["NA"] * 6, dtype=object)),
            "session": ("unit", np.array([path.stem] * 6, dtype=object)),
        },
        attrs={"session": path.stem},
    ).to_netcdf(path, engine="h5netcdf")


@pytest.fixture(scope="module")
def run(new_project) -> Project:
    project = without_networks(new_project())
    (project.folder / "data").mkdir()
    recording(project.folder / "data/2024.nc")
    project.run("report", project.write_config(SMALLEST), "--cores", "2")
    return project


def test_a_published_value_stands_beside_that_of_the_run_on_the_answer_page(run):
    results = run.folder / "results"
    (row,) = read_csv(results / "mine/published.csv").to_dict("records")
    summary = read_csv(results / "mine/summary.csv").iloc[0]
    assert (row["published"], row["here"]) == (0.95, summary["accuracy"])
    page = (results / "index.html").read_text(encoding="utf-8")
    shown = page[page.index("<summary>Published values</summary>") :]
    assert "accuracy of &lt;NA&gt;" in shown
    assert "planted" not in page[: page.index("Decoding over time")]
    assert ">0.950</td>" in shown


def test_single_units_are_tested_with_several_classes_and_one_task(run):
    units = read_csv(run.folder / "results/mine/single_units.csv")
    pairs = {"left vs middle", "left vs right", "middle vs right"}
    assert set(units["classes"]) == pairs
    assert len(units) == 6 * len(pairs)
    # Two of three classes differ in four of six units, by 4 SD; no p is below 1 / (19 + 1).
    assert ((units["p_value"] == 0.05).groupby(units["classes"]).sum() >= 4).all()
    counts = read_csv(run.folder / "results/mine/single_unit_counts.csv")
    assert set(counts["n_units"]) == {6}
    assert (counts["n_selective"] == 0).all()
    assert read_csv(run.folder / "results/mine/single_unit_correlations.csv").empty


def test_one_draw_task_region_and_window_and_twenty_bootstraps_give_every_figure(run):
    results = run.folder / "results"
    assert (results / "report.html").stat().st_size > 100_000
    drawn = {path.stem for path in (results / "figures").glob("*.png")}
    figures = "decoding_over_time transfer_matrix onsets cross_temporal unit_counts geometry"
    figures += " geometry_measures geometry_over_time trial_counts"
    assert {f"{figure}-mine" for figure in figures.split()} == drawn
    for table in ("unit_counts", "trial_counts"):
        assert read_csv(results / f"mine/{table}.csv")["sd"].isna().all()
    summary = read_csv(results / "mine/summary.csv")
    assert set(summary["region"]) == {"NA"}
    # Classes that two of six units tell apart by 4 SD, against 1 in 3 by chance.
    assert (summary["accuracy"] > 0.9).all()


def test_nothing_is_significant_and_what_permutations_decide_is_marked_as_a_first_look(run):
    results = run.folder / "results"
    note = "first look: 19 permutations, the smallest attainable p is 0.05"
    assert len(read_csv(results / "mine/onsets.csv")) == 0
    for table in ("summary", "transfer"):
        assert not significant(read_csv(results / f"mine/{table}.csv")["p_corrected"], 0.05).any()
    marked = {
        path.stem.removesuffix("-mine"): path
        for path in (results / "figures").glob("*.svg")
        if note in path.read_text()
    }
    assert marked.keys() == {"cross_temporal", "decoding_over_time", "onsets", "transfer_matrix"}
    for path in marked.values():
        assert path.with_suffix(".rst").read_text().startswith(f"**{note.capitalize()}.**\n"), path
    for table in ("onsets", "summary"):
        assert note.capitalize() in (results / f"tables/{table}-mine.html").read_text(), table
    assert f"Data set mine: {note}" in (results / "report.html").read_text()


# --- without the packages of networks -----------------------------------------------------------


@pytest.mark.parametrize("package", ["jax", "equinox", "optax"])
def test_the_run_was_without_the_packages_of_networks(run, package):
    command = [sys.executable, "-c", f"import {package}"]
    done = subprocess.run(
        command, cwd=run.folder, env=os.environ | run.environment, capture_output=True, text=True
    )
    assert f"ModuleNotFoundError: No module named '{package}'" in done.stderr


@pytest.mark.parametrize(
    ("command", "named"),
    [("check", "networks"), ("run", "networks"), ("report", "networks"), ("check", "list_recall")],
)
def test_a_configuration_with_networks_names_the_extra(run, command, named):
    keys = {key: NETWORKS[key] for key in (named, "network_analysis")}
    done = run.run(command, run.write_config({**SMALLEST, **keys}, f"{named}.yaml"), check=False)
    assert done.returncode == 1
    (message,) = [line for line in done.stderr.splitlines() if "error" in line]
    assert f"{named}: the extra networks of neuro-attn is not installed" in message
    assert "missing: jax, equinox, optax. Run pip install 'neuro-attn[networks]'" in message
    assert "Traceback" not in done.stderr

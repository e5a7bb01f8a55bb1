"""The workflow runs end to end, again does nothing, reruns what an edit touches, and repeats."""

import re
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import quote

import pandas as pd
import pytest
import yaml

from neuro_attn import configuration
from neuro_attn.command_line import running
from neuro_attn.figures.specification import FORMATS
from neuro_attn.figures.targets import report_groups, result_tables
from neuro_attn.figures.verdict_words import headline
from neuro_attn.onboarding import needs
from neuro_attn.results import read_csv
from tests.crates import check_crate
from tests.workflow.conftest import NETWORKS, ROOT, SMALL

FIGURES = (
    "decoding_over_time",
    "transfer_matrix",
    "onsets",
    "cross_temporal",
    "unit_counts",
    "trial_counts",
    "geometry",
    "geometry_measures",
    "geometry_over_time",
)


def test_every_file_of_the_results_contract_is_made(small_run):
    datasets = ("small", "network-tiny", "network-tiny-untrained")
    expected = ["results/report.html", "results/index.html", "results/methods.txt"]
    expected += ["results/small/truth.nc"]
    expected += [f"results/small/recordings/session0{n}.nc" for n in (1, 2)]
    expected += [f"results/small/decoding/{region}.nc" for region in ("LPFC", "V4%2Fanterior")]
    tables = ("transfer", "summary", "onsets", "confusion", "information", "geometry", "regions")
    tables += (
        "unit_counts",
        "trial_counts",
        "geometry_left_out",
        "geometry_over_time",
        "color_information",
        "color_planes",
    )
    expected += [f"results/{name}/{table}.csv" for name in datasets for table in tables]
    expected += [f"results/{name}/cross_temporal.nc" for name in datasets]
    kinds = ("weights.npz", "training.csv", "attention.nc", "report_error.csv")
    expected += [f"results/networks/tiny/seed{n}/{kind}" for n in (0, 1) for kind in kinds]
    tables = ("attention_ablation", "qkv_swap", "list_recall", "translation")
    expected += [f"results/networks/{table}.csv" for table in tables]
    expected += [f"results/network-tiny/recordings/seed{n}.nc" for n in (0, 1)]
    expected += [
        f"results/comparison/{t}.csv"
        for t in ("distances", "nearest", "signatures", "model_scores")
    ]
    # Untrained networks are floors; they have results, but no figures.
    drawn = [f"{figure}-{name}" for figure in FIGURES for name in datasets[:2]]
    drawn += ["timeline-small", "attention-tiny", "learning", "signature_distances", "signatures"]
    drawn += ["attention_ablation", "list_recall", "model_scores"]
    expected += [f"results/figures/{name}.{suffix}" for name in drawn for suffix in FORMATS]
    missing = [path for path in expected if not (small_run.folder / path).stat().st_size]
    assert not missing


def test_jobs_that_do_not_decode_take_about_as_long_as_check_estimates(small_run):
    """Processor time, within a factor of 4: the geometry may also compile its solver, 40 s."""
    jobs = ("recordings", "regions", "infer", "geometry", "figures")
    files = [small_run.folder / f"results/benchmarks/{job}/small.tsv" for job in jobs]
    taken = sum(float(pd.read_csv(file, sep="\t")["cpu_time"].item()) for file in files)
    assert needs.DATASET_SECONDS / 4 < taken < 4 * needs.DATASET_SECONDS


def test_a_second_run_has_nothing_to_do(small_run):
    done = small_run.snakemake("--cores", "2", "--configfile", "config.yaml")
    assert "Nothing to be done" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        ("figures/transfer_matrix.py", {"figures_small", "figures_network-tiny"}),
        ("figures/signature_distances.py", {"figures_comparison"}),
        ("figures/tables.py", {"tables"}),
        ("comparison/nearest_region.py", {"compare", "figures_comparison", "tables"}),
    ],
)
def test_an_edit_reruns_what_imports_it_and_nothing_else(small_run, module, rules):
    path = small_run.folder / "neuro_attn" / module
    before = path.read_text(encoding="utf-8")
    path.write_text(before + "\nEDITED = 1\n", encoding="utf-8")
    try:
        done = small_run.snakemake("--cores", "1", "--configfile", "config.yaml", "-n")
    finally:
        path.write_text(before, encoding="utf-8")
    stats = done.stdout.split("Job stats:")[1].split("total")[0]
    rerun = {line.split()[0] for line in stats.splitlines()[3:] if line.strip()}
    assert rules <= rerun
    expensive = {"decode", "train_tiny", "record_tiny", "recordings_small", "regions", "infer"}
    assert not rerun & expensive


def test_one_core_or_two_give_the_same_bytes(small_run, new_project):
    """Of tables and arrays; the same tables are the same figures (`test_style.py`)."""
    project = new_project()
    project.run_tables(project.write_config({**SMALL, **NETWORKS}), cores=1)
    one, two = (each.results(".csv", ".nc") for each in (project, small_run))
    # A run of tables alone makes no truth of the simulation and no arrays of attention to draw.
    assert one.keys() <= two.keys()
    assert len(one) > 50
    assert [path for path in one if one[path] != two[path]] == []


@pytest.mark.slow
def test_another_kind_of_processor_gives_the_same_tables(new_project):
    """Products and compiled loops use the instructions of processors of 2013."""
    older = {"OPENBLAS_CORETYPE": "Haswell", "NUMBA_CPU_NAME": "haswell"}
    projects = new_project(), replace(new_project(), environment=older)
    for project in projects:
        project.run_tables(project.write_config(SMALL))
    here, there = (project.results(".csv") for project in projects)
    assert here.keys() == there.keys()
    assert len(here) > 20
    assert [path for path in here if here[path] != there[path]] == []


def test_captions_are_short_and_state_what_is_strongest(small_run):
    captions = sorted((small_run.folder / "results/figures").glob("*.rst"))
    # A caution about too few permutations stands before the caption.
    texts = {path.name: path.read_text(encoding="utf-8") for path in captions}
    words = {name: len(re.sub(r"^\*\*.*\*\*", "", text).split()) for name, text in texts.items()}
    assert len(words) > 15
    assert {name: number for name, number in words.items() if number > 120} == {}


def test_the_terminal_shows_the_answer(small_run, monkeypatch, capsys):
    monkeypatch.chdir(small_run.folder)
    running._print_headlines(SimpleNamespace(config="config.yaml"))
    answer = headline(read_csv("results/small/verdicts.csv"))
    assert capsys.readouterr().out == f"neuro-attn: small: {answer}\n"


def test_the_report_holds_every_figure_and_no_address_to_load_from(small_run):
    page = (small_run.folder / "results/report.html").read_text(encoding="utf-8")
    for figure in FIGURES:
        assert f"{figure}-small.png" in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"https?://", page)


def test_the_report_of_the_default_run_stays_below_12_mb(small_run):
    """Estimated from the size of a figure; 1 MB is left for the tables of five networks' seeds."""
    pictures = [path.stat().st_size for path in small_run.folder.glob("results/figures/*.png")]
    embedded = 4 / 3 * sum(pictures)  # as base64
    alone = (small_run.folder / "results/report.html").stat().st_size - embedded
    default = report_groups(configuration.load(ROOT / "config/config.yaml"))
    n_figures = sum(len(group.figures) for group in default)
    assert alone + n_figures * embedded / len(pictures) < 11e6


def test_the_results_are_an_ro_crate_with_every_figure_and_table(small_run):
    folder = small_run.folder / "results"
    described = check_crate(folder)
    tables = result_tables(configuration.load(small_run.folder / "config.yaml"))
    shown = [path.relative_to(folder).as_posix() for path in folder.glob("figures/*.png")]
    shown += [path.removeprefix("results/") for path in tables if path.endswith(".csv")]
    assert len(shown) > 60
    assert set(map(quote, shown)) <= described.keys()
    assert yaml.safe_load((folder / "configuration.yaml").read_text(encoding="utf-8"))["datasets"]


def test_names_that_are_no_file_names_come_back_in_the_tables(small_run):
    table = read_csv(small_run.folder / "results/small/summary.csv")
    assert set(table["region"]) == {"LPFC", "V4/anterior"}
